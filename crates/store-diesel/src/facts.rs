//! What an operator asks of a database.

use std::fmt;

use async_trait::async_trait;
use auth_core::{StoreError, Timestamp};

/// What a database says of itself. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The program and its version, such as `SQLite 3.53.2`.
    pub engine: String,
    /// The settings on which durability rests, by name, as they read at present.
    pub settings: Vec<(&'static str, String)>,
    /// The latest moment at which anything was recorded; `None`: nothing was.
    pub newest: Option<Timestamp>,
}

/// Reads the facts.
#[async_trait]
pub(crate) trait Examine: fmt::Debug + Send + Sync + 'static {
    async fn facts(&self) -> Result<Facts, StoreError>;
}
