//! Failed sign-ins, counted by name and by address, so that guessing is slow and no owner is locked out for long.

mod allowance;
mod counters;
mod meter;
mod network;
mod slots;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::account::Realm;
use crate::contract::clock::Clock;
use crate::contract::entropy::{Entropy, EntropyError};
use crate::contract::secret::SecretKey;
use crate::passwords::login_name::FoldedLogin;

pub use allowance::{Allowance, AllowanceError};
pub use counters::ThrottleCounters;
pub(crate) use network::ClientNetwork;

use allowance::Micros;
use counters::Counters;
use meter::Meter;
use slots::Slots;

/// For how long an address stays familiar after a sign-in from it.
const FAMILIAR_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The limits of a [`Throttle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// For one login name from one client address. Strict; a success resets it.
    pub pair: Allowance,
    /// For one client address, with any names. Looser: many people may share one address.
    pub address: Allowance,
    /// For one login name, from any addresses. Loosest: an attacker can use it up for the owner.
    pub account: Allowance,
    /// How many keys each counter keeps (16 bytes each).
    pub capacity: usize,
}

impl Default for ThrottleLimits {
    /// | counter | at once | then one for each | why |
    /// |---|---|---|---|
    /// | pair | 10 | 60 s | people who mistype stop before ten; 1,450 guesses a day |
    /// | address | 50 | 18 s | an office behind one address; trying a list of names or passwords ends early |
    /// | account | 80 | 11.25 s | below the hundred of NIST SP 800-63B-4 3.2.2, from however many addresses |
    ///
    /// 65,536 keys for each counter: 4 MiB in all when full, and nothing before it is used.
    fn default() -> Self {
        Self {
            pair: const { allowance(10, 600) },
            address: const { allowance(50, 900) },
            account: const { allowance(80, 900) },
            capacity: 65_536,
        }
    }
}

/// Evaluated when this crate is compiled: an allowance that is not allowed would not compile.
const fn allowance(failures: u32, window_seconds: u64) -> Allowance {
    match Allowance::new(failures, Duration::from_secs(window_seconds)) {
        Ok(allowance) => allowance,
        Err(_) => panic!("the default allowances are within the bounds"),
    }
}

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

/// The failed sign-ins of this node, counted three ways: by name and address (strict), by address (looser), by name
/// (loosest).
///
/// # Contract
/// * Call [`begin`](Self::begin) before the password is checked, then [`failed`](Self::failed) or
///   [`succeeded`](Self::succeeded) with the result. Each of them may refuse, and then the result, right or wrong, must
///   not be disclosed. So a hundred guesses at the same time learn as little as a hundred in a row. An attempt without a
///   result (queue full, store down, client gone) is dropped and counts nowhere.
/// * Names that no account has count like any others.
/// * A refused attempt counts nowhere, so every lock ends by itself, at the latest after [`Allowance::LONGEST_WINDOW`].
/// * A success resets the strict counter of its name and address, and no other: an attacker with an account of their own
///   gains nothing by it. It also makes its address *familiar* for that name. While it is (30 days, unless this node
///   restarts or tens of thousands of others follow), the loosest counter does not lock it, so an attacker elsewhere
///   cannot lock the owner out.
/// * The counters belong to this node: with N nodes an attacker has at most N times the allowance.
///
/// # Security
/// Of a name only 64 bits of a keyed hash are kept (people type passwords into the name field). The tables have a fixed
/// size. Where there is no room, the entry that would be forgotten first is dropped, and never an active lock, so a flood
/// of names cannot remove a lock.
#[derive(Debug)]
pub struct Throttle {
    clock: Arc<dyn Clock>,
    key: SecretKey,
    meters: Mutex<Meters>,
    counters: Counters,
}

/// A sign-in attempt that has begun. Holds no name and no address, only keyed hashes of them.
#[derive(Clone, Copy, Debug)]
#[must_use = "report the result to the throttle"]
pub struct Attempt {
    pair: u64,
    address: u64,
    account: u64,
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
    /// [`Throttled`] while a lock is active; the password must not be checked then.
    pub fn begin(&self, realm: &Realm, login: Option<&FoldedLogin>, source: IpAddr) -> Result<Attempt, Throttled> {
        let attempt = self.attempt(realm, login, source.into());
        let now = micros(&*self.clock);
        self.refuse_locked(&self.meters(), &attempt, now)?;
        Ok(attempt)
    }

    /// The attempt was wrong: counts it three times.
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

    /// The attempt was right: resets the strict counter and makes the address familiar for this name.
    ///
    /// # Errors
    /// [`Throttled`] when other attempts have locked it meanwhile; the result must not be disclosed then.
    pub fn succeeded(&self, attempt: &Attempt) -> Result<(), Throttled> {
        let now = micros(&*self.clock);
        let mut meters = self.meters();
        self.refuse_locked(&meters, attempt, now)?;
        meters.pair.reset(attempt.pair);
        meters.familiar.keep(attempt.pair, now + familiar_for(), Micros::MAX);
        Ok(())
    }

    /// What it has counted, for metrics.
    pub fn counters(&self) -> ThrottleCounters {
        self.counters.read()
    }

    fn attempt(&self, realm: &Realm, login: Option<&FoldedLogin>, source: ClientNetwork) -> Attempt {
        let realm_length = (realm.as_str().len() as u64).to_le_bytes();
        let address = source.octets();
        let realm = realm.as_str().as_bytes();
        // No folded name is empty, so the empty text stands for all unusable names.
        let login = login.map_or("", FoldedLogin::as_str).as_bytes();
        let key = |parts: &[&[u8]]| key_of(&self.key, parts);
        Attempt {
            pair: key(&[b"p", &realm_length, realm, &address, login]),
            address: key(&[b"a", &address]),
            account: key(&[b"n", &realm_length, realm, login]),
        }
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

#[derive(Debug)]
struct Meters {
    pair: Meter,
    address: Meter,
    account: Meter,
    /// The pairs that have signed in, and until when they are familiar.
    familiar: Slots,
}

impl Meters {
    fn new(limits: ThrottleLimits) -> Self {
        Self {
            pair: Meter::new(limits.pair, limits.capacity),
            address: Meter::new(limits.address, limits.capacity),
            account: Meter::new(limits.account, limits.capacity),
            familiar: Slots::new(limits.capacity),
        }
    }

    /// How long each counter locks the attempt: pair, address, account.
    fn waits(&self, attempt: &Attempt, now: Micros) -> [Option<Duration>; 3] {
        let familiar = self.familiar.until(attempt.pair) > now;
        let account = || self.account.wait(attempt.account, now);
        [
            self.pair.wait(attempt.pair, now),
            self.address.wait(attempt.address, now),
            (!familiar).then(account).flatten(),
        ]
    }

    /// Counts a failure everywhere; how many counters had no room for it.
    fn add(&mut self, attempt: &Attempt, now: Micros) -> u64 {
        let counted = [
            self.pair.add(attempt.pair, now),
            self.address.add(attempt.address, now),
            self.account.add(attempt.account, now),
        ];
        counted.iter().map(|&counted| u64::from(!counted)).sum()
    }
}

/// 64 bits of the keyed hash. All parts but the last and those preceded by their length must be of fixed length.
fn key_of(key: &SecretKey, parts: &[&[u8]]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = key.mac(parts);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The monotonic clock. 584,000 years fit.
fn micros(clock: &dyn Clock) -> Micros {
    clock.monotonic().as_micros() as Micros
}

const fn familiar_for() -> Micros {
    FAMILIAR_FOR.as_micros() as Micros
}
