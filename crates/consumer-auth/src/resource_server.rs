//! Resource servers: services that ask about the tokens which others present to them.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use auth_core::{ChangeWatch, StoreError, Timestamp, TokenDigest};

use crate::secret::{PreviousSecret, SecretRotation, accepts};

/// A service that may ask about tokens, and revoke them. Of its secrets only the digests are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceServer {
    /// Its id: a public name, the `client_id` of its requests.
    pub id: String,
    /// The digest of its secret.
    pub secret: TokenDigest,
    /// The secret before, while it is accepted beside the new one.
    pub previous: Option<PreviousSecret>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Which tokens it may ask about.
    pub audience: Audience,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The flavours whose tokens a resource server may ask about. Every other token is unknown to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Those of every flavour, also of one that is added later.
    All,
    /// Those of the flavours with these names.
    Flavours(BTreeSet<String>),
}

impl ResourceServer {
    /// Whether this is its secret, or the one before whose time is not over. Takes the same time wherever they differ.
    pub fn accepts(&self, presented: &TokenDigest, now: Timestamp) -> bool {
        accepts(&self.secret, self.previous.as_ref(), presented, now)
    }
}

impl Audience {
    /// Whether the flavour of this name is in it.
    pub fn has(&self, flavour: &str) -> bool {
        match self {
            Self::All => true,
            Self::Flavours(names) => names.contains(flavour),
        }
    }
}

/// Resource servers as stored. Each method is one atomic operation.
#[async_trait]
pub trait ResourceServerStore: fmt::Debug + Send + Sync + 'static {
    /// All of them, in the order of their ids, which compare byte for byte.
    ///
    /// It does not wait for other operations: a node answers resource servers only while it reads this.
    ///
    /// # Errors
    /// When the store fails.
    async fn resource_servers(&self) -> Result<Vec<ResourceServer>, StoreError>;

    /// Creates a resource server, or replaces its secret and its audience, ends the secret before, and enables it.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_resource_server(
        &self,
        id: &str,
        secret: &TokenDigest,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Gives a resource server another secret, beside which the one it had is accepted until `previous_until`, by one
    /// compare-and-swap. `Ok(true)` for the one caller for whom `from` was still its secret; `Ok(false)` for every other,
    /// if there is no such resource server, and while an earlier rotation's secret is accepted at `now`: never are there
    /// three.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn rotate_resource_server(&self, rotation: &SecretRotation) -> Result<bool, StoreError>;

    /// Replaces the audience alone; `Ok(false)` if there is no resource server with this id.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_audience(&self, id: &str, audience: &Audience) -> Result<bool, StoreError>;

    /// Disables or enables a resource server; `Ok(false)` if there is none with this id.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_resource_server_disabled(&self, id: &str, disabled: bool) -> Result<bool, StoreError>;

    /// Wakes when a resource server may have been added or changed, by this process or another. By default it never does,
    /// and readers read at their own pace.
    fn watch_resource_servers(&self) -> ChangeWatch {
        ChangeWatch::none()
    }
}
