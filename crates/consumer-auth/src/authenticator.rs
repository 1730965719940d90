//! From a consumer's key and token, and what it says of a person, to a client.

use std::sync::Arc;

use auth_core::{Clock, FoldedLogin, StoreError, TokenDigest};

use crate::consumer::{Client, Organisation};
use crate::store::{ConsumerStore, NewClient};

/// Why nobody was vouched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VouchError {
    /// The consumer is unknown, its token wrong, it is disabled, the organisation is not its own, or the client is
    /// disabled. Which of these is nobody's business outside.
    #[error("the consumer may not vouch for this client")]
    Refused,
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// A client somebody vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The client.
    pub client: Client,
    /// Its organisation.
    pub organisation: Organisation,
}

/// Checks consumers and finds or creates their clients.
#[derive(Debug, Clone)]
pub struct ConsumerAuthenticator {
    store: Arc<dyn ConsumerStore>,
    clock: Arc<dyn Clock>,
}

impl ConsumerAuthenticator {
    /// An authenticator over this store.
    pub fn new(store: Arc<dyn ConsumerStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The client of `organisation` with this e-mail, if the consumer may vouch for it.
    ///
    /// # Errors
    /// [`VouchError::Refused`], the same for every reason; [`VouchError::Unavailable`].
    ///
    /// # Security
    /// Everything is checked before anything is made. An unknown key costs the same comparison as a wrong token, which
    /// takes the same time wherever it differs.
    pub async fn vouch(
        &self,
        key: &str,
        token: &str,
        organisation: i64,
        email: &FoldedEmail,
        name: &str,
    ) -> Result<Vouched, VouchError> {
        let organisation = self.check(key, token, organisation).await?;
        let new = NewClient {
            organisation: organisation.id,
            folded: email.folded.clone(),
            email: email.typed.clone(),
            name: name.to_owned(),
            created_at: self.clock.now(),
        };
        let client = self.store.find_or_create_client(new).await?;
        match client.disabled {
            true => Err(VouchError::Refused),
            false => Ok(Vouched { client, organisation }),
        }
    }

    async fn check(&self, key: &str, token: &str, organisation: i64) -> Result<Organisation, VouchError> {
        let presented = TokenDigest::of(token.as_bytes());
        let consumer = self.store.find(key).await?;
        let nobody = TokenDigest::from_bytes([0; 32]);
        let expected = consumer.as_ref().map_or(&nobody, |consumer| &consumer.token);
        let right = presented == *expected;
        let entitled = |c: &crate::Consumer| right && !c.disabled && c.organisation.id == organisation;
        match consumer.filter(entitled) {
            Some(consumer) => Ok(consumer.organisation),
            None => {
                tracing::info!(event = "consumer_refused", organisation);
                Err(VouchError::Refused)
            }
        }
    }
}

/// An e-mail address as given, with the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedEmail {
    typed: String,
    folded: FoldedLogin,
}

impl FoldedEmail {
    /// Folds an address as given, trimmed; `None` if no client can have it.
    pub fn parse(typed: &str) -> Option<Self> {
        let folded = FoldedLogin::parse(typed)?;
        let typed = typed.trim().to_owned();
        Some(Self { typed, folded })
    }
}
