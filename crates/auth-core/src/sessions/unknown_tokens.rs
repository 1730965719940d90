//! A bound on the reads that unknown tokens cause.
//!
//! Whoever presents a text that names no cached record makes the server read its store, with no proof of anything. So
//! each source has an allowance of such reads that find nothing; and what was found unknown is remembered for a moment.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::client_network::ClientNetwork;
use crate::contract::clock::Clock;
use crate::contract::error::Unavailable;
use crate::contract::secret::TokenDigest;

/// How many reads a source may cause at once that find nothing.
const BURST: u32 = 200;

/// After how long it gets one of them back.
const REFILL: Duration = Duration::from_millis(50);

/// How many sources are counted, each for itself. Further ones share an allowance.
const SOURCES: usize = 10_000;

/// How often what is over is looked for and forgotten, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How many unknown tokens are remembered.
const REMEMBERED: usize = 10_000;

/// For how long.
const REMEMBER: Duration = Duration::from_secs(10);

/// What unknown tokens may cost, by source.
#[derive(Debug)]
pub struct UnknownTokens {
    clock: Arc<dyn Clock>,
    sources: Mutex<Sources>,
    remembered: Mutex<Remembered>,
    refused: AtomicU64,
}

/// The digests of unknown tokens, each with the time until which it is remembered.
#[derive(Debug, Default)]
struct Remembered {
    texts: HashMap<[u8; 32], Duration>,
    swept_at: Duration,
}

/// What each source has spent; those without a place of their own share the one of `None`.
#[derive(Debug, Default)]
struct Sources {
    spent: HashMap<Option<ClientNetwork>, Spent>,
    swept_at: Duration,
}

/// What a source has spent of its allowance, and when that was true.
#[derive(Clone, Copy, Debug)]
struct Spent {
    reads: u32,
    at: Duration,
}

impl UnknownTokens {
    /// Every source has its whole allowance.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            sources: Mutex::default(),
            remembered: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Takes one read of a source's allowance. Give it [`back`](Self::give_back) when the token was known.
    ///
    /// # Errors
    /// [`Unavailable::TooManyUnknown`]: it has none left, and nothing may be read for it.
    pub fn take(&self, source: IpAddr) -> Result<(), Unavailable> {
        let now = self.clock.monotonic();
        let mut sources = lock(&self.sources);
        let spent = sources.of(source, now);
        match spent.reads < BURST {
            true => {
                spent.reads += 1;
                Ok(())
            }
            false => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(Unavailable::TooManyUnknown)
            }
        }
    }

    /// Gives back what was taken: the token was known.
    pub fn give_back(&self, source: IpAddr) {
        let now = self.clock.monotonic();
        let mut sources = lock(&self.sources);
        let spent = sources.of(source, now);
        spent.reads = spent.reads.saturating_sub(1);
    }

    /// How many reads were refused, for metrics.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether this token was found unknown a moment ago. It is the digest of the whole token that counts, never a number
    /// in it: numbers are given in order, and the next one may be issued at any moment by another node.
    pub(crate) fn remembers(&self, token: &TokenDigest) -> bool {
        let now = self.clock.monotonic();
        lock(&self.remembered)
            .texts
            .get(token.as_bytes())
            .is_some_and(|until| *until > now)
    }

    /// Remembers that this token is unknown.
    pub(crate) fn remember(&self, token: &TokenDigest) {
        let now = self.clock.monotonic();
        let mut remembered = lock(&self.remembered);
        if remembered.texts.len() >= REMEMBERED && now.saturating_sub(remembered.swept_at) >= SWEEP_EVERY {
            remembered.texts.retain(|_, until| *until > now);
            remembered.swept_at = now;
        }
        if remembered.texts.len() < REMEMBERED {
            remembered.texts.insert(*token.as_bytes(), now + REMEMBER);
        }
    }

    /// Forgets what was found unknown: the store has other data now.
    pub(crate) fn forget(&self) {
        lock(&self.remembered).texts.clear();
    }
}

impl Sources {
    /// What this source has spent by now.
    fn of(&mut self, source: IpAddr, now: Duration) -> &mut Spent {
        let mut key = Some(ClientNetwork::from(source));
        if self.spent.len() >= SOURCES && !self.spent.contains_key(&key) {
            self.sweep(now);
            key = key.filter(|_| self.spent.len() < SOURCES);
        }
        let spent = self.spent.entry(key).or_insert(Spent { reads: 0, at: now });
        *spent = refilled(*spent, now);
        spent
    }

    /// Forgets the sources that have their whole allowance. It looks at all of them, so it is done now and then.
    fn sweep(&mut self, now: Duration) {
        if now.saturating_sub(self.swept_at) >= SWEEP_EVERY {
            self.spent.retain(|_, spent| refilled(*spent, now).reads > 0);
            self.swept_at = now;
        }
    }
}

fn refilled(spent: Spent, now: Duration) -> Spent {
    let periods = now.saturating_sub(spent.at).as_millis() / REFILL.as_millis();
    let periods = u32::try_from(periods).unwrap_or(u32::MAX);
    match spent.reads.checked_sub(periods) {
        Some(reads) if reads > 0 => Spent {
            reads,
            at: spent.at + REFILL * periods,
        },
        _ => Spent { reads: 0, at: now },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
