//! How many failed sign-ins are allowed.

use std::time::Duration;

use super::allowance::Allowance;

/// The limits of a [`Throttle`](super::Throttle).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    /// For one account (or a name that no account has) from one client address. Strict; a success resets it. All
    /// requests whose address is unknown have together no more than this.
    pub pair: Allowance,
    /// For one client address (IPv6: one /64), with any names. Looser: many people may share one address.
    pub address: Allowance,
    /// For one IPv6 network of the size /56, with any names. Looser than `address`.
    pub network_56: Allowance,
    /// For one IPv6 network of the size /48, with any names. Looser than `network_56`.
    pub network_48: Allowance,
    /// For one account (or a name that no account has), from any addresses. An attacker can use it up for the owner.
    pub account: Allowance,
    /// How many keys each counter keeps (16 bytes each).
    pub capacity: usize,
}

impl Default for ThrottleLimits {
    /// | counter | at once | then one for each | why |
    /// |---|---|---|---|
    /// | pair | 10 | 60 s | people who mistype stop before ten; 1,450 guesses a day |
    /// | address | 50 | 18 s | an office behind one address; trying a list of names or passwords ends early |
    /// | /56 | 150 | 6 s | a household or a small customer, with several networks |
    /// | /48 | 500 | 1.8 s | a large customer, or many people of one provider |
    /// | account | 80 | 11.25 s | below the hundred of NIST SP 800-63B-4 3.2.2, from however many addresses |
    ///
    /// 65,536 keys for each counter: 8 MiB in all when full, and nothing before it is used.
    fn default() -> Self {
        Self {
            pair: const { allowance(10, 600) },
            address: const { allowance(50, 900) },
            network_56: const { allowance(150, 900) },
            network_48: const { allowance(500, 900) },
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
