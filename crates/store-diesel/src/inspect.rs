//! A look behind the ports, for tests.

use std::fmt;

use async_trait::async_trait;
use auth_core::{StoreError, TokenId};

use crate::DieselStore;

#[async_trait]
pub(crate) trait Inspect: fmt::Debug + Send + Sync + 'static {
    async fn number(&self, query: &str) -> Result<Option<i64>, StoreError>;
    async fn text(&self, query: &str) -> Result<Option<String>, StoreError>;
    async fn execute(&self, statements: &str) -> Result<(), StoreError>;
    async fn issued_at(&self, id: i64) -> Result<Option<i64>, StoreError>;
}

/// For tests, which must see and damage what no port shows. The statements are run as they are.
impl DieselStore {
    /// The number that a query of one column and row yields.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn dangerous_number(&self, query: &str) -> Result<Option<i64>, StoreError> {
        self.ports().number(query).await
    }

    /// The text that a query of one column and row yields.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn dangerous_text(&self, query: &str) -> Result<Option<String>, StoreError> {
        self.ports().text(query).await
    }

    /// Runs statements in one transaction.
    ///
    /// # Errors
    /// When the store fails; nothing is done.
    pub async fn dangerous_execute(&self, statements: &str) -> Result<(), StoreError> {
        self.ports().execute(statements).await
    }

    /// One column of one token by its number, whatever has become of it: the least that a read can be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn dangerous_issued_at(&self, id: TokenId) -> Result<Option<i64>, StoreError> {
        self.ports().issued_at(id.0).await
    }
}
