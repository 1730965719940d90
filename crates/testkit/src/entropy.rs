//! A random source with repeatable bytes, and one that fails.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use auth_core::{Entropy, EntropyError, SecretKey};

/// The same bytes in every run: HMAC-SHA-256 of a counter under the seed.
pub struct SeededEntropy {
    seed: SecretKey,
    blocks: AtomicU64,
}

impl SeededEntropy {
    /// A source whose bytes depend on `seed` only.
    pub fn new(seed: u8) -> Self {
        Self {
            seed: SecretKey::from_bytes([seed; 32]),
            blocks: AtomicU64::new(0),
        }
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededEntropy")
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(32) {
            let block = self.blocks.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&self.seed.mac(&[&block.to_be_bytes()])[..chunk.len()]);
        }
        Ok(())
    }
}

/// A source that fails on demand, and counts how often it failed. A failed call leaves the buffer unchanged, as a failed
/// system call does.
#[derive(Debug)]
pub struct FailingEntropy {
    inner: SeededEntropy,
    failing: AtomicBool,
    refused: AtomicU64,
}

impl FailingEntropy {
    /// A source that works until [`fail`](Self::fail) is called.
    pub fn new(seed: u8) -> Self {
        Self {
            inner: SeededEntropy::new(seed),
            failing: AtomicBool::new(false),
            refused: AtomicU64::new(0),
        }
    }

    /// Fails from now on, or works again.
    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// The number of failed draws.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }
}

impl Entropy for FailingEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.failing.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(EntropyError);
        }
        self.inner.fill(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_core::random_bytes;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_never_repeats_them() {
        let (one, same, other) = (SeededEntropy::new(1), SeededEntropy::new(1), SeededEntropy::new(2));
        let draw = |entropy: &SeededEntropy| random_bytes::<48>(entropy).unwrap();
        let first = draw(&one);
        assert_eq!(first, draw(&same));
        assert_ne!(first, draw(&other));
        assert_ne!(first, draw(&one));
    }

    #[test]
    fn it_fails_on_demand() {
        let entropy = FailingEntropy::new(1);
        entropy.fail(true);
        assert_eq!(random_bytes::<4>(&entropy), Err(EntropyError));
        entropy.fail(false);
        assert!(random_bytes::<4>(&entropy).is_ok());
        assert_eq!(entropy.refused(), 1);
    }
}
