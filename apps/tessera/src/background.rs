//! Background tasks: read revocations, compare clocks, write last uses, remove expired records, load new signing keys,
//! seal the audit log.

mod audit;
mod certificate;
mod erasure;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{CLOCK_SKEW, PurgePace, TokenRegistry};
use consumer_auth::ResourceServerAuthenticator;
use keystore::{Keyring, KeyringError, Reloaded};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep};

use crate::health::StoreCheck;
use crate::server::Tls;

pub(crate) use audit::AuditTasks;
pub(crate) use certificate::reload as reload_certificate;
pub(crate) use erasure::Erasure;
pub(crate) use pace::Periods;

use pace::{Pace, Read};

const CHECK_EVERY: Duration = Duration::from_secs(2);
const FLUSH_EVERY: Duration = Duration::from_secs(5);
const CLOCKS_EVERY: Duration = Duration::from_secs(10);
const PURGE_EVERY: Duration = Duration::from_secs(30);

/// The running tasks.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: JoinSet<()>,
    registry: Arc<TokenRegistry>,
    audit: AuditTasks,
}

impl Background {
    /// Starts all tasks.
    pub(crate) fn start(
        registry: Arc<TokenRegistry>,
        store: Arc<StoreCheck>,
        keyring: Arc<Keyring>,
        resource_servers: Arc<ResourceServerAuthenticator>,
        audit: AuditTasks,
        erasure: Erasure,
        periods: Periods,
    ) -> Self {
        let mut tasks = JoinSet::new();
        follow_revocations(&mut tasks, registry.clone(), keyring, periods);
        tasks.spawn(check_store(store));
        tasks.spawn(flush(registry.clone()));
        tasks.spawn(purge(registry.clone()));
        tasks.spawn(compare_clocks(registry.clone()));
        tasks.spawn(erasure.run(registry.clone()));
        tasks.spawn(read_resource_servers(resource_servers, periods));
        audit.clone().start(&mut tasks);
        Self { tasks, registry, audit }
    }

    /// Takes a new certificate where there is one.
    pub(crate) fn follow(&mut self, tls: Option<Arc<Tls>>) {
        if let Some(tls) = tls {
            self.tasks.spawn(certificate::follow(tls));
        }
    }

    /// Stops all tasks, writes the last uses that are not stored yet, and seals the end of the audit log.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Err(error) = self.registry.flush_used().await {
            tracing::warn!(event = "last_use_not_written", %error);
        }
        self.audit.finish().await;
    }
}

/// What was revoked elsewhere, tokens and keys: at one pace, because a stolen key is to be refused as soon as a token.
fn follow_revocations(tasks: &mut JoinSet<()>, registry: Arc<TokenRegistry>, keyring: Arc<Keyring>, periods: Periods) {
    tasks.spawn(read_revocations(registry, periods));
    tasks.spawn(follow(keyring, periods));
}

/// Ticks now and then once in a period. What was late is not made up for.
fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn read_revocations(registry: Arc<TokenRegistry>, periods: Periods) {
    let mut pace = Pace::new(registry.watch(), periods);
    let mut failing = false;
    loop {
        pace.next().await;
        let entries = registry.counters().entries;
        let result = registry.sync().await;
        let has_changes = registry.counters().entries > entries;
        if pace.note(read(&result, has_changes)) {
            registry.note_missed_notice();
            tracing::warn!(event = "feed_notice_missed", "the feed is read more often for a minute");
        }
        log_listening(pace.news());
        match (&result, failing) {
            (Err(error), false) => tracing::error!(event = "feed_unreadable", %error),
            (Ok(()), true) => tracing::info!(event = "feed_readable_again"),
            _ => {}
        }
        failing = result.is_err();
    }
}

fn read<T, E>(result: &Result<T, E>, has_changes: bool) -> Read {
    match (result, has_changes) {
        (Err(_), _) => Read::Failed,
        (Ok(_), true) => Read::Changes,
        (Ok(_), false) => Read::Nothing,
    }
}

