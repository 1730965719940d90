//! Erases the secrets of signing keys that retired long ago.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, StoreError, TokenRegistry};
use keystore::KeyStore;
use tokio::time::sleep;

use super::differs;

const EVERY: Duration = Duration::from_secs(10 * 60);

/// What the task needs.
#[derive(Debug)]
pub(crate) struct Erasure {
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) clock: Arc<dyn Clock>,
    /// For how long the secret of a retired key is kept.
    pub(crate) keep: Duration,
}

impl Erasure {
    pub(super) async fn run(self, registry: Arc<TokenRegistry>) {
        loop {
            sleep(EVERY).await;
            match self.erase(&registry).await {
                Ok(erased) => erased.iter().for_each(|kid| tracing::info!(event = "key_erased", kid)),
                Err(error) => tracing::warn!(event = "keys_not_erased", %error),
            }
        }
    }

    /// A node whose clock is ahead of the database's would erase keys that other nodes check with.
    async fn erase(&self, registry: &TokenRegistry) -> Result<Vec<String>, StoreError> {
        if registry.compare_clocks().await?.is_some_and(differs) {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        self.keys.erase_retired(now.minus(self.keep), now).await
    }
}
