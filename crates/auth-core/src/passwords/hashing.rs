//! The password threads: bcrypt away from the request threads, several hashes at once on each core.

mod backlog;
mod cost;
mod counters;
mod engine;
mod error;
mod options;
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
use crate::contract::entropy::Entropy;

pub use cost::{HashCost, HashCostError};
pub use counters::HashingCounters;
pub use engine::HashEngine;
pub use error::{Busy, HashError};
pub use options::HashingOptions;
pub use task::Verdict;

use backlog::Backlog;
use shared::Shared;
use task::{Candidate, Task};

/// Hashes and verifies passwords on threads of its own.
///
/// # Contract
/// * A free thread takes what waits, as many jobs of one cost as it can hash at once, and no more than leaves as much
///   for each other free thread. It never waits for a batch to fill: a lone login costs what one hash costs.
/// * The queue is bounded three ways: in jobs, in jobs of one source, and in the time that an answer would take.
///   Sources take turns. In a full queue somebody with fewer jobs takes the place of the source with most. Whoever
///   finds no place is told so at once.
/// * A job whose caller has gone is never started, nor one that has waited past its deadline.
/// * Every verification takes the same work (see [`verify`](Self::verify)).
///
/// The calls may be awaited on any runtime, or none. Dropped, the hasher lets nothing in; each thread ends after the
/// batch it has, and nobody waits for that.
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
        // Made before the threads, so that they end if one of them cannot be had.
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

    /// Compares a password with a stored hash, if there is one.
    ///
    /// The work is that of one hash of the configured cost, or of the stored one's if that is higher: also for nobody's
    /// (`None`), and for a password that is empty, over 72 bytes or has a NUL, which never matches. Where the stored
    /// hash has a lower cost, the rest of the work is done too; if the password matches, it is the hash that should
    /// replace it ([`Verdict::upgraded`]).
    ///
    /// # Errors
    /// [`Busy`]: nothing is known of the password.
    pub async fn verify(
        &self,
        stored: Option<StoredHash>,
        password: &SecretString,
        source: IpAddr,
    ) -> Result<Verdict, Busy> {
        let target = self.shared.target();
        let task = match (stored, Candidate::new(password)) {
            // Without a salt the login goes on, and the next one upgrades.
            (Some(stored), Ok(password)) => Task::verify(password, stored, self.shared.salt().ok()),
            (stored, _) => Task::decoy(stored.map_or(target, |stored| stored.cost().max(target))),
        };
        self.shared.run(task, source.into()).await
    }

    /// Hashes a password at the configured cost, for storing.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: &SecretString, source: IpAddr) -> Result<StoredHash, HashError> {
        let password = Candidate::new(password).map_err(HashError::Unusable)?;
        let task = Task::hash(password, self.shared.salt()?, self.shared.target());
        let verdict = self.shared.run(task, source.into()).await?;
        // A finished task made by `hash` has a hash.
        verdict.upgraded.ok_or_else(|| self.shared.busy().into())
    }

    /// What it has done, for metrics.
    pub fn counters(&self) -> HashingCounters {
        self.shared.counters()
    }
}

impl Drop for PasswordHasher {
    fn drop(&mut self) {
        self.shared.close();
    }
}
