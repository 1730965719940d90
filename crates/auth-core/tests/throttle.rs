//! The laws of the throttle.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod password_support;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Allowance, Attempt, FoldedLogin, Realm, SystemEntropy, Throttle, ThrottleLimits, Throttled};
use password_support::{TestClock, realm, source};

/// The default limits, once more: they are promises.
const PAIR: usize = 10;
const ADDRESS: usize = 50;
const ACCOUNT: usize = 80;

struct Door {
    clock: Arc<TestClock>,
    throttle: Throttle,
}

impl Door {
    fn new() -> Self {
        Self::with(ThrottleLimits::default())
    }

    fn with(limits: ThrottleLimits) -> Self {
        let clock = Arc::new(TestClock::default());
        let throttle = Throttle::new(limits, clock.clone(), &SystemEntropy).unwrap();
        Self { clock, throttle }
    }

    fn begin(&self, login: &str, from: IpAddr) -> Result<Attempt, Throttled> {
        self.throttle.begin(&realm(), FoldedLogin::parse(login).as_ref(), from)
    }

    fn fail(&self, login: &str, from: IpAddr) -> Result<(), Throttled> {
        self.throttle.failed(&self.begin(login, from)?)
    }

    fn succeed(&self, login: &str, from: IpAddr) -> Result<(), Throttled> {
        self.throttle.succeeded(&self.begin(login, from)?)
    }

    fn seconds_pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// The n-th of many addresses.
fn address(n: usize) -> IpAddr {
    Ipv4Addr::from(0x0a00_0000 + n as u32).into()
}

#[test]
fn ten_failures_lock_the_pair_and_a_right_password_is_refused_too() {
    let door = Door::new();
    for _ in 0..PAIR {
        door.fail("ann", source(1)).unwrap();
    }
    let refused = door.succeed("ann", source(1)).unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(60));
    assert_eq!(door.throttle.counters().refused_by_pair, 1);
}

#[test]
fn a_locked_pair_locks_neither_the_owner_elsewhere_nor_the_neighbour() {
    let door = Door::new();
    while door.fail("ann", source(1)).is_ok() {}
    door.succeed("ann", source(2)).unwrap();
    door.succeed("bob", source(1)).unwrap();
}

#[test]
fn a_lock_ends_when_it_said_it_would_however_often_it_was_tried() {
    let door = Door::new();
    while door.fail("ann", source(1)).is_ok() {}
    for _ in 0..1000 {
        assert!(door.fail("ann", source(1)).is_err());
    }
    door.seconds_pass(60);
    door.succeed("ann", source(1)).unwrap();
}

#[test]
fn every_default_lock_ends_within_a_quarter_of_an_hour_and_all_is_forgotten_by_then() {
    let limits = ThrottleLimits::default();
    for allowance in [limits.pair, limits.address, limits.account] {
        assert!(allowance.longest_wait() <= Duration::from_secs(60));
        assert!(allowance.longest_wait() * allowance.failures() <= Allowance::LONGEST_WINDOW);
    }
    assert!(limits.pair.failures() < limits.address.failures());
    assert!(limits.address.failures() < limits.account.failures());
}

#[test]
fn spellings_of_one_name_share_their_counters() {
    let door = Door::new();
    let spellings = [
        "José@example.com",
        " JOSÉ@EXAMPLE.COM ",
        "jose\u{301}@example.com",
        "jOSE\u{301}@Example.com",
    ];
    for n in 0..PAIR {
        door.fail(spellings[n % 4], source(1)).unwrap();
    }
    assert!(spellings.iter().all(|name| door.begin(name, source(1)).is_err()));
}

#[test]
fn the_same_name_in_two_realms_is_two_names() {
    let door = Door::new();
    while door.fail("ann", source(1)).is_ok() {}
    let (other, ann) = (Realm::parse("pbx").unwrap(), FoldedLogin::parse("ann"));
    assert!(door.throttle.begin(&other, ann.as_ref(), source(1)).is_ok());
}

#[test]
fn a_thousand_names_guessed_once_each_from_one_address_are_stopped() {
    let door = Door::new();
    let passed = (0..1000)
        .filter(|n| door.fail(&format!("nobody-{n}"), source(1)).is_ok())
        .count();
    assert_eq!(passed, ADDRESS);
    assert_eq!(door.throttle.counters().refused_by_address, 950);
    assert!(door.fail("nobody-0", source(2)).is_ok());
}

