//! From an id and a secret to a resource server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use auth_core::{ChangeWatch, Clock, StoreError, Throttle, Throttled, TokenDigest};
use secrecy::{ExposeSecret, SecretString};

use crate::guard::SecretGuard;
use crate::quota::{OverQuota, QuotaLimits, Quotas};
use crate::resource_server::{ResourceServer, ResourceServerStore};
use crate::secret::OF_NOBODY;

/// Why a resource server's request is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceServerError {
    /// It is unknown, its secret is wrong, or it is disabled. Which of these is not disclosed.
    #[error("the resource server is not accepted")]
    Refused,
    /// Too many failures. The secret was not checked, or the result is withheld.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// It has asked for more than it may. It is who it says.
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    /// This node has not read the resource servers for longer than it may go on without them.
    #[error("the list of resource servers is out of date")]
    Stale,
}

/// Checks resource servers against a copy of what is stored, so that a request reads no database.
///
/// Its owner calls [`reload`](Self::reload) several times a second; the server does. What has changed counts from then on.
#[derive(Debug)]
pub struct ResourceServerAuthenticator {
    store: Arc<dyn ResourceServerStore>,
    clock: Arc<dyn Clock>,
    guard: SecretGuard,
    quotas: Quotas,
    max_age: Duration,
    known: RwLock<Arc<Known>>,
}

/// What was read last, and when on the clock's monotonic scale; `None`: never.
#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<String, Arc<ResourceServer>>,
    read_at: Option<Duration>,
}

impl ResourceServerAuthenticator {
    /// An authenticator that has read nothing yet. Each resource server may ask `calls_per_minute` times, and nobody is
    /// answered once the copy is older than `max_age`.
    pub fn new(
        store: Arc<dyn ResourceServerStore>,
        clock: Arc<dyn Clock>,
        throttle: Arc<Throttle>,
        calls_per_minute: u32,
        max_age: Duration,
    ) -> Self {
        let limits = QuotaLimits {
            calls_per_minute,
            ..QuotaLimits::default()
        };
        Self {
            quotas: Quotas::new(limits, clock.clone()),
            guard: SecretGuard::new(throttle, "resource-server:ids"),
            known: RwLock::default(),
            store,
            clock,
            max_age,
        }
    }

    /// Wakes when it is time to [`reload`](Self::reload).
    pub fn watch(&self) -> ChangeWatch {
        self.store.watch_resource_servers()
    }

    /// Reads all resource servers.
    ///
    /// # Errors
    /// When the store fails; those that were read before stay in use, until they are too old.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let read_at = Some(self.clock.monotonic());
        let all = self.store.resource_servers().await?;
        let by_id = all.into_iter().map(|one| (one.id.clone(), Arc::new(one))).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Known { by_id, read_at });
        Ok(())
    }

    /// The resource server with this id and secret.
    ///
    /// # Errors
    /// [`ResourceServerError::Refused`], the same for every reason; the others.
    ///
    /// # Security
    /// An unknown id costs the same comparison as a wrong secret. Only a wrong id or secret counts as a failure: one that
    /// was disabled is not guessing. `source` must not come from the caller: it is the socket's address, or the one that a
    /// trusted proxy reports.
    pub async fn authenticate(
        &self,
        id: &str,
        secret: &SecretString,
        source: IpAddr,
    ) -> Result<Arc<ResourceServer>, ResourceServerError> {
        let known = self.current()?;
        let found = known.by_id.get(id);
        let identify = async {
            let is_right = self.is_right(found, secret);
            Ok::<_, ResourceServerError>(found.filter(|_| is_right))
        };
        let Some(identified) = self
            .guard
            .check(id, source, identify)
            .await
            .inspect_err(|_| log(found, "throttled"))?
        else {
            log(found, "wrong_secret");
            return Err(ResourceServerError::Refused);
        };
        if identified.disabled {
            log(found, "disabled");
            return Err(ResourceServerError::Refused);
        }
        self.quotas.take_call(id).inspect_err(|_| log(found, "over_quota"))?;
        Ok(identified.clone())
    }

    fn current(&self) -> Result<Arc<Known>, ResourceServerError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.monotonic();
        let is_recent = |read_at| now.saturating_sub(read_at) <= self.max_age;
        match known.read_at.is_some_and(is_recent) {
            true => Ok(known),
            false => Err(ResourceServerError::Stale),
        }
    }

    fn is_right(&self, found: Option<&Arc<ResourceServer>>, secret: &SecretString) -> bool {
        let presented = TokenDigest::of(secret.expose_secret().as_bytes());
        match found {
            Some(one) => one.accepts(&presented, self.clock.now()),
            None => presented == OF_NOBODY,
        }
    }
}

/// The id is written only where a resource server has it: people type secrets into the wrong field.
fn log(found: Option<&Arc<ResourceServer>>, reason: &'static str) {
    let (id, reason) = match found {
        Some(one) => (one.id.as_str(), reason),
        None if reason == "wrong_secret" => ("?", "unknown"),
        None => ("?", reason),
    };
    tracing::info!(event = "resource_server_refused", resource_server = id, reason);
}
