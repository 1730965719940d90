//! How much a consumer may ask for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::Clock;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How much each consumer may ask of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Calls with the right key and token.
    pub calls_per_minute: u32,
    /// Clients that it vouches for the first time. Calls at once for one new client count once each.
    pub clients_per_hour: u32,
}

impl Default for QuotaLimits {
    /// 60,000 calls a minute, 10,000 new clients an hour: far above what partners need, and a bound for one that runs wild.
    fn default() -> Self {
        Self {
            calls_per_minute: 60_000,
            clients_per_hour: 10_000,
        }
    }
}

/// A consumer has asked for more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the consumer is over its quota; again in {} s", retry_after.as_secs_f32().ceil())]
pub struct OverQuota {
    /// After how long it may ask again. For a client: in whole seconds, rounded up.
    pub retry_after: Duration,
}

/// What each consumer has asked for, in windows that begin with its first call and follow one another.
///
/// The counts are this node's, and begin anew when it restarts. There is an entry for each consumer that has shown its
/// token: as many as there are consumers.
#[derive(Debug)]
pub struct Quotas {
    limits: QuotaLimits,
    clock: Arc<dyn Clock>,
    used: Mutex<HashMap<String, Used>>,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    calls: Window,
    clients: Window,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Duration,
    count: u32,
}

impl Quotas {
    /// Quotas of which nothing is used yet.
    pub fn new(limits: QuotaLimits, clock: Arc<dyn Clock>) -> Self {
        Self {
            limits,
            clock,
            used: Mutex::default(),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`OverQuota`]: it is not counted.
    pub(crate) fn take_call(&self, consumer: &str) -> Result<(), OverQuota> {
        let limit = self.limits.calls_per_minute;
        self.with(consumer, |used, now| used.calls.take(limit, MINUTE, now))
    }

    /// Counts a client.
    ///
    /// # Errors
    /// [`OverQuota`]: it is not counted.
    pub(crate) fn take_client(&self, consumer: &str) -> Result<(), OverQuota> {
        let limit = self.limits.clients_per_hour;
        self.with(consumer, |used, now| used.clients.take(limit, HOUR, now))
    }

    fn with<T>(&self, consumer: &str, take: impl FnOnce(&mut Used, Duration) -> T) -> T {
        let now = self.clock.monotonic();
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = Window { began: now, count: 0 };
        let used = all.entry(consumer.to_owned()).or_insert(Used {
            calls: unused,
            clients: unused,
        });
        take(used, now)
    }
}

impl Window {
    fn take(&mut self, limit: u32, length: Duration, now: Duration) -> Result<(), OverQuota> {
        let passed = now.saturating_sub(self.began);
        if passed >= length {
            *self = Self { began: now, count: 0 };
        } else if self.count >= limit {
            let retry_after = length.saturating_sub(passed);
            return Err(OverQuota { retry_after });
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}
