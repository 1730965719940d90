//! What the server does by itself: hears revocations, writes last uses, removes what has expired, follows its keys.

use std::sync::Arc;
use std::time::Duration;

use auth_core::TokenRegistry;
use keystore::Reloaded;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::keys::Keys;

const FLUSH_EVERY: Duration = Duration::from_secs(5);
const KEYS_EVERY: Duration = Duration::from_secs(2);
const PURGE_EVERY: Duration = Duration::from_secs(30);

/// Between two steps of a purge, so that others get at the database.
const BREATH: Duration = Duration::from_millis(50);
const PURGE_STEP: u32 = 500;

/// Ended records are kept for more than a day: a clock that jumps a day ahead and back must not remove live ones.
const KEEP_ENDED: Duration = Duration::from_secs(26 * 60 * 60);

/// The tasks, until they are stopped.
#[derive(Debug)]
pub struct Background {
    tasks: JoinSet<()>,
    registry: Arc<TokenRegistry>,
}

impl Background {
    /// Starts everything.
    pub fn start(registry: Arc<TokenRegistry>, keys: Arc<Keys>, poll: Duration) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(hear(registry.clone(), poll));
        tasks.spawn(flush(registry.clone()));
        tasks.spawn(purge(registry.clone()));
        tasks.spawn(follow(keys));
        Self { tasks, registry }
    }

    /// Stops everything, and writes what was still to be written.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Err(error) = self.registry.flush_used().await {
            tracing::warn!(event = "last_use_not_written", %error);
        }
    }
}

async fn hear(registry: Arc<TokenRegistry>, poll: Duration) {
    let mut ticks = interval(poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        let heard = registry.sync().await;
        match (&heard, failing) {
            (Err(error), false) => tracing::error!(event = "feed_unreadable", %error),
            (Ok(()), true) => tracing::info!(event = "feed_readable_again"),
            _ => {}
        }
        failing = heard.is_err();
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
            match registry.purge(KEEP_ENDED, PURGE_STEP).await {
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

async fn follow(keys: Arc<Keys>) {
    let mut ticks = interval(KEYS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match keys.keyring.reload().await {
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
        let (flavour, error) = (failure.purpose.flavour(), &failure.error);
        tracing::error!(event = "keys_not_reloaded", flavour, %error);
    }
}
