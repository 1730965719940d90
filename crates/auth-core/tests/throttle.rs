//! The throttle.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Allowance, Attempt, FoldedLogin, Realm, SystemEntropy, Throttle, ThrottleLimits, Throttled};
use password_support::{TestClock, realm, source};

/// The default limits, repeated here: they are promises.
const PAIR: usize = 10;
const ADDRESS: usize = 50;
const ACCOUNT: usize = 80;

struct Setup {
    clock: Arc<TestClock>,
    throttle: Throttle,
}

impl Setup {
    fn new() -> Self {
        Self::with(ThrottleLimits::default())
    }

    fn with(limits: ThrottleLimits) -> Self {
        let clock = Arc::new(TestClock::default());
        let throttle = Throttle::new(limits, clock.clone(), &SystemEntropy).unwrap();
        Self { clock, throttle }
    }

    fn begin(&self, login: &str, from: IpAddr) -> Result<Attempt, Throttled> {
        self.throttle
            .begin(&realm(), FoldedLogin::parse(login).ok().as_ref(), from)
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
    let setup = Setup::new();
    for _ in 0..PAIR {
        setup.fail("ann", source(1)).unwrap();
    }
    let refused = setup.succeed("ann", source(1)).unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(60));
    assert_eq!(setup.throttle.counters().refused_by_pair, 1);
}

#[test]
fn a_locked_pair_locks_neither_the_owner_elsewhere_nor_another_name_here() {
    let setup = Setup::new();
    while setup.fail("ann", source(1)).is_ok() {}
    setup.succeed("ann", source(2)).unwrap();
    setup.succeed("bob", source(1)).unwrap();
}

#[test]
fn a_lock_ends_at_the_announced_time_however_often_it_was_tried() {
    let setup = Setup::new();
    while setup.fail("ann", source(1)).is_ok() {}
    for _ in 0..1000 {
        assert!(setup.fail("ann", source(1)).is_err());
    }
    setup.seconds_pass(60);
    setup.succeed("ann", source(1)).unwrap();
}

#[test]
fn every_default_lock_ends_within_a_quarter_of_an_hour() {
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
    let setup = Setup::new();
    let spellings = [
        "José@example.com",
        " JOSÉ@EXAMPLE.COM ",
        "jose\u{301}@example.com",
        "jOSE\u{301}@Example.com",
    ];
    for n in 0..PAIR {
        setup.fail(spellings[n % 4], source(1)).unwrap();
    }
    assert!(spellings.iter().all(|name| setup.begin(name, source(1)).is_err()));
}

#[test]
fn the_same_name_in_two_realms_is_two_names() {
    let setup = Setup::new();
    while setup.fail("ann", source(1)).is_ok() {}
    let (other, ann) = (Realm::parse("pbx").unwrap(), FoldedLogin::parse("ann").unwrap());
    assert!(setup.throttle.begin(&other, Some(&ann), source(1)).is_ok());
}

#[test]
fn a_thousand_names_guessed_once_each_from_one_address_are_stopped() {
    let setup = Setup::new();
    let passed = (0..1000)
        .filter(|n| setup.fail(&format!("unknown-{n}"), source(1)).is_ok())
        .count();
    assert_eq!(passed, ADDRESS);
    assert_eq!(setup.throttle.counters().refused_by_address, 950);
    assert!(setup.fail("unknown-0", source(2)).is_ok());
}

#[test]
fn impossible_names_are_counted_too() {
    let setup = Setup::new();
    let passed = (1..1000)
        .filter(|n| setup.fail(&"\u{1}".repeat(*n), source(1)).is_ok())
        .count();
    assert_eq!(passed, PAIR);
}

#[test]
fn the_addresses_of_one_ipv6_network_count_as_one() {
    let setup = Setup::new();
    let host = |n: u32| format!("2001:db8::{n:x}").parse().unwrap();
    let passed = (0..1000).filter(|n| setup.fail("ann", host(*n)).is_ok()).count();
    assert_eq!(passed, PAIR);
    assert!(setup.begin("ann", "2001:db8:0:1::1".parse().unwrap()).is_ok());
}

