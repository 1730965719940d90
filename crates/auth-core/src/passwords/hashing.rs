//! Threads that hash passwords, so that request threads do not: several hashes at once on each core.

mod backlog;
mod cost;
mod counters;
mod engine;
mod error;
#[cfg(test)]
mod flood;
mod options;
mod place;
mod queue;
mod shared;
mod task;
mod worker;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use bcrypt_batch::{StoredHash, Workspace};
use secrecy::SecretString;

use crate::contract::clock::Clock;
use crate::contract::durations::DurationCounts;
use crate::contract::entropy::Entropy;

pub use cost::{HashCost, HashCostError};
pub use counters::HashingCounters;
pub use engine::HashEngine;
pub use error::{Busy, HashError};
pub use options::HashingOptions;
pub use place::HashingPlace;
pub use task::Verdict;

use super::stored_password::StoredPassword;
use backlog::Backlog;
use shared::Shared;
use task::{Candidate, Task};

/// Hashes and verifies passwords on threads of its own.
///
/// # Contract
/// * A free thread takes waiting jobs of one cost: as many as it can hash at once, and no more than its share among the
///   free threads. It never waits for a batch to fill, so a single sign-in takes the time of one hash.
/// * The queue is bounded three ways: in jobs, in jobs of one source, and in the time that an answer would take.
///   Sources take turns; of a whole IPv6 network there are at most four in a round for a /56 and sixteen for a /48. In a
///   full queue a job replaces the last one, if its turn is before that one's. A job without room is refused at once, with
///   [`Busy`].
/// * A job whose caller has gone leaves the queue at once. A job whose deadline has passed is not started.
/// * A hash that another system made by another scheme has a thread for itself while it is computed.
/// * Every other verification takes the same work (see [`HashingPlace::verify`]).
///
/// The calls may be awaited on any runtime. When the hasher is dropped, each thread ends after its current batch; the
/// drop does not wait for that.
#[derive(Debug)]
pub struct PasswordHasher {
    shared: Arc<Shared>,
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(options: HashingOptions, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> io::Result<Self> {
        Self::start_with(options, clock, entropy, || Box::new(Workspace::new()))
    }

    /// Starts the threads, each with an engine of its own.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start_with(
        options: HashingOptions,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        mut engine: impl FnMut() -> Box<dyn HashEngine>,
    ) -> io::Result<Self> {
        let engines: Vec<_> = (0..options.threads().get()).map(|_| engine()).collect();
        let width = engines.iter().map(|engine| engine.width()).min().unwrap_or(1).max(1);
        let backlog = Backlog::new(&options, engines.len(), width);
        let shared = Shared::new(backlog, options.cost.get(), clock, entropy);
        // Created before the threads: if one of them cannot be started, dropping this ends the others.
        let hasher = Self {
            shared: Arc::new(shared),
        };
        for (number, engine) in engines.into_iter().enumerate() {
            let shared = Arc::clone(&hasher.shared);
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || worker::hash_until_closed(&shared, engine, options.niceness))?;
        }
        Ok(hasher)
    }

    /// A place in the queue for a password of this source, to be used with [`HashingPlace::verify`].
    ///
    /// Take it before looking anything up: a password that is refused here costs no query.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn admit(&self, source: IpAddr) -> Result<HashingPlace<'_>, Busy> {
        self.shared.admit(source.into())
    }

    /// Compares a password with a stored hash: [`admit`](Self::admit) and [`HashingPlace::verify`].
    ///
    /// # Errors
    /// [`Busy`]: the password was not checked.
    pub async fn verify(
        &self,
        stored: Option<StoredPassword>,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<Verdict, Busy> {
        self.admit(source)?.verify(stored, password).await
    }

    /// Hashes a password at the configured cost, for storing.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: &SecretString, source: IpAddr) -> Result<StoredHash, HashError> {
        let password = Candidate::new(password).map_err(HashError::Unusable)?;
        let task = Task::hash(password, self.shared.salt()?, self.shared.target());
        let verdict = self.shared.admit(source.into())?.run(task).await?;
        // A finished task made by `hash` has a hash.
        verdict.upgraded.ok_or_else(|| self.shared.busy().into())
    }

    /// Completes when a thread next finishes its work and finds no more.
    pub async fn idle(&self) {
        self.shared.idle().await;
    }

    /// What it has done, for metrics.
    pub fn counters(&self) -> HashingCounters {
        self.shared.counters()
    }

    /// For how long the jobs that were started had waited for a thread, for metrics.
    pub fn waits(&self) -> DurationCounts {
        self.shared.waits()
    }
}

impl Drop for PasswordHasher {
    fn drop(&mut self) {
        self.shared.close();
    }
}
