//! Background tasks: read revocations, compare clocks, write last uses, remove expired records, load new signing keys,
//! seal the audit log.

mod audit;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{CLOCK_SKEW, TokenRegistry};
use consumer_auth::ResourceServerAuthenticator;
use keystore::{Keyring, KeyringError, Reloaded};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use crate::health::StoreCheck;

pub(crate) use audit::AuditTasks;
pub(crate) use pace::Periods;

use pace::{Pace, Read};

const CHECK_EVERY: Duration = Duration::from_secs(2);
const FLUSH_EVERY: Duration = Duration::from_secs(5);
const CLOCKS_EVERY: Duration = Duration::from_secs(10);
const PURGE_EVERY: Duration = Duration::from_secs(30);

/// The pause between two steps of a purge, in which other queries can use the database.
const BREATH: Duration = Duration::from_millis(50);
const PURGE_STEP: u32 = 500;

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
        periods: Periods,
    ) -> Self {
        let mut tasks = JoinSet::new();
        follow_revocations(&mut tasks, registry.clone(), keyring, periods);
        tasks.spawn(check_store(store));
        tasks.spawn(flush(registry.clone()));
        tasks.spawn(purge(registry.clone()));
        tasks.spawn(compare_clocks(registry.clone()));
        tasks.spawn(read_resource_servers(resource_servers, periods));
        audit.clone().start(&mut tasks);
        Self { tasks, registry, audit }
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
        loop {
            match registry.purge(PURGE_STEP).await {
                Ok(0) => break,
                // Also after less than a whole step: what was found twice is removed once.
                Ok(_) => sleep(BREATH).await,
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
mod tests {
    use std::io;
    use std::sync::Mutex;

    use auth_core::{Clock, RegistryLimits, SecretKey, SystemEntropy};
    use store_memory::MemoryStore;
    use testkit::{FailingStore, ManualClock};

    use super::*;
    use crate::config::RevocationSettings;

    /// A stolen key is refused elsewhere as soon as a revoked token is: its retirement is read at the same pace.
    #[tokio::test(start_paused = true)]
    async fn the_keys_are_read_as_often_as_the_revocations() {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new()));
        let master = SecretKey::from_bytes([9; 32]);
        let keyring = Arc::new(Keyring::new(
            store.clone(),
            &master,
            clock.clone(),
            Arc::new(SystemEntropy),
        ));
        let registry = Arc::new(TokenRegistry::new(store, clock.clone(), RegistryLimits::default()));
        let mut tasks = JoinSet::new();
        let periods = Periods::of(&RevocationSettings::default());
        follow_revocations(&mut tasks, registry.clone(), keyring.clone(), periods);
        for _ in 0..5 {
            clock.advance(Duration::from_secs(1));
            sleep(Duration::from_secs(1)).await;
            assert_eq!(keyring.health().read_at, Some(clock.monotonic()));
            assert_eq!(registry.staleness(), Some(Duration::ZERO));
        }
    }

    /// What is logged on this thread.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A wrong clock ends tokens early or late: an operator must hear of it, once, and when it is right again.
    #[tokio::test(start_paused = true)]
    async fn a_clock_that_differs_is_logged_when_it_begins_and_when_it_ends() {
        let (log, own) = (Log::default(), Arc::new(ManualClock::new()));
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let _logged = tracing::subscriber::set_default(subscriber.finish());
        let store = FailingStore::new(Arc::new(MemoryStore::new())).with_clock(Arc::new(ManualClock::new()));
        let registry = TokenRegistry::new(Arc::new(store), own.clone(), RegistryLimits::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(compare_clocks(Arc::new(registry)));
        let round = async || {
            sleep(CLOCKS_EVERY + Duration::from_millis(1)).await;
            let text = log.text();
            ["clock_differs", "clock_agrees"].map(|event| text.matches(event).count())
        };
        assert_eq!(round().await, [0, 0]);
        own.set(ManualClock::START.minus(Duration::from_secs(6)));
        assert_eq!(round().await, [1, 0]);
        assert_eq!(round().await, [1, 0]);
        assert!(log.text().contains("ahead_ms=-6000"), "{}", log.text());
        own.set(ManualClock::START.plus(Duration::from_secs(5)));
        assert_eq!(round().await, [1, 1]);
    }

    #[test]
    fn a_clock_differs_beyond_what_servers_tolerate_in_either_direction() {
        assert!(!differs(0) && !differs(5000) && !differs(-5000));
        assert!(differs(5001) && differs(-5001) && differs(i64::MIN));
    }

    #[test]
    fn what_does_not_work_is_logged_when_it_begins() {
        let failing = log(Err(KeyringError::NothingToReplace), Vec::new());
        assert_eq!(failing, [KeyringError::NothingToReplace.to_string()]);
        assert!(log(Ok(Reloaded::default()), failing).is_empty());
    }
}
