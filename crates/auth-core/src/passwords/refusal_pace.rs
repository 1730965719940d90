//! When refused sign-ins are answered: at a bounded rate, so that refusing does not take the cores from hashing.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The limits of a [`RefusalPace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalLimits {
    /// How many refusals are answered in a second, while none is as late as `latest`; at least 1.
    pub per_second: u32,
    /// How late a refusal is answered at most.
    pub latest: Duration,
    /// How many refusals may wait for their answer.
    pub waiting: usize,
}

impl Default for RefusalLimits {
    /// 300 a second, 6 s late at most, 20,000 waiting.
    fn default() -> Self {
        Self {
            per_second: 300,
            latest: Duration::from_secs(6),
            waiting: 20_000,
        }
    }
}

/// Spreads the answers to refused sign-ins over time.
///
/// A client that ignores `Retry-After` sends its next request as soon as it has the answer to the last one. Answered at
/// once, a few such clients take all cores: a refusal is cheap, but there are many thousands of them a second, and
/// hashing, which has a lower priority, comes to a halt. Answered late, each of them waits, and a waiting client costs
/// memory only.
///
/// # Contract
/// * A refusal is as late as it takes, at `per_second`, to answer those that wait already and this one. So a client that
///   comes back at once is answered `per_second` times in a second, and of many clients each waits for the others.
/// * None is later than `latest`. So the rate stays bounded for up to `per_second` × `latest` clients, and grows slowly
///   with each client beyond.
/// * A client that goes away makes the next refusals less late.
/// * When `waiting` refusals wait, the next one is to be answered at once, and its connection closed.
///
/// It keeps a number; the caller does the waiting, which has no purpose any more once
/// [hashing is idle](crate::PasswordHasher::idle).
///
/// ```
/// use std::time::Duration;
///
/// use auth_core::{RefusalLimits, RefusalPace};
///
/// let pace = RefusalPace::new(RefusalLimits { per_second: 1, ..RefusalLimits::default() });
/// let first = pace.enter().expect("there is room");
/// let second = pace.enter().expect("there is room");
/// assert_eq!(first.time(), Duration::from_secs(1));
/// assert_eq!(second.time(), Duration::from_secs(2));
/// ```
#[derive(Debug)]
pub struct RefusalPace {
    limits: RefusalLimits,
    waiting: AtomicUsize,
}

/// A refusal that waits for its answer. Keep it until then.
#[derive(Debug)]
#[must_use = "wait before the answer, and keep this meanwhile"]
pub struct LateRefusal {
    pace: Arc<RefusalPace>,
    time: Duration,
}

impl RefusalPace {
    /// A pace at which nothing waits.
    pub fn new(limits: RefusalLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            waiting: AtomicUsize::new(0),
        })
    }

    /// Something is refused: how long to wait before it is answered. `None` when too many wait already.
    pub fn enter(self: &Arc<Self>) -> Option<LateRefusal> {
        let one_more = |waiting: usize| (waiting < self.limits.waiting).then_some(waiting + 1);
        let before = self.waiting.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        let waiting = u32::try_from(before + 1).unwrap_or(u32::MAX);
        let time = Duration::from_secs(1).saturating_mul(waiting) / self.limits.per_second.max(1);
        Some(LateRefusal {
            pace: self.clone(),
            time: time.min(self.limits.latest),
        })
    }

    /// How many refusals wait for their answer.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }
}

impl LateRefusal {
    /// How long to wait before the answer.
    pub const fn time(&self) -> Duration {
        self.time
    }
}

impl Drop for LateRefusal {
    fn drop(&mut self) {
        self.pace.waiting.fetch_sub(1, Relaxed);
    }
}
