//! The same counter for anything else that is guessed at: consumer keys, resource servers.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::entropy::{Entropy, EntropyError};
use crate::secret::SecretKey;

use super::allowance::Allowance;
use super::meter::Meter;
use super::{Throttled, key_of, micros};

/// Failures of one kind, by whatever names the one who fails, in bounded memory.
///
/// Ask [`refuse_locked`](Self::refuse_locked) before the work and [`count`](Self::count) after a failure. Both may
/// refuse: guesses that ran side by side all passed the first, and the second lets through only as many as are allowed.
#[derive(Debug)]
pub struct RateLimit {
    clock: Arc<dyn Clock>,
    key: SecretKey,
    meter: Mutex<Meter>,
}

impl RateLimit {
    /// A limit that keeps about `capacity` names (16 bytes each).
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(
        allowance: Allowance,
        capacity: usize,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> Result<Self, EntropyError> {
        Ok(Self {
            clock,
            key: SecretKey::random(entropy)?,
            meter: Mutex::new(Meter::new(allowance, capacity)),
        })
    }

    /// Refuses somebody who has failed too often.
    ///
    /// # Errors
    /// [`Throttled`].
    pub fn refuse_locked(&self, who: &[u8]) -> Result<(), Throttled> {
        let (key, now) = (key_of(&self.key, &[who]), micros(&*self.clock));
        Throttled::if_any([self.meter().wait(key, now)])
    }

    /// Counts a failure.
    ///
    /// # Errors
    /// [`Throttled`] when others have used up the allowance meanwhile: the outcome must then not be told.
    pub fn count(&self, who: &[u8]) -> Result<(), Throttled> {
        let (key, now) = (key_of(&self.key, &[who]), micros(&*self.clock));
        let mut meter = self.meter();
        Throttled::if_any([meter.wait(key, now)])?;
        meter.add(key, now);
        Ok(())
    }

    /// Forgets the failures of somebody who has succeeded.
    pub fn forget(&self, who: &[u8]) {
        let key = key_of(&self.key, &[who]);
        self.meter().reset(key);
    }

    fn meter(&self) -> std::sync::MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
