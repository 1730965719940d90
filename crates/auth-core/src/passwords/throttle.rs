//! Failed sign-ins, counted by account and by address, so that guessing is slow and no owner is locked out for long.

mod allowance;
mod attempt;
mod counters;
mod limits;
mod links;
mod meter;
mod meters;
mod slots;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::account::{Realm, Subject};
use crate::contract::clock::Clock;
use crate::contract::entropy::{Entropy, EntropyError};
use crate::contract::secret::SecretKey;
use crate::passwords::login_name::FoldedLogin;

pub use allowance::{Allowance, AllowanceError};
pub use attempt::Attempt;
pub use counters::ThrottleCounters;
pub use limits::ThrottleLimits;

use allowance::Micros;
use counters::Counters;
use meters::Meters;

/// Too many failed sign-ins: refused without checking the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many failed attempts; again in {} s", retry_after.as_secs_f32().ceil())]
pub struct Throttled {
    /// After how long the next attempt is checked. For a client: in whole seconds, rounded up.
    pub retry_after: Duration,
}

impl Throttled {
    fn if_any(waits: impl IntoIterator<Item = Option<Duration>>) -> Result<(), Self> {
        match waits.into_iter().flatten().max() {
            Some(retry_after) => Err(Self { retry_after }),
            None => Ok(()),
        }
    }
}

/// The failed sign-ins of this node, counted by account and address (strict), by address and the networks it is part of
/// (looser), and by account (an attacker elsewhere can use it up).
///
/// # Contract
/// * Call [`begin`](Self::begin) before anything is read or hashed, [`found`](Self::found) when the name was looked up
///   and an account has it, and [`failed`](Self::failed) or [`succeeded`](Self::succeeded) with the result. Each of them
///   may refuse, and then the result, right or wrong, must not be disclosed. So a hundred guesses at the same time learn
///   as little as a hundred in a row. An attempt without a result (queue full, store down, client gone) is dropped and
///   counts nowhere.
/// * All names of an account share its counters, so a second name gives no further guesses. Names that no account has
///   count like accounts.
/// * While a name's account is remembered (15 minutes from the last look-up, unless tens of thousands of others follow),
///   `begin` refuses for the account, so a refused attempt costs no look-up.
/// * A refused attempt counts nowhere, so every lock ends by itself, at the latest after [`Allowance::LONGEST_WINDOW`].
/// * A success resets the strict counter of its account and address, and no other: an attacker with an account of their
///   own gains nothing by it. It also makes its address *familiar* for that account. While it is (30 days, unless this
///   node restarts or tens of thousands of others follow), only the strict counter locks it. So neither an attacker
///   elsewhere nor a neighbour behind the same address can lock the owner out.
/// * Requests from [`UNKNOWN_SOURCE`](crate::UNKNOWN_SOURCE) count as one client with the strict allowance, and are never familiar.
/// * The counters belong to this node: with N nodes an attacker has at most N times the allowance.
///
/// # Security
/// Of a name only 64 bits of a keyed hash are kept (people type passwords into the name field). The tables have a fixed
/// size. Where there is no room, the entry that would be forgotten first is dropped, and never an active lock, so a flood
/// of names cannot remove a lock.
///
/// That two names belong to one account can be seen by a client that locks it with one of them and is refused with the other.
/// Hiding that would mean to answer a right password like a wrong one during the lock.
#[derive(Debug)]
pub struct Throttle {
    clock: Arc<dyn Clock>,
    key: SecretKey,
    meters: Mutex<Meters>,
    counters: Counters,
}

impl Throttle {
    /// A throttle without failures.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(limits: ThrottleLimits, clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            clock,
            key: SecretKey::random(entropy)?,
            meters: Mutex::new(Meters::new(limits)),
            counters: Counters::default(),
        })
    }

    /// Begins an attempt. `login` is `None` for a name that no account can have.
    ///
    /// # Errors
    /// [`Throttled`] while a lock is active; nothing must be read or hashed then.
    pub fn begin(&self, realm: &Realm, login: Option<&FoldedLogin>, source: IpAddr) -> Result<Attempt, Throttled> {
        let mut attempt = Attempt::new(&self.key, realm, login, source.into());
        let now = micros(&*self.clock);
        let meters = self.meters();
        if let Some(account) = meters.linked(attempt.name, now) {
            attempt.belongs_to(account, &self.key);
        }
        self.refuse_locked(&meters, &attempt, now)?;
        Ok(attempt)
    }

    /// The name was looked up, and this account has it: the attempt counts for the account, whichever of its names was
    /// typed.
    ///
    /// # Errors
    /// [`Throttled`] when the account is locked; the password must not be checked then.
    pub fn found(&self, attempt: &mut Attempt, subject: Subject) -> Result<(), Throttled> {
        let now = micros(&*self.clock);
        let mut meters = self.meters();
        attempt.belongs_to(attempt::account_of(&self.key, subject), &self.key);
        meters.link(attempt, now);
        self.refuse_locked(&meters, attempt, now)
    }

    /// The attempt was wrong: counts it everywhere.
    ///
    /// # Errors
    /// [`Throttled`] when other attempts have locked it meanwhile; it is then not counted.
    pub fn failed(&self, attempt: &Attempt) -> Result<(), Throttled> {
        let now = micros(&*self.clock);
        let mut meters = self.meters();
        self.refuse_locked(&meters, attempt, now)?;
        let lost = meters.add(attempt, now);
        self.counters.note_failure(lost);
        Ok(())
    }

    /// The attempt was right: resets the strict counter and makes the address familiar for this account.
    ///
    /// # Errors
    /// [`Throttled`] when other attempts have locked it meanwhile; the result must not be disclosed then.
    pub fn succeeded(&self, attempt: &Attempt) -> Result<(), Throttled> {
        let now = micros(&*self.clock);
        let mut meters = self.meters();
        self.refuse_locked(&meters, attempt, now)?;
        meters.succeeded(attempt, now);
        Ok(())
    }

    /// What it has counted, for metrics.
    pub fn counters(&self) -> ThrottleCounters {
        self.counters.read()
    }

    fn refuse_locked(&self, meters: &Meters, attempt: &Attempt, now: Micros) -> Result<(), Throttled> {
        let waits = meters.waits(attempt, now);
        self.counters.note_refusal(&waits);
        Throttled::if_any(waits)
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The monotonic clock. 584,000 years fit.
fn micros(clock: &dyn Clock) -> Micros {
    clock.monotonic().as_micros() as Micros
}
