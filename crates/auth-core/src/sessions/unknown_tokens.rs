//! A bound on the reads that unknown tokens cause.
//!
//! A client that presents a text that names no cached record makes the server read its store, with no proof of anything. So
//! each source has an allowance of such reads that find nothing; and what was found unknown is remembered for a moment.
//! A read that finds something costs nothing, nor does one that was given up: what is bounded then is how many of one
//! source are under way at once, and the others wait.

mod allowances;
mod under_way;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::client_network::ClientNetwork;
use crate::contract::clock::Clock;
use crate::contract::error::Unavailable;
use crate::contract::secret::TokenDigest;

use allowances::Allowances;
use under_way::{Reads, UnderWay};

/// How often what is over is looked for and forgotten, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How many unknown tokens are remembered.
const REMEMBERED: usize = 10_000;

/// For how long.
const REMEMBER: Duration = Duration::from_secs(10);

/// What unknown tokens may cost, by source.
///
/// A source is an IPv4 address or an IPv6 /64. The /56 and the /48 that a /64 is part of have allowances too, 3 and 10
/// times as large: a holder of a /48 has 65,536 networks of the size /64.
#[derive(Debug)]
pub struct UnknownTokens {
    clock: Arc<dyn Clock>,
    allowances: Mutex<Allowances>,
    reads: Reads,
    remembered: Mutex<Remembered>,
    refused: AtomicU64,
}

/// The digests of unknown tokens, each with the time until which it is remembered.
#[derive(Debug, Default)]
struct Remembered {
    texts: HashMap<[u8; 32], Duration>,
    swept_at: Duration,
    /// How often all of them were forgotten.
    forgotten: u64,
}

/// One read for a source, of a token that may be unknown. Dropped, it has cost nothing.
#[derive(Debug)]
#[must_use = "keep it until the token was looked up"]
pub struct UnknownRead<'a> {
    unknown: &'a UnknownTokens,
    source: ClientNetwork,
    _under_way: UnderWay<'a>,
}

impl UnknownTokens {
    /// Every source has its whole allowance.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            allowances: Mutex::default(),
            reads: Reads::default(),
            remembered: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// Begins a read for a source, as soon as fewer than 200 of its reads are under way. Say
    /// [`found_nothing`](UnknownRead::found_nothing) when the token was unknown.
    ///
    /// # Errors
    /// [`Unavailable::TooManyUnknown`]: its allowance is used up, or too many of its reads wait. Nothing may be read for
    /// it.
    pub async fn read(&self, source: IpAddr) -> Result<UnknownRead<'_>, Unavailable> {
        let source = ClientNetwork::from(source);
        self.refuse_exhausted(source)?;
        let Some(under_way) = self.reads.begin(source).await else {
            return Err(self.too_many());
        };
        // Those that were under way may have found nothing meanwhile.
        self.refuse_exhausted(source)?;
        Ok(UnknownRead {
            unknown: self,
            source,
            _under_way: under_way,
        })
    }

    fn refuse_exhausted(&self, source: ClientNetwork) -> Result<(), Unavailable> {
        match lock(&self.allowances).is_used_up(source, self.clock.monotonic()) {
            true => Err(self.too_many()),
            false => Ok(()),
        }
    }

    fn too_many(&self) -> Unavailable {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Unavailable::TooManyUnknown
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

    /// How often what was found unknown was forgotten. Ask before a token is looked up, for
    /// [`remember_since`](Self::remember_since).
    pub(crate) fn forgotten(&self) -> u64 {
        lock(&self.remembered).forgotten
    }

    /// Remembers that this token is unknown.
    pub(crate) fn remember(&self, token: &TokenDigest) {
        self.remember_since(token, self.forgotten());
    }

    /// The same, unless everything was [forgotten](Self::forget) since then: the token may have become known while it was looked
    /// up.
    pub(crate) fn remember_since(&self, token: &TokenDigest, forgotten: u64) {
        let now = self.clock.monotonic();
        let mut remembered = lock(&self.remembered);
        if remembered.forgotten != forgotten {
            return;
        }
        if remembered.texts.len() >= REMEMBERED && now.saturating_sub(remembered.swept_at) >= SWEEP_EVERY {
            remembered.texts.retain(|_, until| *until > now);
            remembered.swept_at = now;
        }
        if remembered.texts.len() < REMEMBERED {
            remembered.texts.insert(*token.as_bytes(), now + REMEMBER);
        }
    }

    /// Forgets what was found unknown: the store has other data now, or more.
    pub(crate) fn forget(&self) {
        let mut remembered = lock(&self.remembered);
        remembered.texts.clear();
        remembered.forgotten += 1;
    }
}

impl UnknownRead<'_> {
    /// The token was unknown: the read counts against the source's allowance.
    pub fn found_nothing(self) {
        let now = self.unknown.clock.monotonic();
        lock(&self.unknown.allowances).take_one(self.source, now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::clock::SystemClock;

    #[test]
    fn a_token_that_may_have_become_known_during_its_look_up_is_not_remembered() {
        let unknown = UnknownTokens::new(Arc::new(SystemClock::new()));
        let token = TokenDigest::of(b"a token");
        let before = unknown.forgotten();
        unknown.forget();
        unknown.remember_since(&token, before);
        assert!(!unknown.remembers(&token));
        unknown.remember_since(&token, unknown.forgotten());
        assert!(unknown.remembers(&token));
        unknown.forget();
        assert!(!unknown.remembers(&token));
    }
}
