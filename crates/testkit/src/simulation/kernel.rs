//! Virtual time and chance: all that happens in a simulation depends on these alone.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The time, the sleepers and the seeded chance of one simulation.
pub(super) struct Kernel(Mutex<State>);

struct State {
    now: Duration,
    /// The state of SplitMix64.
    chance: u64,
    /// Those who sleep, by the time at which they wake.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    sleeps: u64,
    calm: bool,
}

impl Kernel {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            now: Duration::from_secs(1),
            chance: seed,
            sleepers: BTreeMap::new(),
            sleeps: 0,
            calm: false,
        })))
    }

    pub(super) fn now(&self) -> Duration {
        self.state().now
    }

    /// The time of an event. No two events have the same, so that of any two one was first.
    pub(super) fn event(&self) -> Duration {
        let mut state = self.state();
        state.now += Duration::from_nanos(1);
        state.now
    }

    /// Lets time pass at once, as for a machine that was asleep.
    pub(super) fn jump(&self, by: Duration) {
        self.state().now += by;
    }

    /// From now on nothing fails and nothing is slow.
    pub(super) fn calm_down(&self) {
        self.state().calm = true;
    }

    pub(super) fn is_calm(&self) -> bool {
        self.state().calm
    }

    pub(super) fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        Sleep {
            until: self.now() + time,
            kernel: self.clone(),
        }
    }

    /// Moves to the next moment at which somebody wakes, and wakes all who are due. `false` if nobody sleeps.
    pub(super) fn wake_next(&self) -> bool {
        let mut state = self.state();
        let Some((&(first, _), _)) = state.sleepers.first_key_value() else {
            return false;
        };
        state.now = state.now.max(first);
        let now = state.now;
        let later = state.sleepers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
        true
    }

    /// A number below `limit`.
    pub(super) fn below(&self, limit: usize) -> usize {
        (self.draw() % limit.max(1) as u64) as usize
    }

    /// Whether something happens that does so once in `n` times.
    pub(super) fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn up_to(&self, longest: Duration) -> Duration {
        Duration::from_micros(self.draw() % (longest.as_micros() as u64).max(1))
    }

    fn draw(&self) -> u64 {
        let mut state = self.state();
        state.chance = state.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({:?})", self.now())
    }
}

/// Ready at a moment of virtual time.
pub(super) struct Sleep {
    until: Duration,
    kernel: Arc<Kernel>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.kernel.state();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.sleeps += 1;
        let place = (self.until, state.sleeps);
        state.sleepers.insert(place, context.waker().clone());
        Poll::Pending
    }
}
