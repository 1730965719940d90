//! One session, as its owner knows it.

use std::time::Duration;

use auth_core::{Timestamp, TokenId};

use super::Rights;
use super::keys::Made;
use crate::simulation::{LEEWAY, MAX_OFFSET, POLICY, Rule};

/// By how much the clocks of two nodes differ at most, with the leeway that tokens have.
const LATE: Duration = MAX_OFFSET.saturating_mul(2).saturating_add(LEEWAY);

/// By how much the clocks of two nodes differ at most, and a little more.
const DOUBT: Duration = MAX_OFFSET.saturating_mul(3);

/// A session with its tokens.
pub(crate) struct Session {
    pub(crate) id: TokenId,
    pub(crate) flavour: usize,
    pub(crate) account: usize,
    /// When its sign-in began, and when it was answered.
    pub(crate) began: Duration,
    pub(crate) signed_in: Duration,
    pub(crate) access: Vec<Access>,
    /// Its refresh tokens, oldest first; empty if it is not refreshed.
    pub(crate) family: Vec<Refresh>,
    /// The refreshes under way: with which token, and since when that was tried.
    trying: Vec<(usize, Duration)>,
    /// Since when its end is acknowledged.
    pub(crate) ended: Option<Duration>,
    /// The same on a node that did it itself.
    ended_on: Vec<Option<Duration>>,
    /// Since when it may have ended.
    may_have_ended: Option<Duration>,
    /// How many other operations are under way that may end it.
    pub(crate) ends_under_way: usize,
    /// How many sign-outs were answered that they ended it.
    pub(crate) sign_outs: usize,
}

/// An access token.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) text: String,
    pub(crate) key: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    /// What its owner may have been permitted when it was issued.
    pub(crate) rights: Rights,
    pub(crate) made: Made,
}

/// A refresh token.
pub(crate) struct Refresh {
    pub(crate) text: String,
    /// When the operation began and ended that made it.
    pub(crate) made: (Duration, Duration),
    /// When it was first presented.
    first_tried: Option<Duration>,
    /// When its successor was first received.
    pub(crate) succeeded: Option<Duration>,
}

impl Session {
    pub(crate) fn new(id: TokenId, flavour: usize, account: usize, time: (Duration, Duration), nodes: usize) -> Self {
        Self {
            id,
            flavour,
            account,
            began: time.0,
            signed_in: time.1,
            access: Vec::new(),
            family: Vec::new(),
            trying: Vec::new(),
            ended: None,
            ended_on: vec![None; nodes],
            may_have_ended: None,
            ends_under_way: 0,
            sign_outs: 0,
        }
    }

    /// Its end was acknowledged.
    pub(crate) fn ended(&mut self, at: Duration) {
        self.ended = Some(self.ended.map_or(at, |before| before.min(at)));
        self.may_have_ended(at);
    }

    /// It was ended through this node, which knows without reading the feed.
    pub(crate) fn ended_through(&mut self, node: usize, at: Duration) {
        self.ended(at);
        let on = &mut self.ended_on[node];
        *on = Some(on.map_or(at, |before| before.min(at)));
    }

    pub(crate) fn may_have_ended(&mut self, from: Duration) {
        self.may_have_ended = Some(self.may_have_ended.map_or(from, |before| before.min(from)));
    }

    /// Whether nothing can have ended it by now, but time.
    pub(crate) fn is_live(&self, now: Duration) -> bool {
        let mut trying = self.trying.iter();
        let risky = trying.any(|(place, since)| !self.is_honest(*place, *since, now));
        self.ends_under_way == 0 && self.may_have_ended.is_none() && !risky
    }

    /// Whether its end was acknowledged before `start`, and a node must know that: it has ended it itself, or has read
    /// the feed since.
    pub(crate) fn must_be_refused(&self, node: usize, start: Duration, synced: Option<Duration>) -> bool {
        let here = self.ended_on[node].is_some_and(|ended| ended < start);
        let read = self
            .ended
            .is_some_and(|ended| synced.is_some_and(|synced| ended < synced));
        here || read
    }

