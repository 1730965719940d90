//! What is known about tokens, and what is being asked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use auth_core::{ClientNetwork, Rejection, VerifiedToken, WiderNetwork};

use super::failure::Failure;
use super::flight::Outcome;
use super::question::Question;
use crate::bounded_cache::BoundedCache;

/// How long answers are used, and how many are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) fresh_for: Duration,
    pub(super) inactive_for: Duration,
    pub(super) stale_for: Duration,
    pub(super) entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(5),
            inactive_for: Duration::from_secs(5),
            stale_for: Duration::ZERO,
            entries: 20_000,
        }
    }
}

/// An answer, and when it was asked for: the server may have changed its mind at any time after that.
#[derive(Clone, Debug)]
struct Kept<T> {
    answer: T,
    asked_at: Duration,
}

/// A flight, and for whom it began.
#[derive(Debug)]
struct UnderWay {
    outcome: Outcome,
    source: Option<WiderNetwork>,
}

/// Active and inactive tokens are kept apart, so that a flood of invented tokens displaces no active one.
#[derive(Debug)]
pub(super) struct Answers {
    active: BoundedCache<Question, Kept<VerifiedToken>>,
    inactive: BoundedCache<Question, Kept<Rejection>>,
    flights: HashMap<Question, UnderWay>,
    limits: Limits,
}

impl Answers {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            active: BoundedCache::new(limits.entries / 2),
            inactive: BoundedCache::new(limits.entries / 2),
            flights: HashMap::new(),
            limits,
        }
    }

    /// An answer that is recent enough.
    pub(super) fn known(&mut self, question: &Question, now: Duration) -> Option<Result<VerifiedToken, Rejection>> {
        let Limits {
            fresh_for,
            inactive_for,
            ..
        } = self.limits;
        if let Some(kept) = self.active.get(question) {
            return (now.saturating_sub(kept.asked_at) < fresh_for).then_some(Ok(kept.answer));
        }
        let kept = self.inactive.get(question)?;
        (now.saturating_sub(kept.asked_at) < inactive_for).then_some(Err(kept.answer))
    }

    /// An active token that is used although it is not recent, because the server does not answer.
    pub(super) fn stale(&mut self, question: &Question, now: Duration) -> Option<VerifiedToken> {
        let kept = self.active.get(question)?;
        let most = self.limits.fresh_for.saturating_add(self.limits.stale_for);
        (now.saturating_sub(kept.asked_at) < most).then_some(kept.answer)
    }

    pub(super) fn under_way(&self, question: &Question) -> Option<Outcome> {
        self.flights.get(question).map(|flight| flight.outcome.clone())
    }

    /// Whether another flight may begin: there are fewer than `most`, and fewer than half of it are of this client's network.
    pub(super) fn has_room(&self, most: usize, source: Option<IpAddr>) -> bool {
        let network = source.map(network);
        let of_network = || self.flights.values().filter(|flight| flight.source == network).count();
        self.flights.len() < most && (network.is_none() || of_network() < most.div_ceil(2))
    }

    pub(super) fn begin(&mut self, question: Question, source: Option<IpAddr>, outcome: Outcome) {
        let source = source.map(network);
        self.flights.insert(question, UnderWay { outcome, source });
    }

    /// Ends a flight; keeps its answer if it is one about the token.
    pub(super) fn end(
        &mut self,
        question: &Question,
        outcome: Option<&Result<VerifiedToken, Failure>>,
        asked_at: Duration,
    ) {
        self.flights.remove(question);
        match outcome {
            Some(Ok(token)) => {
                self.inactive.remove(question);
                let answer = token.clone();
                self.active.insert(*question, Kept { answer, asked_at });
            }
            Some(Err(Failure::Rejected(reason))) => {
                self.active.remove(question);
                let answer = *reason;
                self.inactive.insert(*question, Kept { answer, asked_at });
            }
            _ => {}
        }
    }
}

/// An IPv4 address, or the /48 of an IPv6 address: nobody fills all places with the addresses of one network.
fn network(source: IpAddr) -> WiderNetwork {
    let all = ClientNetwork::from(source).all();
    all.last().expect("a network is one of all that it is part of")
}
