//! A command waits for others in its way, as the server does: a person should not have to try again.

use std::time::Duration;

use auth_core::{SealError, SetPasswordError, StoreError, Unavailable};
use keystore::KeyringError;

/// After which pauses an operation is tried again that the database was too busy for: some 13 s in all.
const PAUSES: [u64; 8] = [50, 100, 200, 400, 800, 1600, 3200, 6400];

/// Does something in the database, and again while that is too busy. What was too busy has not happened.
pub async fn patiently<T, E: MayBeBusy>(operation: impl AsyncFn() -> Result<T, E>) -> Result<T, E> {
    retried(&PAUSES.map(Duration::from_millis), operation).await
}

/// The error of something that is done in the database.
pub trait MayBeBusy {
    /// Whether the database was too busy: nothing has happened.
    fn is_busy(&self) -> bool;
}

impl MayBeBusy for StoreError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}

impl MayBeBusy for KeyringError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}

impl MayBeBusy for SealError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}

impl MayBeBusy for SetPasswordError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Unavailable(Unavailable::Store(error)) if error.is_busy())
    }
}

async fn retried<T, E: MayBeBusy>(pauses: &[Duration], operation: impl AsyncFn() -> Result<T, E>) -> Result<T, E> {
    for pause in pauses {
        match operation().await {
            Err(error) if error.is_busy() => tokio::time::sleep(*pause).await,
            outcome => return outcome,
        }
    }
    operation().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn tried(answers: &[Result<u8, StoreError>]) -> (Result<u8, StoreError>, usize) {
        let tries = Cell::new(0);
        let outcome = retried(&[Duration::ZERO; 3], async || {
            let answer = answers[tries.get()].clone();
            tries.set(tries.get() + 1);
            answer
        });
        (outcome.await, tries.get())
    }

    /// As long as a server's purge, or another command that revokes everything, may take.
    #[tokio::test(start_paused = true)]
    async fn a_database_that_is_busy_for_seconds_is_waited_for() {
        let began = tokio::time::Instant::now();
        let outcome = patiently(async || match began.elapsed() < Duration::from_secs(12) {
            true => Err(StoreError::Busy("locked".into())),
            false => Ok(()),
        });
        assert_eq!(outcome.await, Ok(()));
    }

    #[test]
    fn only_what_was_too_busy_is_tried_again_and_not_for_ever() {
        let tried = |answers: &[Result<u8, StoreError>]| crate::commands::runtime().unwrap().block_on(tried(answers));
        let busy = || Err(StoreError::Busy("locked".into()));
        let broken = || Err(StoreError::Unavailable("gone".into()));
        assert_eq!(tried(&[busy(), busy(), Ok(1)]), (Ok(1), 3));
        assert_eq!(tried(&[broken(), Ok(1)]), (broken(), 1));
        assert_eq!(tried(&[busy(), busy(), busy(), busy(), Ok(1)]), (busy(), 4));
    }
}
