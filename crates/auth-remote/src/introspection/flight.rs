//! One call about one token, for however many requests carry it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{PresentedToken, Unavailable, VerifiedToken};
use tokio::sync::watch;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::asking::Shared;
use super::failure::Failure;
use super::question::Question;
use super::response::read;
use crate::server::{Answer, CallError};
use crate::verifier::unavailable;

/// The outcome of a flight, once there is one.
pub(super) type Outcome = watch::Receiver<Option<Result<VerifiedToken, Failure>>>;

/// A call. It goes on when those who wait for it are gone, so that one client that hangs up costs the others nothing.
pub(super) struct Flight {
    shared: Arc<Shared>,
    question: Question,
    form: Zeroizing<String>,
    source: Option<IpAddr>,
    asked_at: Duration,
    outcome: watch::Sender<Option<Result<VerifiedToken, Failure>>>,
}

impl Flight {
    pub(super) fn new(shared: Arc<Shared>, question: Question, presented: &PresentedToken<'_>) -> Self {
        Self {
            question,
            form: Zeroizing::new(form(presented)),
            source: presented.source,
            asked_at: shared.now(),
            outcome: watch::Sender::new(None),
            shared,
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome.subscribe()
    }

    /// Calls, keeps the answer, and passes it on.
    pub(super) async fn fly(self) {
        let outcome = self.ask_for_source().await;
        self.shared.answers().end(&self.question, Some(&outcome), self.asked_at);
        self.outcome.send_replace(Some(outcome));
    }

    /// Asks, unless its client has had too many unknown tokens asked about.
    async fn ask_for_source(&self) -> Result<VerifiedToken, Failure> {
        let Some(source) = self.source else {
            return self.ask().await;
        };
        let read = self.shared.unknown.read(source).await.map_err(Failure::NotKnown)?;
        let outcome = self.ask().await;
        if matches!(outcome, Err(Failure::Rejected(_))) {
            read.found_nothing();
        }
        outcome
    }

    async fn ask(&self) -> Result<VerifiedToken, Failure> {
        let shared = &*self.shared;
        let permit = timeout(shared.timeout, shared.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(shared.not_asked());
        };
        let answer = match shared.server.post(&shared.authorization, &self.form).await {
            Ok(answer) => answer,
            Err(error @ (CallError::Unreachable(_) | CallError::TooSlow)) => {
                return Err(self.no_answer(error.to_string()));
            }
            Err(error) => return Err(self.unusable(error.to_string())),
        };
        let body = self.usable(answer)?;
        match read(&body, &shared.id) {
            Ok(verdict) => {
                shared.health.answered();
                verdict
                    .and_then(|token| shared.unless_expired(token))
                    .map_err(Failure::Rejected)
            }
            Err(unusable) => Err(self.unusable(unusable.to_string())),
        }
    }

    /// The body of an answer about the token.
    fn usable(&self, answer: Answer) -> Result<String, Failure> {
        match answer.status {
            200 => Ok(answer.body),
            // This token's client has had too many unknown ones asked about. It says nothing about the server.
            429 => Err(Failure::NotKnown(Unavailable::TooManyUnknown)),
            // This question is none to the server, or too long. That says nothing about others.
            status @ (400 | 413) => Err(Failure::NotKnown(unavailable(format!("it answered {status}")))),
            401 | 403 => Err(self.unusable("it refuses this resource server's id and secret".into())),
            status @ 500.. => Err(self.no_answer(format!("it answered {status}"))),
            status => Err(self.unusable(format!("it answered {status}"))),
        }
    }

    fn no_answer(&self, why: String) -> Failure {
        self.shared.health.failed(&why);
        Failure::NoAnswer(unavailable(why))
    }

    fn unusable(&self, why: String) -> Failure {
        self.shared.health.failed(&why);
        Failure::NotKnown(unavailable(why))
    }
}

/// A flight that was given up, with its runtime, is no longer under way.
impl Drop for Flight {
    fn drop(&mut self) {
        if self.outcome.borrow().is_none() {
            self.shared.answers().end(&self.question, None, self.asked_at);
        }
    }
}

/// The question as a form. `key` and `client_ip` are of Tessera: what a key-bound token came with, and whom to count an
/// unknown token against.
fn form(presented: &PresentedToken<'_>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", presented.text);
    if let Some(key) = presented.key {
        form.append_pair("key", key);
    }
    if let Some(source) = presented.source {
        form.append_pair("client_ip", &source.to_string());
    }
    form.finish()
}