/// Says whether this node notices at once what others change.
fn log_listening(news: Option<bool>) {
    match news {
        Some(true) => tracing::info!(event = "feed_listening"),
        Some(false) => tracing::warn!(
            event = "feed_not_listening",
            "changes are read every revocation.poll_ms"
        ),
        None => {}
    }
}

/// Compares this machine's clock with the database's, and says when they begin and cease to differ.
async fn compare_clocks(registry: Arc<TokenRegistry>) {
    let mut ticks = every(CLOCKS_EVERY);
    let mut differed = false;
    loop {
        ticks.tick().await;
        // Where the database cannot be asked, other tasks say so.
        let Ok(Some(ahead_ms)) = registry.compare_clocks().await else {
            continue;
        };
        let differs = differs(ahead_ms);
        match (differs, differed) {
            (true, false) => tracing::warn!(event = "clock_differs", ahead_ms),
            (false, true) => tracing::info!(event = "clock_agrees", ahead_ms),
            _ => {}
        }
        differed = differs;
    }
}

/// Whether a difference is more than servers tolerate between each other.
fn differs(ahead_ms: i64) -> bool {
    u128::from(ahead_ms.unsigned_abs()) > CLOCK_SKEW.as_millis()
}

async fn check_store(store: Arc<StoreCheck>) {
    let mut ticks = every(CHECK_EVERY);
    loop {
        ticks.tick().await;
        store.run().await;
    }
}

async fn flush(registry: Arc<TokenRegistry>) {
    let mut ticks = every(FLUSH_EVERY);
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
        let mut pace = PurgePace::default();
        loop {
            let start = Instant::now();
            match registry.purge(pace.rows()).await {
                Ok(0) => break,
                // Also after less than a whole step: what was found twice is removed once.
                Ok(_) => sleep(pace.step_took(start.elapsed())).await,
                Err(error) => {
                    tracing::warn!(event = "purge_failed", %error);
                    break;
                }
            }
        }
    }
}

/// Reads the keys as often as the revocations: a stolen key's retirement is one.
async fn follow(keyring: Arc<Keyring>, periods: Periods) {
    let mut pace = Pace::new(keyring.watch(), periods);
    let mut logged = Vec::new();
    loop {
        pace.next().await;
        let result = keyring.reload().await;
        // A key's time may come, without a notice.
        pace.note(read(&result, false));
        logged = log(result, logged);
    }
}

/// Reads them as often: a disabled one is refused within a second.
async fn read_resource_servers(resource_servers: Arc<ResourceServerAuthenticator>, periods: Periods) {
    let mut pace = Pace::new(resource_servers.watch(), periods);
    let mut failing = false;
    loop {
        pace.next().await;
        let result = resource_servers.reload().await;
        pace.note(read(&result, false));
        match (&result, failing) {
            (Err(error), false) => tracing::error!(event = "resource_servers_unreadable", %error),
            (Ok(()), true) => tracing::info!(event = "resource_servers_readable_again"),
            _ => {}
        }
        failing = result.is_err();
    }
}

/// Logs what has changed, and what does not work: once, not at every reload. The answer is what does not work, as text.
fn log(outcome: Result<Reloaded, KeyringError>, logged: Vec<String>) -> Vec<String> {
    let reloaded = match outcome {
        Ok(reloaded) => reloaded,
        Err(error) => {
            let failing = vec![error.to_string()];
            if failing != logged {
                tracing::error!(event = "keys_not_reloaded", %error);
            }
            return failing;
        }
    };
    for changed in &reloaded.changed {
        tracing::info!(
            event = "keys_changed",
            flavour = changed.purpose.flavour(),
            keys = changed.verifying
        );
    }
    let mut failing = Vec::new();
    for failure in &reloaded.failures {
        let flavour = failure.purpose.flavour();
        let text = format!("{flavour}: {}", failure.error);
        if !logged.contains(&text) {
            tracing::error!(event = "keys_not_reloaded", flavour, error = %failure.error);
        }
        failing.push(text);
    }
    if failing.is_empty() && !logged.is_empty() {
        tracing::info!(event = "keys_readable_again");
    }
    failing
}

#[cfg(test)]
mod tests;
