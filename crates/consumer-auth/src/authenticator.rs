//! From a consumer's key and token, and the data of a person, to a client.

use std::net::IpAddr;
use std::sync::Arc;

use auth_core::{Clock, StoreError, Throttle, Throttled, TokenDigest};
use secrecy::{ExposeSecret, SecretString};

use crate::consumer::{Client, Consumer, Organisation};
use crate::email::FoldedEmail;
use crate::guard::SecretGuard;
use crate::quota::{OverQuota, QuotaLimits, Quotas};
use crate::secret::OF_NOBODY;
use crate::store::{ConsumerStore, NewClient};

/// Why no client was returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VouchError {
    /// The consumer is unknown, its token is wrong, it is disabled, it belongs to another organisation, or the client
    /// is disabled. Which of these is not disclosed.
    #[error("the consumer may not vouch for this client")]
    Refused,
    /// Too many failures. The token was not checked, or the result is withheld.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The consumer has asked for more than it may. It is who it says.
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// What a consumer asks: its credentials, and the person it vouches for.
#[derive(Debug)]
pub struct VouchRequest<'a> {
    /// The consumer's key, as presented.
    pub key: &'a str,
    /// The consumer's token, as presented.
    pub token: &'a SecretString,
    /// The number of the organisation that the client is to belong to.
    pub organisation: i64,
    /// The client's e-mail address.
    pub email: &'a FoldedEmail,
    /// The client's name; stored only if the client is new.
    pub name: &'a str,
    /// The address that the request came from.
    pub source: IpAddr,
}

/// A client that a consumer has vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The client.
    pub client: Client,
    /// Its organisation.
    pub organisation: Organisation,
}

/// Checks consumers, and finds or creates their clients.
///
/// Failures are counted like those of people, and apart from them.
#[derive(Debug, Clone)]
pub struct ConsumerAuthenticator {
    store: Arc<dyn ConsumerStore>,
    clock: Arc<dyn Clock>,
    guard: SecretGuard,
    quotas: Arc<Quotas>,
}

impl ConsumerAuthenticator {
    /// An authenticator over this store. All authenticators of a node share one throttle; otherwise an attacker gets the
    /// allowance of each.
    pub fn new(store: Arc<dyn ConsumerStore>, clock: Arc<dyn Clock>, throttle: Arc<Throttle>) -> Self {
        Self {
            quotas: Arc::new(Quotas::new(QuotaLimits::default(), clock.clone())),
            store,
            clock,
            guard: SecretGuard::new(throttle, "consumer:keys"),
        }
    }

    /// The same with these quotas instead of the default ones. All authenticators of a node share them.
    #[must_use]
    pub fn with_quotas(self, quotas: Arc<Quotas>) -> Self {
        Self { quotas, ..self }
    }

    /// The client of the organisation with this e-mail, found or created, if the consumer may vouch for it.
    ///
    /// # Errors
    /// [`VouchError::Refused`], the same for every reason; [`VouchError::Throttled`]; [`VouchError::OverQuota`];
    /// [`VouchError::Unavailable`].
    ///
    /// # Security
    /// Everything is checked before anything is created. An unknown key costs the same comparison as a wrong token, which
    /// takes the same time wherever it differs. Only a wrong key or token counts as a failure: a consumer that asks for a
    /// disabled client is not guessing, and must not be locked out. `source` must not come from the
    /// caller: it is the socket's address, or the one that a trusted proxy reports.
    pub async fn vouch(&self, request: &VouchRequest<'_>) -> Result<Vouched, VouchError> {
        let identify = self.identify(request);
        let Some(consumer) = self.guard.check(request.key, request.source, identify).await? else {
            return Err(refused(request));
        };
        match consumer.disabled || consumer.organisation.id != request.organisation {
            true => Err(refused(request)),
            false => {
                let outcome = self.within_quota(request, consumer).await;
                if matches!(outcome, Err(VouchError::OverQuota(_))) {
                    tracing::warn!(event = "consumer_over_quota", organisation = request.organisation);
                }
                outcome
            }
        }
    }

    async fn within_quota(&self, request: &VouchRequest<'_>, consumer: Consumer) -> Result<Vouched, VouchError> {
        self.quotas.take_call(&consumer.key)?;
        self.find_or_create(request, consumer).await
    }

    async fn find_or_create(
        &self,
        request: &VouchRequest<'_>,
        Consumer { key, organisation, .. }: Consumer,
    ) -> Result<Vouched, VouchError> {
        let new = NewClient {
            consumer: key,
            organisation: organisation.id,
            folded: request.email.folded().clone(),
            email: request.email.typed().to_owned(),
            name: request.name.to_owned(),
            created_at: self.clock.now(),
        };
        let client = match self.store.find_client(&new).await? {
            Some(client) => Some(client),
            None => {
                self.quotas.take_client(&new.consumer)?;
                self.store.find_or_create_client(new).await?
            }
        };
        match client {
            Some(client) if !client.disabled => Ok(Vouched { client, organisation }),
            _ => Err(refused(request)),
        }
    }

    /// The consumer with this key and token.
    async fn identify(&self, request: &VouchRequest<'_>) -> Result<Option<Consumer>, VouchError> {
        let presented = TokenDigest::of(request.token.expose_secret().as_bytes());
        let consumer = self.store.find(request.key).await?;
        let is_right = match &consumer {
            Some(consumer) => consumer.accepts(&presented, self.clock.now()),
            None => presented == OF_NOBODY,
        };
        Ok(consumer.filter(|_| is_right))
    }
}

fn refused(request: &VouchRequest<'_>) -> VouchError {
    tracing::info!(event = "consumer_refused", organisation = request.organisation);
    VouchError::Refused
}
