//! The port: organisations, consumers and clients as stored.

use std::fmt;

use async_trait::async_trait;
use auth_core::{FoldedLogin, StoreError, Subject, Timestamp, TokenDigest};

use crate::consumer::{Client, Consumer, Organisation};
use crate::secret::SecretRotation;

/// A client to be found or created.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// The key of the consumer that vouches for it.
    pub consumer: String,
    /// The organisation it belongs to.
    pub organisation: i64,
    /// Its e-mail in the form in which addresses are compared.
    pub folded: FoldedLogin,
    /// Its e-mail as given; stored only if the client is new.
    pub email: String,
    /// Its name as given; stored only if the client is new.
    pub name: String,
    /// Now.
    pub created_at: Timestamp,
}

/// Which clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientsOf {
    /// Those for whom the consumer with this key has vouched.
    Consumer(String),
    /// All of an organisation.
    Organisation(i64),
}

/// Organisations, consumers and clients as stored. Each method is one atomic operation.
#[async_trait]
pub trait ConsumerStore: fmt::Debug + Send + Sync + 'static {
    /// The consumer with this key, with its organisation.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError>;

    /// The client with this organisation and folded e-mail, as stored, if the consumer is an enabled one of the
    /// organisation and has vouched for it before. Creates and records nothing.
    ///
    /// # Errors
    /// When the store fails.
    async fn find_client(&self, asked: &NewClient) -> Result<Option<Client>, StoreError>;

    /// The client with this organisation and folded e-mail, created if there is none. However many callers ask at the
    /// same time, there is one client with one number. An existing client is returned as stored. That the consumer has
    /// vouched for it is recorded, once.
    ///
    /// `Ok(None)` unless the consumer is an enabled one of this organisation; nothing is created or recorded then.
    ///
    /// # Errors
    /// When the store fails; nothing is created.
    ///
    /// # Security
    /// The consumer is looked at inside the operation. So once it is disabled, every client that it was answered with is
    /// among [`clients`](Self::clients), with the generation that it had or an earlier one: a new generation of each
    /// revokes all tokens that the consumer has obtained or is about to.
    async fn find_or_create_client(&self, new: NewClient) -> Result<Option<Client>, StoreError>;

    /// At most `limit` clients with a number above `after`, in order.
    ///
    /// # Errors
    /// When the store fails.
    async fn clients(&self, of: &ClientsOf, after: Option<Subject>, limit: u32) -> Result<Vec<Subject>, StoreError>;

    /// At most `limit` organisations with a number above `after`, in order.
    ///
    /// # Errors
    /// When the store fails.
    async fn organisations(&self, after: Option<i64>, limit: u32) -> Result<Vec<Organisation>, StoreError>;

    /// At most `limit` consumers with a key above `after`, in the order of their keys, byte by byte.
    ///
    /// # Errors
    /// When the store fails.
    async fn consumers(&self, after: Option<&str>, limit: u32) -> Result<Vec<Consumer>, StoreError>;

    /// Creates an organisation. `Ok(false)` if there is one with this number; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn create_organisation(&self, organisation: &Organisation) -> Result<bool, StoreError>;

    /// Creates an organisation, or replaces its properties.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError>;

    /// Creates a consumer. `Ok(false)` if there is one with this key, or no such organisation; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn create_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Creates a consumer, or replaces its token, ends the one before, and enables it. `Ok(false)` if there is no such
    /// organisation, or the key belongs to a consumer of another one; nothing has changed then.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives a consumer another token, beside which the one it had is accepted until `previous_until`, by one
    /// compare-and-swap. `Ok(true)` for the one caller for whom `from` was still its token; `Ok(false)` for every other,
    /// if there is no such consumer, and while an earlier rotation's token is accepted at `now`: never are there three.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn rotate_consumer(&self, rotation: &SecretRotation) -> Result<bool, StoreError>;

    /// Disables or enables a consumer; `Ok(false)` if there is none with this key.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError>;
}
