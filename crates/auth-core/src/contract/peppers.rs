//! Opens the peppers in stored hashes.

use std::fmt;

use zeroize::Zeroizing;

/// Opens the peppers in stored hashes: secrets that another system appended to each password before it hashed it. A pepper is
/// sealed at rest, in each hash that was made with it.
pub trait PepperOpener: fmt::Debug + Send + Sync + 'static {
    /// The pepper in these bytes; `None` if they were not sealed under this server's key.
    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// Opens nothing: hashes with a pepper are unusable.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPeppers;

impl PepperOpener for NoPeppers {
    fn open(&self, _sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        None
    }
}
