//! When refused sign-ins are answered: at a bounded rate, so that refusing does not take the cores from hashing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::clock::Clock;

/// The limits of a [`RefusalPace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalLimits {
    /// How many refusals are answered in a second, while none is as late as `latest`.
    pub per_second: u32,
    /// How late a refusal is answered at most.
    pub latest: Duration,
    /// How many refusals may wait for their answer.
    pub waiting: usize,
}

impl Default for RefusalLimits {
    /// 1,000 a second, 1.5 s late at most, 20,000 waiting.
    fn default() -> Self {
        Self {
            per_second: 1000,
            latest: Duration::from_millis(1500),
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
/// * Up to `per_second` refusals a second are answered at once; beyond that each is later than the one before it.
/// * None is later than `latest`. So the rate stays bounded for up to `per_second` × `latest` clients, and grows slowly
///   with each client beyond.
/// * When `waiting` refusals wait, the next one is to be answered at once, and its connection closed.
///
/// It keeps a number, and reads the clock; the caller does the waiting.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use auth_core::{RefusalLimits, RefusalPace, SystemClock};
///
/// let limits = RefusalLimits { per_second: 1, ..RefusalLimits::default() };
/// let pace = RefusalPace::new(limits, Arc::new(SystemClock::new()));
/// let first = pace.enter().expect("there is room");
/// let second = pace.enter().expect("there is room");
/// assert_eq!(first.time(), Duration::ZERO);
/// assert!(second.time() > Duration::from_millis(500));
/// ```
#[derive(Debug)]
pub struct RefusalPace {
    limits: RefusalLimits,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next refusal is to be answered, by the monotonic clock.
    next: Duration,
    waiting: usize,
}

/// A refusal that waits for its answer. Keep it until then.
#[derive(Debug)]
#[must_use = "wait before the answer, and keep this meanwhile"]
pub struct LateRefusal {
    pace: Arc<RefusalPace>,
    time: Duration,
}

impl RefusalPace {
    /// A pace at which nothing was refused yet.
    pub fn new(limits: RefusalLimits, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            clock,
            state: Mutex::default(),
        })
    }

    /// Something is refused: how long to wait before it is answered. `None` when too many wait already.
    pub fn enter(self: &Arc<Self>) -> Option<LateRefusal> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if state.waiting >= self.limits.waiting {
            return None;
        }
        let latest = now + self.limits.latest;
        let at = state.next.clamp(now, latest);
        state.next = latest.min(at + Duration::from_secs(1) / self.limits.per_second.max(1));
        state.waiting += 1;
        Some(LateRefusal {
            pace: self.clone(),
            time: at - now,
        })
    }

    /// How many refusals wait for their answer.
    pub fn waiting(&self) -> usize {
        self.state().waiting
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.pace.state().waiting -= 1;
    }
}
