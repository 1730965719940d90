//! One call about one token, for however many requests carry it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{PresentedToken, Unavailable, VerifiedToken, VerifyError};
use tokio::sync::watch;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::asking::Shared;
use super::question::Question;
use super::response::read;
use crate::server::Answer;
use crate::verifier::unavailable;

/// The outcome of a flight, once there is one.
pub(super) type Outcome = watch::Receiver<Option<Result<VerifiedToken, VerifyError>>>;

/// A call. It goes on when those who wait for it are gone, so that one client that hangs up costs the others nothing.
pub(super) struct Flight {
    shared: Arc<Shared>,
    question: Question,
    form: Zeroizing<String>,
    source: Option<IpAddr>,
    asked_at: Duration,
    outcome: watch::Sender<Option<Result<VerifiedToken, VerifyError>>>,
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
    async fn ask_for_source(&self) -> Result<VerifiedToken, VerifyError> {
        let Some(source) = self.source else {
            return self.ask().await;
        };
        let read = self.shared.unknown.read(source).await?;
        let outcome = self.ask().await;
        if matches!(outcome, Err(VerifyError::Rejected(_))) {
            read.found_nothing();
        }
        outcome
    }

    async fn ask(&self) -> Result<VerifiedToken, VerifyError> {
        let shared = &*self.shared;
        let permit = timeout(shared.timeout, shared.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(unavailable("it was asked about too many tokens at once").into());
        };
        let answer = match shared.server.post(&shared.authorization, &self.form).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(error.to_string()).into()),
        };
        let body = self.usable(answer)?;
        match read(&body, &shared.id) {
            Ok(verdict) => {
                shared.health.answered();
                shared.unless_expired(verdict?)
            }
            Err(unusable) => Err(self.failed(unusable.to_string()).into()),
        }
    }

    /// The body of an answer about the token.
    fn usable(&self, answer: Answer) -> Result<String, Unavailable> {
        match answer.status {
            200 => Ok(answer.body),
            // This token's client has had too many unknown ones asked about. It says nothing about the server.
            429 => Err(Unavailable::TooManyUnknown),
            401 | 403 => Err(self.failed("it refuses this resource server's id and secret".into())),
            status => Err(self.failed(format!("it answered {status}"))),
        }
    }

    fn failed(&self, why: String) -> Unavailable {
        self.shared.health.failed(&why);
        unavailable(why)
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
