//! What a database reports about itself, for operators.

use std::fmt;

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};

/// What a database reports about itself. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseInfo {
    /// The program and its version, such as `SQLite 3.53.2`.
    pub engine: String,
    /// The settings on which durability depends, by name, with their present values.
    pub settings: Vec<(&'static str, String)>,
    /// When the latest row was recorded; `None`: the database is empty.
    pub newest: Option<Timestamp>,
}

/// Reads the database's report about itself.
#[async_trait]
pub(crate) trait InfoStore: fmt::Debug + Send + Sync + 'static {
    async fn database_info(&self) -> Result<DatabaseInfo, StoreError>;
}
