//! Refused sign-ins are answered at a bounded rate, none too late.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::{LateRefusal, RefusalLimits, RefusalPace};

const LIMITS: RefusalLimits = RefusalLimits {
    per_second: 100,
    latest: Duration::from_secs(2),
    waiting: 500,
};

fn full() -> (Arc<RefusalPace>, Vec<LateRefusal>) {
    let pace = RefusalPace::new(LIMITS);
    let all = (0..500).map(|_| pace.enter().unwrap()).collect();
    (pace, all)
}

#[test]
fn one_client_that_comes_back_at_once_is_answered_at_the_rate() {
    let pace = RefusalPace::new(LIMITS);
    for _ in 0..1000 {
        assert_eq!(pace.enter().unwrap().time(), Duration::from_millis(10));
    }
}

#[test]
fn each_is_later_than_the_one_before_and_none_is_too_late() {
    let (_pace, all) = full();
    for (refusal, number) in all.iter().zip(1..) {
        let expected = Duration::from_millis(10) * number;
        assert_eq!(refusal.time(), expected.min(LIMITS.latest), "{number}");
    }
}

#[test]
fn as_many_wait_as_there_is_room_for_and_the_next_one_is_not_kept() {
    let (pace, mut all) = full();
    assert!(pace.enter().is_none());
    all.pop();
    assert!(pace.enter().is_some());
    drop(all);
    assert_eq!(pace.waiting(), 0);
}

#[test]
fn those_who_go_away_make_the_next_ones_less_late() {
    let (pace, all) = full();
    drop(all);
    assert_eq!(pace.enter().unwrap().time(), Duration::from_millis(10));
}
