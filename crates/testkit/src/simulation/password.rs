//! Stored passwords: the simulation hashes nothing.

use std::fmt;

/// What is stored of a password: its number, and whether it is to be hashed again at a higher cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash {
    pub(super) is_weak: bool,
    pub(super) password: u64,
}

impl Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (cost, password) = text.split_once('$')?;
        Some(Self {
            is_weak: cost == "weak",
            password: password.parse().ok()?,
        })
    }

    /// The same password at the higher cost, if it has the lower.
    pub(super) fn upgraded(self) -> Option<Self> {
        self.is_weak.then_some(Self { is_weak: false, ..self })
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cost = if self.is_weak { "weak" } else { "strong" };
        write!(f, "{cost}${}", self.password)
    }
}
