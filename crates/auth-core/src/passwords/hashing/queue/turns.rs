//! The turns of sources: one in each round, and a few for the networks they are part of.

use std::collections::HashMap;
use std::net::Ipv6Addr;

use crate::contract::client_network::ClientNetwork;

/// A place in the order. A source's turns are a round apart.
pub(super) type Turn = u64;

/// The length of a round. All turns of the same round come before those of the next.
const ROUND: Turn = 16;

/// How far apart the turns of one network are: one job of a source in a round, four of a /56, sixteen of a /48.
const fn apart(prefix: u8) -> Turn {
    match prefix {
        48 => ROUND / 16,
        56 => ROUND / 4,
        _ => ROUND,
    }
}

/// Who had the latest turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The turn that is served now.
    now: Turn,
    /// The first turn that a network may have, where that is later than a newcomer's.
    free_at: HashMap<(u8, Ipv6Addr), Turn>,
}

impl Turns {
    /// The turn that a further job of this source would have. A newcomer's is at the end of the present round, so that
    /// it passes nobody who waits for a second turn.
    pub(super) fn next_of(&self, source: ClientNetwork) -> Turn {
        let own = source.all().filter_map(|network| self.free_at.get(&network));
        own.copied().fold(self.newcomers(), Turn::max)
    }

    /// The same, and it is taken.
    pub(super) fn take_next(&mut self, source: ClientNetwork) -> Turn {
        let turn = self.next_of(source);
        for network in source.all() {
            self.free_at.insert(network, turn + apart(network.0));
        }
        turn
    }

    /// A job of this source goes without being served: its turn costs the source, and the networks it is part of, nothing.
    pub(super) fn give_back(&mut self, source: ClientNetwork) {
        for network in source.all() {
            if let Some(free_at) = self.free_at.get_mut(&network) {
                *free_at -= apart(network.0).min(*free_at);
            }
        }
    }

    /// A job of this turn is served.
    pub(super) fn reached(&mut self, turn: Turn) {
        self.now = self.now.max(turn);
        let newcomers = self.newcomers();
        self.free_at.retain(|_, free_at| *free_at > newcomers);
    }

    /// Nothing waits: everybody is a newcomer.
    pub(super) fn restart(&mut self) {
        self.free_at.clear();
    }

    const fn newcomers(&self) -> Turn {
        self.now + ROUND
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn source(address: Ipv6Addr) -> ClientNetwork {
        IpAddr::V6(address).into()
    }

    /// How many of a thousand sources, each with one job, have their turn in the first round.
    fn in_one_round(of: impl Fn(u16) -> ClientNetwork) -> usize {
        let mut turns = Turns::default();
        let first = turns.newcomers();
        let taken = (0..1000).map(|n| turns.take_next(of(n)));
        taken.filter(|turn| *turn < first + ROUND).count()
    }

    #[test]
    fn a_network_has_the_more_turns_in_a_round_the_wider_it_is() {
        assert_eq!(in_one_round(|_| source(Ipv6Addr::LOCALHOST)), 1);
        let of_a_56 = |n| source(Ipv6Addr::new(0x2001, 0xdb8, 0, n % 256, 0, 0, 0, 1));
        assert_eq!(in_one_round(of_a_56), 4);
        let of_a_48 = |n: u16| source(Ipv6Addr::new(0x2001, 0xdb8, 0, n.rotate_left(8), 0, 0, 0, 1));
        assert_eq!(in_one_round(of_a_48), 16);
        let all = |n| source(Ipv6Addr::new(0x2001, 0xdb8, n, 0, 0, 0, 0, 1));
        assert_eq!(in_one_round(all), 1000);
    }

    #[test]
    fn a_newcomer_passes_nobody_who_waits_for_a_second_turn() {
        let (mut turns, ann, bob) = (
            Turns::default(),
            source(Ipv6Addr::LOCALHOST),
            IpAddr::from([192, 0, 2, 1]).into(),
        );
        let (first, second) = (turns.take_next(ann), turns.take_next(ann));
        turns.reached(first);
        assert!(turns.take_next(bob) >= second);
    }

    #[test]
    fn a_turn_that_is_given_back_costs_nothing() {
        let (mut turns, ann) = (Turns::default(), source(Ipv6Addr::LOCALHOST));
        let first = turns.next_of(ann);
        for _ in 0..1000 {
            turns.take_next(ann);
            turns.give_back(ann);
        }
        assert_eq!(turns.next_of(ann), first);
    }

    #[test]
    fn no_more_is_remembered_than_matters() {
        let mut turns = Turns::default();
        for n in 0..1000 {
            let turn = turns.take_next(source(Ipv6Addr::new(0x2001, 0xdb8, n, 0, 0, 0, 0, 1)));
            turns.reached(turn);
        }
        assert!(turns.free_at.len() < 10, "{}", turns.free_at.len());
    }
}
