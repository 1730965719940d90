//! Signing keys.

use std::fmt;
use std::time::Duration;

use auth_core::Timestamp;
use keystore::{KeyPurpose, KeySchedule};

use crate::metrics::Sources;
use crate::metrics::page::{Labels, Page};

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let (health, now) = (sources.keyring.health(), sources.clock.now());
    let age = health.read_at.map(|read_at| {
        let age = sources.clock.monotonic().saturating_sub(read_at);
        (Vec::new(), age.as_secs_f64())
    });
    page.gauges("keys_age_seconds", "Time since the signing keys were last read.", age)?;
    let schedules = sources.keyring.schedules();
    let failing = schedules.iter().map(|(purpose, _)| {
        let is_failing = health.failing.contains(purpose);
        (labels(purpose), u32::from(is_failing))
    });
    page.gauges(
        "keys_failing",
        "1 where a signing key is damaged or no key signs, 0 elsewhere.",
        failing,
    )?;
    let in_use = schedules.iter();
    page.gauges(
        "signing_key_age_seconds",
        "How long the current signing key has been signing.",
        in_use.filter_map(|(purpose, schedule)| age_of(purpose, *schedule, now)),
    )?;
    let next = schedules.iter();
    page.gauges(
        "next_signing_key_seconds",
        "Time until the next signing key takes over; nothing where none is published.",
        next.filter_map(|(purpose, schedule)| time_to_next(purpose, *schedule, now)),
    )
}

fn labels(purpose: &KeyPurpose) -> Labels<'_> {
    vec![("flavour", purpose.flavour()), ("algorithm", purpose.algorithm())]
}

fn age_of(purpose: &KeyPurpose, schedule: KeySchedule, now: Timestamp) -> Option<(Labels<'_>, f64)> {
    let since = schedule.signs_since?;
    Some((labels(purpose), seconds(now.since(since))))
}

fn time_to_next(purpose: &KeyPurpose, schedule: KeySchedule, now: Timestamp) -> Option<(Labels<'_>, f64)> {
    let next = schedule.next_signs?;
    Some((labels(purpose), seconds(next.since(now))))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
