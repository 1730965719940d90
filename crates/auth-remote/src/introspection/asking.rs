//! From a token to what is known about it: a kept answer, a call that is under way, or a new one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Clock, PresentedToken, Rejection, Unavailable, UnknownTokens, VerifiedToken, VerifyError};
use form_urlencoded::byte_serialize;
use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::answers::Answers;
use super::failure::Failure;
use super::flight::{Flight, Outcome};
use super::question::Question;
use crate::health::Health;
use crate::server::Server;
use crate::verifier::unavailable;

/// No token or key is longer than this.
const MAX_BYTES: usize = 8 * 1024;

/// Nor are both together, as they are sent in a form, where a byte may take three. The server reads 16 KiB of it.
const MAX_ENCODED: usize = 15 * 1024;

/// A verifier's introspection source.
#[derive(Debug)]
pub(crate) struct Introspection {
    flavour: String,
    shared: Arc<Shared>,
}

/// What all questions share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) server: Server,
    pub(super) authorization: HeaderValue,
    pub(super) id: String,
    pub(super) permits: Semaphore,
    pub(super) most_under_way: usize,
    pub(super) timeout: Duration,
    pub(super) unknown: UnknownTokens,
    pub(super) answers: Mutex<Answers>,
    pub(super) health: Health,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) runtime: Handle,
}

impl Introspection {
    pub(super) fn new(shared: Arc<Shared>, flavour: &str) -> Self {
        let flavour = flavour.to_owned();
        Self { flavour, shared }
    }

    pub(crate) fn flavour(&self) -> &str {
        &self.flavour
    }

    pub(crate) fn check_ready(&self) -> Result<(), Unavailable> {
        match self.shared.health.is_failing() {
            true => Err(unavailable("it did not answer the last question")),
            false => Ok(()),
        }
    }

    pub(crate) async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        if !is_possible(presented) {
            return Err(Rejection::Malformed.into());
        }
        let question = Question::of(presented);
        let token = match self.answer(question, presented).await {
            Err(Failure::NoAnswer(reason)) => {
                let stale = self.shared.answers().stale(&question, self.shared.now());
                self.shared.unless_expired(stale.ok_or(reason)?)?
            }
            other => other?,
        };
        match **token.flavour() == self.flavour {
            true => Ok(token),
            false => Err(Rejection::WrongFlavour.into()),
        }
    }

    /// From what is known, from the flight that is under way, or from a new one.
    async fn answer(&self, question: Question, presented: &PresentedToken<'_>) -> Result<VerifiedToken, Failure> {
        let mut outcome = {
            let mut answers = self.shared.answers();
            if let Some(known) = answers.known(&question, self.shared.now()) {
                let known = known.and_then(|token| self.shared.unless_expired(token));
                return known.map_err(Failure::Rejected);
            }
            match answers.under_way(&question) {
                Some(outcome) => outcome,
                None => self.ask(&mut answers, question, presented)?,
            }
        };
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(lost())),
            Err(_) => Err(lost()),
        }
    }

    fn ask(
        &self,
        answers: &mut Answers,
        question: Question,
        presented: &PresentedToken<'_>,
    ) -> Result<Outcome, Failure> {
        if !answers.has_room(self.shared.most_under_way, presented.source) {
            return Err(self.shared.not_asked());
        }
        let flight = Flight::new(self.shared.clone(), question, presented);
        let outcome = flight.outcome();
        answers.begin(question, presented.source, outcome.clone());
        self.shared.runtime.spawn(flight.fly());
        Ok(outcome)
    }
}

impl Shared {
    pub(super) fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// No answer is used from the token's end on.
    pub(super) fn unless_expired(&self, token: VerifiedToken) -> Result<VerifiedToken, Rejection> {
        match token.expires_at().is_some_and(|end| end <= self.clock.now()) {
            true => Err(Rejection::Expired),
            false => Ok(token),
        }
    }

    /// There is no place for a call. While the server does not answer, its calls hold the places until they time out: then
    /// this one would have had no answer either. While it does answer, anyone who asks much can take the places.
    pub(super) fn not_asked(&self) -> Failure {
        let why = unavailable("it is being asked about too many tokens at once");
        match self.health.is_failing() {
            true => Failure::NoAnswer(why),
            false => Failure::NotKnown(why),
        }
    }
}

/// Whether a text can be a token at all: visible ASCII of bounded length. Others are not sent.
fn is_possible(presented: &PresentedToken<'_>) -> bool {
    let possible = |text: &str| (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let encoded = |text: &str| byte_serialize(text.as_bytes()).map(str::len).sum::<usize>();
    possible(presented.text)
        && presented.key.is_none_or(possible)
        && encoded(presented.text) + presented.key.map_or(0, encoded) <= MAX_ENCODED
}

/// The flight has ended without an outcome: its runtime was shut down.
fn lost() -> Failure {
    Failure::NotKnown(unavailable("the question was given up"))
}
