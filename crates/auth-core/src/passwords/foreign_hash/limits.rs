//! What one check of another system's hash may cost.

use super::ForeignHashError;

/// The most memory of one check: 128 MiB.
const MEMORY: u64 = 128 << 20;

/// The most memory that one check writes in all its passes: 512 MiB.
const WRITTEN: u64 = 512 << 20;

/// The most rounds of PBKDF2.
const ROUNDS: u64 = 4_000_000;

/// Checks what a memory-hard scheme needs: `bytes` of memory, written `times` over.
pub(super) fn check_memory(bytes: u64, times: u64) -> Result<(), ForeignHashError> {
    at_most("the memory in bytes", bytes, MEMORY)?;
    at_most(
        "the memory written in all passes, in bytes",
        bytes.saturating_mul(times),
        WRITTEN,
    )
}

/// Checks how often PBKDF2 repeats.
pub(super) fn check_rounds(rounds: u64) -> Result<(), ForeignHashError> {
    at_most("the number of rounds", rounds, ROUNDS)
}

fn at_most(what: &'static str, given: u64, most: u64) -> Result<(), ForeignHashError> {
    match given <= most {
        true => Ok(()),
        false => Err(ForeignHashError::TooCostly { what, given, most }),
    }
}
