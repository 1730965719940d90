//! How many connections there may be: in all, and from one source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{ClientNetwork, WiderNetwork};
use tokio::time::Instant;

use super::capacity::Capacity;
use crate::http::Proxies;

/// Refusals are logged at most this often, with their number.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// The connections of a server. One source, an IPv4 address or an IPv6 /64, has at most its share, so that it cannot
/// take the others'; the /56 and the /48 that a /64 is part of have one and a half shares and two. Trusted proxies have
/// none: they bring the connections of many.
#[derive(Debug)]
pub(crate) struct Slots {
    capacity: Capacity,
    proxies: Proxies,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_network: HashMap<WiderNetwork, usize>,
    refused_in_all: u64,
    refused_of_one_source: u64,
    /// Since the last line of the log.
    refused: usize,
    logged: Option<Instant>,
}

/// How many connections there are, and how many there were too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotStatus {
    pub(crate) open: usize,
    pub(crate) limit: usize,
    /// Refused since there were too many in all.
    pub(crate) refused_in_all: u64,
    /// Refused since one source had too many.
    pub(crate) refused_of_one_source: u64,
}

/// One connection's place, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    source: Option<ClientNetwork>,
}

impl Slots {
    pub(crate) fn new(capacity: Capacity, proxies: Proxies) -> Self {
        Self {
            capacity,
            proxies,
            taken: Mutex::default(),
        }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let peer = peer.to_canonical();
        let source = (!self.proxies.trusts(peer)).then(|| ClientNetwork::from(peer));
        let mut taken = self.taken();
        let is_full = taken.total >= self.capacity.connections;
        if is_full || networks(source).any(|network| taken.of(network) >= self.share_of(network)) {
            taken.refuse(peer, is_full);
            return None;
        }
        taken.total += 1;
        for network in networks(source) {
            *taken.by_network.entry(network).or_default() += 1;
        }
        Some(Slot {
            slots: self.clone(),
            source,
        })
    }

    /// For metrics.
    pub(crate) fn status(&self) -> SlotStatus {
        let taken = self.taken();
        SlotStatus {
            open: taken.total,
            limit: self.capacity.connections,
            refused_in_all: taken.refused_in_all,
            refused_of_one_source: taken.refused_of_one_source,
        }
    }

    /// How many connections a network may have. A provider gives a customer a /64, a /56 or a /48.
    fn share_of(&self, (prefix, _): WiderNetwork) -> usize {
        let of_one_source = self.capacity.of_one_source;
        match prefix {
            48 => of_one_source.saturating_mul(2),
            56 => of_one_source.saturating_add(of_one_source / 2),
            _ => of_one_source,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The networks that count a connection of this source.
fn networks(source: Option<ClientNetwork>) -> impl Iterator<Item = WiderNetwork> {
    source.into_iter().flat_map(|source| source.all())
}

impl Taken {
    fn of(&self, network: WiderNetwork) -> usize {
        self.by_network.get(&network).copied().unwrap_or_default()
    }

    fn refuse(&mut self, source: IpAddr, is_full: bool) {
        match is_full {
            true => self.refused_in_all += 1,
            false => self.refused_of_one_source += 1,
        }
        self.refused += 1;
        let now = Instant::now();
        if self.logged.is_some_and(|logged| now < logged + LOG_EVERY) {
            return;
        }
        let limit = if is_full {
            "connections"
        } else {
            "connections_per_source"
        };
        tracing::warn!(event = "connection_refused", limit, %source, refused = self.refused);
        (self.refused, self.logged) = (0, Some(now));
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        taken.total = taken.total.saturating_sub(1);
        for network in networks(self.source) {
            if let Some(count) = taken.by_network.get_mut(&network) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    taken.by_network.remove(&network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots() -> Arc<Slots> {
        let capacity = Capacity {
            connections: 5,
            of_one_source: 2,
        };
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Arc::new(Slots::new(capacity, proxies))
    }

    fn take(slots: &Arc<Slots>, peers: &[&str]) -> Vec<Option<Slot>> {
        peers.iter().map(|peer| slots.take(peer.parse().unwrap())).collect()
    }

    fn admitted(slots: &[Option<Slot>]) -> Vec<bool> {
        slots.iter().map(Option::is_some).collect()
    }

    #[test]
    fn one_source_has_its_share_and_leaves_the_rest_to_others() {
        let slots = slots();
        let held = take(&slots, &["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"]);
        assert_eq!(admitted(&held), [true, true, false, true]);
        drop(held);
        let held = take(
            &slots,
            &["2001:db8::1", "2001:db8::ffff:1", "2001:db8::2", "2001:db8:0:1::1"],
        );
        assert_eq!(admitted(&held), [true, true, false, true], "IPv6 by /64");
    }

    /// The holder of a /56 or a /48 does not take everything with one /64 after the other.
    #[test]
    fn the_networks_of_a_wider_one_share_its_connections() {
        let capacity = Capacity {
            connections: 100,
            of_one_source: 4,
        };
        let slots = Arc::new(Slots::new(capacity, Proxies::default()));
        let of_a_56 = (0..20).map(|n| slots.take(format!("2001:db8:0:{n:x}::1").parse().unwrap()));
        let of_a_56: Vec<_> = of_a_56.flatten().collect();
        assert_eq!(of_a_56.len(), 6);
        let of_its_48 = (1..20).map(|n| slots.take(format!("2001:db8:0:{n:x}00::1").parse().unwrap()));
        assert_eq!(of_its_48.flatten().collect::<Vec<_>>().len(), 2);
        assert!(slots.take("2001:db8:1::1".parse().unwrap()).is_some(), "another /48");
        drop(of_a_56);
        assert!(
            slots.take("2001:db8:0:ff::1".parse().unwrap()).is_some(),
            "there is room again"
        );
    }

    #[test]
    fn a_trusted_proxy_has_no_share_and_the_total_holds_for_it_too() {
        let held = take(&slots(), &["10.0.0.1"; 7]);
        assert_eq!(admitted(&held), [true, true, true, true, true, false, false]);
    }

    #[test]
    fn what_ends_makes_room_and_is_forgotten() {
        let slots = slots();
        for _ in 0..3 {
            let held = take(
                &slots,
                &["192.0.2.1", "192.0.2.1", "10.0.0.1", "192.0.2.2", "192.0.2.3"],
            );
            assert_eq!(admitted(&held), [true; 5]);
            assert!(slots.take("192.0.2.4".parse().unwrap()).is_none());
        }
        let expected = SlotStatus {
            open: 0,
            limit: 5,
            refused_in_all: 3,
            refused_of_one_source: 0,
        };
        assert_eq!(slots.status(), expected);
        assert!(slots.taken().by_network.is_empty());
    }
}
