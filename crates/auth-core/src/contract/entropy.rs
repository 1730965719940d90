//! Randomness. Everything else gets it passed in; only this module reads the system's random source.

use std::fmt;

/// The random source failed. The operation fails with it: no token is ever made of what was in a buffer before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source failed")]
pub struct EntropyError;

/// A source of random bytes.
pub trait Entropy: fmt::Debug + Send + Sync + 'static {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// When the source gives fewer bytes. The content of `bytes` must not be used then.
    ///
    /// # Security
    /// Secrets are made of these bytes alone: an implementation outside tests must be the operating system's source.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(clippy::disallowed_methods, reason = "this is the one reader of the random source")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// `N` random bytes.
///
/// # Errors
/// When the source fails.
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
