//! How many reads in vain each network has caused.

use std::collections::HashMap;
use std::time::Duration;

use super::SWEEP_EVERY;
use crate::contract::client_network::{ClientNetwork, WiderNetwork};

/// How many networks are counted, each for itself. Sources beyond share an allowance.
const NETWORKS: usize = 10_000;

/// How many reads may find nothing.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    /// At once.
    burst: u32,
    /// After how long one of them is given back.
    refill: Duration,
}

/// The allowance of a network with a prefix of this length.
const fn allowance(prefix: u8) -> Allowance {
    let times = match prefix {
        48 => 10,
        56 => 3,
        _ => 1,
    };
    Allowance {
        burst: 200 * times,
        refill: Duration::from_micros(50_000 / times as u64),
    }
}

/// What each network has used; sources without a place of their own share the one of `None`.
#[derive(Debug, Default)]
pub(super) struct Allowances {
    used: HashMap<Option<WiderNetwork>, Used>,
    swept_at: Duration,
}

/// What a network has used of its allowance, and when that was true.
#[derive(Clone, Copy, Debug)]
struct Used {
    reads: u32,
    at: Duration,
}

impl Allowances {
    /// Whether the source, or a network that it is part of, has nothing left.
    pub(super) fn is_used_up(&mut self, source: ClientNetwork, now: Duration) -> bool {
        source.all().any(|network| {
            let key = self.place_of(network, now);
            let burst = allowance_of(key).burst;
            self.used
                .get(&key)
                .is_some_and(|used| refilled(*used, key, now).reads >= burst)
        })
    }

    /// Takes one read of the source's allowance, and of the networks' that it is part of.
    pub(super) fn take_one(&mut self, source: ClientNetwork, now: Duration) {
        for network in source.all() {
            let key = self.place_of(network, now);
            let used = self.used.entry(key).or_insert(Used { reads: 0, at: now });
            *used = refilled(*used, key, now);
            used.reads = used.reads.saturating_add(1);
        }
    }

    /// Where the network is counted.
    fn place_of(&mut self, network: WiderNetwork, now: Duration) -> Option<WiderNetwork> {
        let key = Some(network);
        if self.used.len() < NETWORKS || self.used.contains_key(&key) {
            return key;
        }
        self.sweep(now);
        key.filter(|_| self.used.len() < NETWORKS)
    }

    /// Forgets the networks that have their whole allowance. It looks at all of them, so it is done now and then.
    fn sweep(&mut self, now: Duration) {
        if now.saturating_sub(self.swept_at) >= SWEEP_EVERY {
            self.used.retain(|key, used| refilled(*used, *key, now).reads > 0);
            self.swept_at = now;
        }
    }
}

/// The allowance shared by sources without a place is that of one of them.
fn allowance_of(key: Option<WiderNetwork>) -> Allowance {
    allowance(key.map_or(64, |(prefix, _)| prefix))
}

fn refilled(used: Used, key: Option<WiderNetwork>, now: Duration) -> Used {
    let refill = allowance_of(key).refill;
    let periods = now.saturating_sub(used.at).as_micros() / refill.as_micros();
    let periods = u32::try_from(periods).unwrap_or(u32::MAX);
    match used.reads.checked_sub(periods) {
        Some(reads) if reads > 0 => Used {
            reads,
            at: used.at + refill * periods,
        },
        _ => Used { reads: 0, at: now },
    }
}
