//! Addresses, and guesses in a row.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::sign_in_harness::{Guess, SignInHarness};

pub(super) type Harness = Arc<dyn SignInHarness>;

pub(super) const REALM: &str = "workshops";
pub(super) const OTHER_REALM: &str = "players";

/// More guesses than any account or name is allowed.
pub(super) const MANY: usize = 200;

/// The n-th of many addresses.
pub(super) fn address(n: usize) -> IpAddr {
    Ipv4Addr::from(0x0a00_0000 + u32::try_from(n).expect("a small number")).into()
}

/// An address of the n-th /64 of the /48 with this number.
pub(super) fn in_network(n: usize, of: u16) -> IpAddr {
    let n = u16::try_from(n).expect("a small number");
    Ipv6Addr::new(0x2001, 0xdb8, of, n, 0, 0, 0, 1).into()
}

/// How many of [`MANY`] wrong passwords were answered as such. The n-th is for `names[n % names.len()]`, from `from(n)`.
pub(super) async fn answered(harness: &Harness, names: &[&str], from: impl Fn(usize) -> IpAddr) -> usize {
    let mut answered = 0;
    for n in 0..MANY {
        let guess = harness.guess(REALM, names[n % names.len()], false, from(n)).await;
        assert_ne!(guess, Guess::Right, "a wrong password");
        answered += usize::from(guess == Guess::Wrong);
    }
    answered
}

/// How many of so many wrong passwords were answered, each for a name of its own that no account has.
pub(super) async fn answered_names(harness: &Harness, number: usize, from: impl Fn(usize) -> IpAddr) -> usize {
    let mut answered = 0;
    for n in 0..number {
        let name = format!("unknown-{n}-{}", from(n));
        answered += usize::from(harness.guess(REALM, &name, false, from(n)).await == Guess::Wrong);
    }
    answered
}
