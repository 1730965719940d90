//! The port.

use std::fmt;

use async_trait::async_trait;
use auth_core::{FoldedLogin, StoreError, Timestamp, TokenDigest};

use crate::consumer::{Client, Consumer, Organisation};

/// A client to be found or made.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// The organisation it belongs to.
    pub organisation: i64,
    /// By what it is found there.
    pub folded: FoldedLogin,
    /// Its e-mail as given; kept only if the client is new.
    pub email: String,
    /// Its name as given; kept only if the client is new.
    pub name: String,
    /// Now.
    pub created_at: Timestamp,
}

/// Organisations, consumers and clients as stored. Each method is one atomic operation.
#[async_trait]
pub trait ConsumerStore: fmt::Debug + Send + Sync + 'static {
    /// The consumer of this key, with its organisation.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError>;

    /// The client of this organisation and folded e-mail, made if there is none. However many callers ask at once,
    /// there is one, with one number; an existing client comes back as stored.
    ///
    /// # Errors
    /// When the store fails; nothing is made.
    async fn find_or_create_client(&self, new: NewClient) -> Result<Client, StoreError>;

    /// Makes an organisation, or replaces what is said of it.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError>;

    /// Makes a consumer, or gives it another token and readmits it. `Ok(false)` if there is no such organisation, or
    /// the key belongs to a consumer of another one; nothing has changed then.
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

    /// Bars or readmits a consumer; `Ok(false)` if there is none of this key.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError>;
}
