#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod accounts;
mod audit;
mod consumers;
mod imports;
mod inspect;
mod keys;
mod lines;
mod passwords;
mod purge;
mod resource_servers;
mod roles;
mod state;
mod token_admin;
mod tokens;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use state::State;

/// Accounts, passwords, roles, consumers, tokens, signing keys, the feed of changes and the audit log, in memory.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state, for one operation. A thread that panicked while it held the lock has left complete rows: each
    /// operation checks first and writes last.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    /// How much it holds, but not what: records are not disclosed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore")
            .field("accounts", &state.accounts.len())
            .field("tokens", &state.tokens.len())
            .finish_non_exhaustive()
    }
}
