//! Refused sign-ins are answered at a bounded rate, none too late. Time passes only when a test moves the clock.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{RefusalLimits, RefusalPace};
use password_support::TestClock;

const LIMITS: RefusalLimits = RefusalLimits {
    per_second: 100,
    latest: Duration::from_secs(2),
    waiting: 500,
};

fn pace() -> (Arc<RefusalPace>, Arc<TestClock>) {
    let clock = Arc::new(TestClock::default());
    (RefusalPace::new(LIMITS, clock.clone()), clock)
}

#[test]
fn below_the_rate_a_refusal_is_answered_at_once() {
    let (pace, clock) = pace();
    for _ in 0..1000 {
        assert_eq!(pace.enter().unwrap().time(), Duration::ZERO);
        clock.advance(Duration::from_millis(10));
    }
}

#[test]
fn above_the_rate_each_is_later_than_the_one_before_and_none_is_too_late() {
    let (pace, _clock) = pace();
    let all: Vec<_> = (0..500).map(|_| pace.enter().unwrap()).collect();
    for (number, refusal) in all.iter().enumerate() {
        let expected = Duration::from_millis(10) * number as u32;
        assert_eq!(refusal.time(), expected.min(LIMITS.latest), "{number}");
    }
}

#[test]
fn as_many_wait_as_there_is_room_for_and_the_next_one_is_not_kept() {
    let (pace, _clock) = pace();
    let mut all: Vec<_> = (0..500).map(|_| pace.enter().unwrap()).collect();
    assert!(pace.enter().is_none());
    all.pop();
    assert!(pace.enter().is_some());
    drop(all);
    assert_eq!(pace.waiting(), 0);
}

#[test]
fn after_a_flood_the_next_refusals_are_at_once_again() {
    let (pace, clock) = pace();
    (0..400).for_each(|_| drop(pace.enter()));
    clock.advance(LIMITS.latest + Duration::from_millis(10));
    assert_eq!(pace.enter().unwrap().time(), Duration::ZERO);
}
