//! The cost of a hash.

use core::fmt;
use core::ops::RangeInclusive;

/// The cost of a bcrypt hash: each step up doubles the work, from 4 to 31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cost(u8);

impl Cost {
    /// The lowest cost that bcrypt has; for tests only.
    pub const LOWEST: Self = Self(4);

    /// The highest cost that bcrypt has: days of work.
    pub const HIGHEST: Self = Self(31);

    /// The costs to accept in stored hashes by default: 4 to 16.
    ///
    /// # Security
    /// A forged or damaged row with a high cost would keep a core busy for minutes or days. The upper limit prevents this.
    pub const ACCEPTED: RangeInclusive<Self> = Self(4)..=Self(16);

    /// The cost for `exponent`, the number printed in a hash.
    ///
    /// # Errors
    /// [`CostOutOfRange`] below 4 and above 31.
    pub const fn new(exponent: u32) -> Result<Self, CostOutOfRange> {
        if Self::LOWEST.0 as u32 <= exponent && exponent <= Self::HIGHEST.0 as u32 {
            Ok(Self(exponent as u8))
        } else {
            Err(CostOutOfRange { exponent })
        }
    }

    /// The number printed in a hash.
    pub const fn exponent(self) -> u32 {
        self.0 as u32
    }

    /// How often the key and the salt are mixed in: two to the power of the exponent.
    pub(crate) const fn rounds(self) -> u32 {
        1 << self.0
    }
}

/// A number that is not a bcrypt cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CostOutOfRange {
    /// The number given.
    pub exponent: u32,
}

impl fmt::Display for CostOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a bcrypt cost is 4 to 31, not {}", self.exponent)
    }
}

impl core::error::Error for CostOutOfRange {}

#[cfg(test)]
mod tests {
    use super::{Cost, CostOutOfRange};

    #[test]
    fn costs_are_4_to_31() {
        let accepted: Vec<u32> = (0..100).filter(|&exponent| Cost::new(exponent).is_ok()).collect();
        assert_eq!(accepted, (4..=31).collect::<Vec<_>>());
        assert_eq!(Cost::new(260), Err(CostOutOfRange { exponent: 260 }));
    }

    #[test]
    fn each_step_doubles_the_rounds() {
        assert_eq!(Cost::LOWEST.rounds(), 16);
        assert_eq!(Cost::HIGHEST.rounds(), 0x8000_0000);
    }
}
