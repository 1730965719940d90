//! Background tasks: read revocations, write last uses, remove expired records, load new signing keys.

use std::sync::Arc;
use std::time::Duration;

use auth_core::TokenRegistry;
use keystore::{Keyring, Reloaded};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

const FLUSH_EVERY: Duration = Duration::from_secs(5);
const KEYS_EVERY: Duration = Duration::from_secs(2);
const PURGE_EVERY: Duration = Duration::from_secs(30);

/// The pause between two steps of a purge, in which other queries can use the database.
const BREATH: Duration = Duration::from_millis(50);
const PURGE_STEP: u32 = 500;

/// The running tasks.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: JoinSet<()>,
    registry: Arc<TokenRegistry>,
}

impl Background {
    /// Starts all tasks.
    pub(crate) fn start(registry: Arc<TokenRegistry>, keyring: Arc<Keyring>, poll: Duration) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(read_revocations(registry.clone(), poll));
        tasks.spawn(flush(registry.clone()));
        tasks.spawn(purge(registry.clone()));
        tasks.spawn(follow(keyring));
        Self { tasks, registry }
    }

    /// Stops all tasks, and writes the last uses that are not stored yet.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Err(error) = self.registry.flush_used().await {
            tracing::warn!(event = "last_use_not_written", %error);
        }
    }
}

async fn read_revocations(registry: Arc<TokenRegistry>, poll: Duration) {
    let mut ticks = interval(poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        let result = registry.sync().await;
        match (&result, failing) {
            (Err(error), false) => tracing::error!(event = "feed_unreadable", %error),
            (Ok(()), true) => tracing::info!(event = "feed_readable_again"),
            _ => {}
        }
        failing = result.is_err();
    }
}

async fn flush(registry: Arc<TokenRegistry>) {
    let mut ticks = interval(FLUSH_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = registry.flush_used().await {
            tracing::warn!(event = "last_use_not_written", %error);
        }
    }
}

async fn purge(registry: Arc<TokenRegistry>) {
    loop {
        sleep(PURGE_EVERY).await;
        loop {
            match registry.purge(PURGE_STEP).await {
                Ok(removed) if removed >= u64::from(PURGE_STEP) => sleep(BREATH).await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(event = "purge_failed", %error);
                    break;
                }
            }
        }
    }
}

async fn follow(keyring: Arc<Keyring>) {
    let mut ticks = interval(KEYS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match keyring.reload().await {
            Ok(reloaded) => log(&reloaded),
            Err(error) => tracing::error!(event = "keys_not_reloaded", %error),
        }
    }
}

fn log(reloaded: &Reloaded) {
    for changed in &reloaded.changed {
        tracing::info!(
            event = "keys_changed",
            flavour = changed.purpose.flavour(),
            keys = changed.verifying
        );
    }
    for failure in &reloaded.failures {
        tracing::error!(event = "keys_not_reloaded", flavour = failure.purpose.flavour(), error = %failure.error);
    }
}
