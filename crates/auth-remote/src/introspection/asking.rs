//! From a token to what is known about it: a kept answer, a call that is under way, or a new one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Clock, PresentedToken, Rejection, StoreError, Unavailable, UnknownTokens, VerifiedToken, VerifyError};
use reqwest::header::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::answers::Answers;
use super::flight::{Flight, Outcome};
use super::question::Question;
use crate::health::Health;
use crate::server::Server;
use crate::verifier::unavailable;

/// No token or key is longer than this.
const MAX_BYTES: usize = 8 * 1024;

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
    pub(super) waiting: usize,
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
            true => Err(unavailable("the last question was not answered")),
            false => Ok(()),
        }
    }

    pub(crate) async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        if !is_possible(presented) {
            return Err(Rejection::Malformed.into());
        }
        let question = Question::of(presented);
        let token = match self.answer(question, presented).await {
            Err(VerifyError::Unavailable(reason)) => {
                let stale = self.shared.answers().stale(&question, self.shared.now());
                stale.map_or(Err(reason.into()), |token| self.shared.unless_expired(token))
            }
            other => other,
        }?;
        match **token.flavour() == self.flavour {
            true => Ok(token),
            false => Err(Rejection::WrongFlavour.into()),
        }
    }

    /// From what is known, from the flight that is under way, or from a new one.
    async fn answer(&self, question: Question, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let mut outcome = {
            let mut answers = self.shared.answers();
            if let Some(known) = answers.known(&question, self.shared.now()) {
                return known.and_then(|token| self.shared.unless_expired(token));
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
    ) -> Result<Outcome, VerifyError> {
        if !answers.has_room(self.shared.waiting, presented.source) {
            return Err(StoreError::Busy("too many tokens are being asked about".into()).into());
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
    pub(super) fn unless_expired(&self, token: VerifiedToken) -> Result<VerifiedToken, VerifyError> {
        match token.expires_at().is_some_and(|end| end <= self.clock.now()) {
            true => Err(Rejection::Expired.into()),
            false => Ok(token),
        }
    }
}

/// Whether a text can be a token at all: visible ASCII of bounded length. Others are not sent.
fn is_possible(presented: &PresentedToken<'_>) -> bool {
    let possible = |text: &str| (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    possible(presented.text) && presented.key.is_none_or(possible)
}

/// The flight has ended without an outcome: its runtime was shut down.
fn lost() -> VerifyError {
    unavailable("the question was given up").into()
}
