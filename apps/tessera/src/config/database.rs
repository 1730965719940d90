//! `[database]`.

use serde::{Deserialize, Serialize};
use store_diesel::StoreOptions;

use super::Span;
use crate::extension::BadSetting;

/// `[database]`: how the server uses its database. Which one it is has settings of its own, at the top.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// How long the database may take over an operation: 1 s to 10 min. Half of it is for the wait for a connection or a lock.
    pub deadline: Span,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            deadline: Span(StoreOptions::default().deadline),
        }
    }
}

impl DatabaseSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        match (Span::seconds(1)..=Span::seconds(600)).contains(&self.deadline) {
            true => Ok(()),
            false => Err(BadSetting::new(
                "database.deadline",
                self.deadline,
                "allowed is 1s to 10m",
            )),
        }
    }

    /// What a store is opened with.
    pub(crate) fn options(self) -> StoreOptions {
        StoreOptions::within(self.deadline.0)
    }
}
