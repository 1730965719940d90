//! The cost of new hashes.

use bcrypt_batch::Cost;

/// The bcrypt cost of new hashes, which is also the work of every sign-in: 12 by default. Each step up doubles the work,
/// for the server as for an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashCost(Cost);

/// A number outside the costs allowed for new hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cost of passwords must be {} to {}, not {given}",
    HashCost::LEAST,
    HashCost::MOST
)]
pub struct HashCostError {
    /// The number given.
    pub given: u32,
}

impl HashCost {
    /// The lowest cost outside tests (OWASP Password Storage Cheat Sheet).
    pub const LEAST: u32 = 10;

    /// The highest: 16 times the work of the default, several seconds for each sign-in.
    pub const MOST: u32 = 16;

    const DEFAULT: u32 = 12;

    /// Checks a configured cost.
    ///
    /// # Errors
    /// [`HashCostError`] outside [`Self::LEAST`] to [`Self::MOST`].
    pub const fn new(cost: u32) -> Result<Self, HashCostError> {
        match cost >= Self::LEAST {
            true => Self::dangerous_for_tests(cost),
            false => Err(HashCostError { given: cost }),
        }
    }

    /// A cost down to 4, a 256th of the default's work.
    ///
    /// # Errors
    /// [`HashCostError`] outside 4 to [`Self::MOST`].
    ///
    /// # Security
    /// For tests only: a stolen hash of such a cost can be attacked many times faster.
    pub const fn dangerous_for_tests(cost: u32) -> Result<Self, HashCostError> {
        match Cost::new(cost) {
            Ok(checked) if cost <= Self::MOST => Ok(Self(checked)),
            _ => Err(HashCostError { given: cost }),
        }
    }

    /// The number, as a hash shows it.
    pub const fn exponent(self) -> u32 {
        self.0.exponent()
    }

    pub(super) const fn get(self) -> Cost {
        self.0
    }
}

impl Default for HashCost {
    fn default() -> Self {
        const COST: HashCost = match HashCost::new(HashCost::DEFAULT) {
            Ok(cost) => cost,
            Err(_) => panic!("the default is in range"),
        };
        COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_10_to_16() {
        let accepted: Vec<u32> = (0..100).filter(|&cost| HashCost::new(cost).is_ok()).collect();
        assert_eq!(accepted, (10..=16).collect::<Vec<_>>());
        assert_eq!(HashCost::default().exponent(), 12);
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let error = HashCost::new(9).unwrap_err();
        assert_eq!(error.to_string(), "the cost of passwords must be 10 to 16, not 9");
    }
}