#[test]
fn names_that_nobody_can_have_are_counted_too() {
    let door = Door::new();
    let passed = (1..1000)
        .filter(|n| door.fail(&"\u{1}".repeat(*n), source(1)).is_ok())
        .count();
    assert_eq!(passed, PAIR);
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one() {
    let door = Door::new();
    let host = |n: u32| format!("2001:db8::{n:x}").parse().unwrap();
    let passed = (0..1000).filter(|n| door.fail("ann", host(*n)).is_ok()).count();
    assert_eq!(passed, PAIR);
    assert!(door.begin("ann", "2001:db8:0:1::1".parse().unwrap()).is_ok());
}

#[test]
fn a_hundred_failures_for_one_name_are_too_many_from_however_many_addresses() {
    let door = Door::new();
    // One each second: what is forgotten meanwhile does not make room enough.
    let mut passed = 0;
    for n in 0..101 {
        door.seconds_pass(1);
        passed += usize::from(door.fail("ann", address(n)).is_ok());
    }
    assert!((ACCOUNT..100).contains(&passed), "{passed}");
    let refused = door.succeed("ann", address(200)).unwrap_err();
    door.clock.advance(refused.retry_after);
    door.succeed("ann", address(200)).unwrap();
}

#[test]
fn an_attacker_elsewhere_cannot_lock_an_owner_out_of_a_known_address() {
    let door = Door::new();
    door.succeed("ann", source(1)).unwrap();
    for n in 0..1000 {
        let _refused_in_the_end = door.fail("ann", address(n));
    }
    assert!(door.begin("ann", address(2000)).is_err());
    door.succeed("ann", source(1)).unwrap();
    // Known is not free: guesses from there are as few as from anywhere.
    let passed = (0..100).filter(|_| door.fail("ann", source(1)).is_ok()).count();
    assert_eq!(passed, PAIR);
}

#[test]
fn a_success_resets_the_strict_counter_and_no_other() {
    let door = Door::new();
    for _ in 0..ADDRESS / 5 {
        for _ in 0..5 {
            door.fail("mallory", source(1)).unwrap();
        }
        let _refused_in_the_end = door.succeed("mallory", source(1));
    }
    assert!(door.begin("mallory", source(2)).is_ok());
    assert!(door.begin("ann", source(1)).is_err(), "own successes buy no guesses");
}

#[test]
fn guesses_side_by_side_learn_as_little_as_guesses_in_a_row() {
    let door = Door::new();
    let attempts: Vec<_> = (0..100).map(|_| door.begin("ann", source(1)).unwrap()).collect();
    let told = attempts[..99]
        .iter()
        .filter(|a| door.throttle.failed(a).is_ok())
        .count();
    assert_eq!(told, PAIR);
    assert!(
        door.throttle.succeeded(&attempts[99]).is_err(),
        "the right one came too late"
    );
}

#[test]
fn right_passwords_side_by_side_all_pass() {
    let door = Door::new();
    let attempts: Vec<_> = (0..100).map(|_| door.begin("ann", source(1)).unwrap()).collect();
    assert!(attempts.iter().all(|attempt| door.throttle.succeeded(attempt).is_ok()));
}

#[test]
fn an_attempt_without_a_verdict_counts_nowhere() {
    let door = Door::new();
    for _ in 0..1000 {
        let _ = door.begin("ann", source(1)).unwrap();
    }
    assert_eq!(door.throttle.counters().failures, 0);
}

#[test]
fn no_flood_of_names_washes_a_lock_away() {
    let door = Door::with(ThrottleLimits {
        capacity: 256,
        ..ThrottleLimits::default()
    });
    while door.fail("ann", source(1)).is_ok() {}
    for n in 0..20_000 {
        let _counted_or_refused = door.fail(&format!("name-{n}"), address(n));
    }
    assert!(door.begin("ann", source(1)).is_err());
    let shown = format!("{:?}", door.throttle);
    assert!(shown.contains("Slots(256)"), "as large as it was made: {shown}");
}

#[test]
fn a_table_full_of_locks_keeps_them_and_says_what_it_could_not_count() {
    let limits = ThrottleLimits {
        pair: Allowance::new(1, Duration::from_secs(600)).unwrap(),
        capacity: 8,
        ..ThrottleLimits::default()
    };
    let door = Door::with(limits);
    for n in 0..9 {
        door.fail(&format!("name-{n}"), address(n)).unwrap();
    }
    let locked = (0..9)
        .filter(|n| door.begin(&format!("name-{n}"), address(*n)).is_err())
        .count();
    assert_eq!((locked, door.throttle.counters().uncounted), (8, 1));
}

#[test]
fn no_name_can_be_seen_in_it() {
    let door = Door::new();
    let attempt = door.begin("canary-name", source(1)).unwrap();
    door.throttle.failed(&attempt).unwrap();
    assert!(!format!("{attempt:?} {:?}", door.throttle).contains("canary"));
}
