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
    /// How many connections to PostgreSQL the server holds for its work: 2 to 50. One more is for the feed, one for notices of
    /// changes. An SQLite file has its own numbers.
    pub connections: usize,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            deadline: Span(StoreOptions::default().deadline),
            connections: StoreOptions::default().connections,
        }
    }
}

impl DatabaseSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        if !(Span::seconds(1)..=Span::seconds(600)).contains(&self.deadline) {
            return Err(BadSetting::new(
                "database.deadline",
                self.deadline,
                "allowed is 1s to 10m",
            ));
        }
        if !(2..=50).contains(&self.connections) {
            return Err(BadSetting::new(
                "database.connections",
                self.connections,
                "allowed is 2 to 50",
            ));
        }
        Ok(())
    }

    /// What a store is opened with.
    pub(crate) fn options(self) -> StoreOptions {
        let mut options = StoreOptions::within(self.deadline.0);
        options.connections = self.connections;
        options
    }
}
