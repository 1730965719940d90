//! The registered dialects and strategies, by the name that `[[flavour]]` uses.

use std::sync::Arc;

use super::{Dialect, Strategy};

/// The dialects and strategies of a server, in the order in which they were registered.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    dialects: Vec<Arc<dyn Dialect>>,
    strategies: Vec<Arc<dyn Strategy>>,
}

impl Catalog {
    /// Adds a dialect. It replaces one of the same name.
    pub(crate) fn add_dialect(&mut self, dialect: Arc<dyn Dialect>) {
        self.dialects.retain(|other| other.name() != dialect.name());
        self.dialects.push(dialect);
    }

    /// Adds a strategy. It replaces one of the same name.
    pub(crate) fn add_strategy(&mut self, strategy: Arc<dyn Strategy>) {
        self.strategies.retain(|other| other.name() != strategy.name());
        self.strategies.push(strategy);
    }

    /// All dialects.
    pub fn dialects(&self) -> &[Arc<dyn Dialect>] {
        &self.dialects
    }

    /// All strategies.
    pub fn strategies(&self) -> &[Arc<dyn Strategy>] {
        &self.strategies
    }

    /// The dialect of this name.
    pub fn dialect(&self, name: &str) -> Option<&Arc<dyn Dialect>> {
        self.dialects.iter().find(|dialect| dialect.name() == name)
    }

    /// The strategy of this name.
    pub fn strategy(&self, name: &str) -> Option<&Arc<dyn Strategy>> {
        self.strategies.iter().find(|strategy| strategy.name() == name)
    }
}