#[test]
fn a_hundred_failures_for_one_name_are_too_many_from_however_many_addresses() {
    let setup = Setup::new();
    // One each second: what is forgotten meanwhile does not make room enough.
    let mut passed = 0;
    for n in 0..101 {
        setup.seconds_pass(1);
        passed += usize::from(setup.fail("ann", address(n)).is_ok());
    }
    assert!((ACCOUNT..100).contains(&passed), "{passed}");
    let refused = setup.succeed("ann", address(200)).unwrap_err();
    setup.clock.advance(refused.retry_after);
    setup.succeed("ann", address(200)).unwrap();
}

#[test]
fn an_attacker_elsewhere_cannot_lock_an_owner_out_of_a_familiar_address() {
    let setup = Setup::new();
    setup.succeed("ann", source(1)).unwrap();
    for n in 0..1000 {
        let _refused_in_the_end = setup.fail("ann", address(n));
    }
    assert!(setup.begin("ann", address(2000)).is_err());
    setup.succeed("ann", source(1)).unwrap();
    // A familiar address allows no more guesses than any other.
    let passed = (0..100).filter(|_| setup.fail("ann", source(1)).is_ok()).count();
    assert_eq!(passed, PAIR);
}

#[test]
fn a_success_resets_the_strict_counter_and_no_other() {
    let setup = Setup::new();
    for _ in 0..ADDRESS / 5 {
        for _ in 0..5 {
            setup.fail("mallory", source(1)).unwrap();
        }
        let _refused_in_the_end = setup.succeed("mallory", source(1));
    }
    assert!(setup.begin("mallory", source(2)).is_ok());
    assert!(
        setup.begin("ann", source(1)).is_err(),
        "own successes allow no further guesses"
    );
}

#[test]
fn concurrent_guesses_learn_as_little_as_guesses_in_a_row() {
    let setup = Setup::new();
    let attempts: Vec<_> = (0..100).map(|_| setup.begin("ann", source(1)).unwrap()).collect();
    let counted = attempts[..99]
        .iter()
        .filter(|a| setup.throttle.failed(a).is_ok())
        .count();
    assert_eq!(counted, PAIR);
    assert!(
        setup.throttle.succeeded(&attempts[99]).is_err(),
        "the right one came too late"
    );
}

#[test]
fn concurrent_right_passwords_all_pass() {
    let setup = Setup::new();
    let attempts: Vec<_> = (0..100).map(|_| setup.begin("ann", source(1)).unwrap()).collect();
    assert!(attempts.iter().all(|attempt| setup.throttle.succeeded(attempt).is_ok()));
}

#[test]
fn an_attempt_without_a_result_counts_nowhere() {
    let setup = Setup::new();
    for _ in 0..1000 {
        let _ = setup.begin("ann", source(1)).unwrap();
    }
    assert_eq!(setup.throttle.counters().failures, 0);
}

#[test]
fn a_flood_of_names_does_not_remove_a_lock() {
    let setup = Setup::with(ThrottleLimits {
        capacity: 256,
        ..ThrottleLimits::default()
    });
    while setup.fail("ann", source(1)).is_ok() {}
    for n in 0..20_000 {
        let _counted_or_refused = setup.fail(&format!("name-{n}"), address(n));
    }
    assert!(setup.begin("ann", source(1)).is_err());
    let shown = format!("{:?}", setup.throttle);
    assert!(shown.contains("Slots(256)"), "as large as it was made: {shown}");
}

#[test]
fn a_table_full_of_locks_keeps_them_and_counts_what_it_had_no_room_for() {
    let limits = ThrottleLimits {
        pair: Allowance::new(1, Duration::from_secs(600)).unwrap(),
        capacity: 8,
        ..ThrottleLimits::default()
    };
    let setup = Setup::with(limits);
    for n in 0..9 {
        setup.fail(&format!("name-{n}"), address(n)).unwrap();
    }
    let locked = (0..9)
        .filter(|n| setup.begin(&format!("name-{n}"), address(*n)).is_err())
        .count();
    assert_eq!((locked, setup.throttle.counters().uncounted), (8, 1));
}

#[test]
fn no_name_prints() {
    let setup = Setup::new();
    let attempt = setup.begin("canary-name", source(1)).unwrap();
    setup.throttle.failed(&attempt).unwrap();
    assert!(!format!("{attempt:?} {:?}", setup.throttle).contains("canary"));
}
