//! When keys are fetched, by one task, and what becomes of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use auth_core::{Clock, Unavailable, Verifier};
use reqwest::header::{ETAG, HeaderValue};
use token_jwt::{JwtVerifier, KeySet};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::freshness::{age, fresh_for};
use super::published::keys_of;
use super::saved_copy::SavedCopy;
use super::schedule::Schedule;
use crate::health::Health;
use crate::server::{Answer, Server};
use crate::verifier::unavailable;

/// How often the task looks whether keys are due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What fetching needs.
pub(super) struct Parts {
    pub(super) server: Server,
    pub(super) verifier: JwtVerifier,
    pub(super) fail_after: Duration,
    /// How long a caller waits for a fetch.
    pub(super) patience: Duration,
    pub(super) saved_copy: Option<SavedCopy>,
    pub(super) health: Health,
    pub(super) clock: Arc<dyn Clock>,
}

/// The keys of a server, and when they are fetched again.
pub(super) struct Fetching {
    parts: Parts,
    schedule: Mutex<Schedule>,
    /// What the server calls the keys that it sent last (RFC 9110 section 8.8.3).
    tag: Mutex<Option<HeaderValue>>,
    /// How many fetches have ended.
    ended: watch::Sender<u64>,
    wanted: Arc<Notify>,
}

/// What an answer says about the keys that it has, or confirms.
struct Confirmed {
    /// For how long they are fresh.
    fresh: Duration,
    /// How long ago the server said so: a cache may have kept its answer.
    age: Duration,
}

/// Fetches when keys are due, until the verifier is gone.
pub(super) async fn follow(fetching: Weak<Fetching>, wanted: Arc<Notify>) {
    loop {
        tokio::select! {
            () = wanted.notified() => {}
            () = sleep(LOOK_EVERY) => {}
        }
        let Some(fetching) = fetching.upgrade() else {
            return;
        };
        if fetching.schedule().is_due(fetching.now()) {
            fetching.fetch().await;
        }
    }
}

impl Fetching {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            parts,
            schedule: Mutex::default(),
            tag: Mutex::default(),
            ended: watch::Sender::new(0),
            wanted: Arc::default(),
        }
    }

    pub(super) fn verifier(&self) -> &JwtVerifier {
        &self.parts.verifier
    }

    pub(super) fn wanted(&self) -> Arc<Notify> {
        self.wanted.clone()
    }

    /// The first fetch; where it fails, the saved copy.
    pub(super) async fn begin(&self) {
        self.fetch().await;
        let Some(copy) = &self.parts.saved_copy else {
            return;
        };
        if self.check_age().is_ok() {
            return;
        }
        if let Err(error) = self.use_copy(copy).await {
            tracing::warn!(event = "saved_keys_not_used", file = %copy.display(), error);
        }
    }

    /// Whether the keys may be used still.
    pub(super) fn check_age(&self) -> Result<(), Unavailable> {
        let schedule = self.schedule();
        if schedule.is_due(self.now()) {
            self.wanted.notify_one();
        }
        schedule.check_age(self.now())
    }

    /// Waits for one fetch, if there was none in the last seconds.
    pub(super) async fn look_for_new_keys(&self) -> Result<(), Unavailable> {
        let mut ended = self.ended.subscribe();
        if !self.schedule().want_new_keys(self.now()) {
            return self.schedule().last_fetch();
        }
        self.wanted.notify_one();
        match timeout(self.parts.patience, ended.changed()).await {
            Ok(_) => self.schedule().last_fetch(),
            Err(_) => Err(unavailable("its keys are being read")),
        }
    }

    async fn fetch(&self) {
        let asked_at = self.now();
        self.schedule().begin(asked_at);
        let known = lock(&self.tag).clone();
        let outcome = match self.parts.server.get(known.as_ref()).await {
            Ok(answer) => self.take(&answer, known),
            Err(error) => Err(error.to_string()),
        };
        match &outcome {
            Ok(Confirmed { fresh, age }) => {
                let usable = self.parts.fail_after.saturating_sub(*age);
                self.schedule().confirmed(asked_at, *fresh, usable);
                self.parts.health.answered();
            }
            Err(why) => {
                self.schedule().failed(self.now());
                self.parts.health.failed(why);
            }
        }
        self.ended.send_modify(|ended| *ended += 1);
        if let Ok(Confirmed { age, .. }) = outcome {
            self.save(age).await;
        }
    }

    /// Uses the keys of an answer, unless a cache has had it for longer than keys may be used.
    fn take(&self, answer: &Answer, known: Option<HeaderValue>) -> Result<Confirmed, String> {
        let age = age(&answer.headers);
        match answer.status {
            200 | 304 if age >= self.parts.fail_after => {
                return Err(format!(
                    "a cache on the way gave an answer that is {} s old",
                    age.as_secs()
                ));
            }
            200 => {
                self.use_keys(&answer.body)?;
                *lock(&self.tag) = answer.headers.get(ETAG).cloned();
            }
            304 if known.is_some() => {}
            status => return Err(format!("it answered {status}")),
        }
        let fresh = fresh_for(&answer.headers);
        Ok(Confirmed { fresh, age })
    }

    fn use_keys(&self, jwk_set: &str) -> Result<(), String> {
        let keys = self.keys_of(jwk_set)?;
        if keys.keys().is_empty() {
            let flavour = self.verifier().flavour();
            tracing::warn!(event = "key_set_empty", flavour, url = self.parts.server.url());
        }
        self.verifier().set_keys(keys);
        if let Some(copy) = &self.parts.saved_copy {
            copy.hold(jwk_set);
        }
        Ok(())
    }

    /// A copy without keys is not used: that there are none is for the server to say.
    async fn use_copy(&self, copy: &SavedCopy) -> Result<(), String> {
        let (jwk_set, age) = copy.read(self.parts.clock.now(), self.parts.fail_after).await?;
        let keys = self.keys_of(&jwk_set)?;
        if keys.keys().is_empty() {
            return Err("it has no key of this flavour".to_owned());
        }
        self.verifier().set_keys(keys);
        copy.hold(&jwk_set);
        let left = self.parts.fail_after.saturating_sub(age);
        self.schedule().use_for(self.now(), left);
        tracing::warn!(event = "saved_keys_used", age_seconds = age.as_secs());
        Ok(())
    }

    fn keys_of(&self, jwk_set: &str) -> Result<KeySet, String> {
        keys_of(self.verifier().flavour(), jwk_set).map_err(|error| error.to_string())
    }

    /// Keeps what was confirmed so long ago, so that the next start knows how old it is.
    async fn save(&self, age: Duration) {
        let Some(copy) = &self.parts.saved_copy else {
            return;
        };
        if let Err(error) = copy.write(self.parts.clock.now().minus(age)).await {
            tracing::warn!(event = "keys_not_saved", file = %copy.display(), error);
        }
    }

    fn now(&self) -> Duration {
        self.parts.clock.monotonic()
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        lock(&self.schedule)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Fetching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetching")
            .field("url", &self.parts.server.url())
            .field("schedule", &self.schedule())
            .finish_non_exhaustive()
    }
}
