//! The port: organisations, consumers and clients as stored.

use std::fmt;

use async_trait::async_trait;
use auth_core::{FoldedLogin, StoreError, Timestamp, TokenDigest};

use crate::consumer::{Client, Consumer, Organisation};

/// A client to be found or created.
#[derive(Debug, Clone)]
pub struct NewClient {
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

/// Organisations, consumers and clients as stored. Each method is one atomic operation.
#[async_trait]
pub trait ConsumerStore: fmt::Debug + Send + Sync + 'static {
    /// The consumer with this key, with its organisation.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError>;

    /// The client with this organisation and folded e-mail, created if there is none. However many callers ask at the
    /// same time, there is one client with one number. An existing client is returned as stored.
    ///
    /// # Errors
    /// When the store fails; nothing is created.
    async fn find_or_create_client(&self, new: NewClient) -> Result<Client, StoreError>;

    /// Creates an organisation, or replaces its properties.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError>;

    /// Creates a consumer, or replaces its token and enables it. `Ok(false)` if there is no such organisation, or the
    /// key belongs to a consumer of another one; nothing has changed then.
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

    /// Disables or enables a consumer; `Ok(false)` if there is none with this key.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError>;
}