    /// Adds the refresh token that was received in answer to one, or with the sign-in.
    pub(crate) fn add_refresh(&mut self, text: String, made: (Duration, Duration)) {
        self.family.push(Refresh {
            text,
            made,
            first_tried: None,
            succeeded: None,
        });
    }

    /// Somebody presents one of its refresh tokens. Answers when that was first done.
    pub(crate) fn try_refresh(&mut self, place: usize, at: Duration) -> Duration {
        let first = *self.family[place].first_tried.get_or_insert(at);
        self.trying.push((place, first));
        first
    }

    /// The refresh is over. Unless it succeeded, it may have been taken for reuse, and it may have been right to do so.
    pub(crate) fn tried_refresh(&mut self, place: usize, time: (Duration, Duration), succeeded: bool) {
        let first = self.family[place].first_tried.unwrap_or(time.0);
        if let Some(own) = self.trying.iter().position(|own| *own == (place, first)) {
            self.trying.swap_remove(own);
        }
        if !succeeded && !self.is_honest(place, first, time.1) {
            self.may_have_ended(time.0);
        }
    }

    /// A refresh with one of its tokens was answered with the next. `newest` was the newest when that was asked. The answer is
    /// which rules that breaks.
    pub(crate) fn renewed(
        &mut self,
        used: usize,
        newest: usize,
        next: String,
        time: (Duration, Duration),
    ) -> Vec<Rule> {
        let is_another = self.family.get(used + 1).is_some_and(|known| known.text != next);
        if self.family.len() == used + 1 {
            self.add_refresh(next, time);
        }
        let long_after = |since: Duration, life: Duration| time.0 > since + life + LATE;
        let token = &mut self.family[used];
        let succeeded = *token.succeeded.get_or_insert(time.1);
        let idle = used == newest && long_after(token.made.1, POLICY.idle);
        let again = newest >= used + 2 || long_after(succeeded, POLICY.grace);
        let broken = [
            (is_another, Rule::OneSuccessor),
            (self.ended.is_some_and(|ended| ended < time.0), Rule::RevocationsAreKept),
            (again, Rule::RefreshTokensWorkOnce),
            (long_after(self.signed_in, POLICY.absolute), Rule::SessionsEnd),
            (idle, Rule::IdleSessionsEnd),
        ];
        broken
            .into_iter()
            .filter_map(|(is_broken, rule)| is_broken.then_some(rule))
            .collect()
    }

    /// A sign-out was answered that it ended the session. Returns which rule that breaks.
    pub(crate) fn signed_out_through(&mut self, node: usize, at: Duration) -> Option<Rule> {
        self.ended_through(node, at);
        self.sign_outs += 1;
        (self.sign_outs > 1).then_some(Rule::OneSignOutEnds)
    }

    /// Whether a refresh with this token cannot be reuse: it is the newest, or its successor has not been tried, and it was
    /// first tried so short ago that a repetition is within the grace by every clock.
    fn is_honest(&self, place: usize, first_tried: Duration, now: Duration) -> bool {
        let newest = place + 2 >= self.family.len();
        let untried = self.family.get(place + 1).is_none_or(|next| next.first_tried.is_none());
        newest && untried && now.saturating_sub(first_tried) + DOUBT < POLICY.grace
    }

    /// Whether the clocks leave no doubt that this refresh token renews the session, if nothing has ended it.
    pub(crate) fn must_renew(&self, place: usize, first_tried: Duration, now: Duration) -> bool {
        let made = self.family[place].made.0;
        let unexpired = now.saturating_sub(self.began) + DOUBT < POLICY.absolute;
        let used = now.saturating_sub(made) + DOUBT < POLICY.idle;
        unexpired && used && self.is_honest(place, first_tried, now)
    }
}
