//! All counters of a throttle.

use std::time::Duration;

use super::allowance::{Allowance, Micros};
use super::attempt::Attempt;
use super::limits::ThrottleLimits;
use super::links::Links;
use super::meter::Meter;
use super::slots::Slots;

/// For how long an address stays familiar after a sign-in from it.
const FAMILIAR_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// For how long the account of a name is remembered after a look-up. During a lock there are no look-ups, so it is as long
/// as the longest lock.
const LINKED_FOR: Duration = Allowance::LONGEST_WINDOW;

#[derive(Debug)]
pub(super) struct Meters {
    pair: Meter,
    address: Meter,
    network_56: Meter,
    network_48: Meter,
    account: Meter,
    /// The pairs that have signed in, by account and by name, and until when they are familiar.
    familiar: Slots,
    links: Links,
}

impl Meters {
    pub(super) fn new(limits: ThrottleLimits) -> Self {
        let meter = |allowance| Meter::new(allowance, limits.capacity);
        Self {
            pair: meter(limits.pair),
            address: meter(limits.address),
            network_56: meter(limits.network_56),
            network_48: meter(limits.network_48),
            account: meter(limits.account),
            familiar: Slots::new(limits.capacity),
            links: Links::new(limits.capacity),
        }
    }

    /// How long the counters lock the attempt: pair, networks, account.
    pub(super) fn waits(&self, attempt: &Attempt, now: Micros) -> [Option<Duration>; 3] {
        let pair = self.pair.wait(attempt.pair, now);
        if self.is_familiar(attempt, now) {
            return [pair, None, None];
        }
        [
            pair,
            self.networks(attempt, now),
            self.account.wait(attempt.account, now),
        ]
    }

    /// Counts a failure everywhere; how many counters had no room for it.
    pub(super) fn add(&mut self, attempt: &Attempt, now: Micros) -> u64 {
        let mut uncounted = 0;
        let mut count = |meter: &mut Meter, key| uncounted += u64::from(!meter.add(key, now));
        count(&mut self.pair, attempt.pair);
        count(&mut self.account, attempt.account);
        // Nothing distinguishes clients of unknown address: together they have the tightest allowance.
        match attempt.unknown_source {
            true => count(&mut self.pair, attempt.address),
            false => count(&mut self.address, attempt.address),
        }
        if let Some([wide, widest]) = attempt.wider {
            count(&mut self.network_56, wide);
            count(&mut self.network_48, widest);
        }
        uncounted
    }

    /// Resets the strict counter, and makes the address familiar for this account.
    pub(super) fn succeeded(&mut self, attempt: &Attempt, now: Micros) {
        self.pair.reset(attempt.pair);
        if attempt.unknown_source {
            return;
        }
        // By name as well: an attempt is judged by its name before the account is looked up.
        for pair in [attempt.pair, attempt.name_here] {
            self.familiar.keep(pair, now + micros(FAMILIAR_FOR), Micros::MAX);
        }
    }

    /// The account of a name, if it was looked up lately.
    pub(super) fn linked(&self, name: u64, now: Micros) -> Option<u64> {
        self.links.account(name, now)
    }

    /// Remembers the account of the attempt's name.
    pub(super) fn link(&mut self, attempt: &Attempt, now: Micros) {
        self.links.keep(attempt.name, attempt.account, now + micros(LINKED_FOR));
    }

    fn is_familiar(&self, attempt: &Attempt, now: Micros) -> bool {
        self.familiar.until(attempt.pair) > now
    }

    /// How long the address, or a network that it is part of, is locked.
    fn networks(&self, attempt: &Attempt, now: Micros) -> Option<Duration> {
        let address = match attempt.unknown_source {
            true => self.pair.wait(attempt.address, now),
            false => self.address.wait(attempt.address, now),
        };
        let [wide, widest] = match attempt.wider {
            Some([wide, widest]) => [self.network_56.wait(wide, now), self.network_48.wait(widest, now)],
            None => [None; 2],
        };
        address.max(wide).max(widest)
    }
}

const fn micros(duration: Duration) -> Micros {
    duration.as_micros() as Micros
}
