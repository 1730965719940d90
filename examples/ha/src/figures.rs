//! The figures of one fault.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::{Fault, is_login};
use crate::history::{Event, What, violations};

/// What a fault did to the clients.
pub struct Figures {
    pub fault: &'static str,
    /// Answers that were judged.
    pub answers: usize,
    /// Questions without an answer, or with a 5xx.
    pub unanswered: usize,
    /// The longest time between two sign-ins that were answered.
    pub without_logins: Duration,
    /// The longest time between two checks, of a session that every node knows, that were answered with 200.
    pub without_checks: Duration,
    /// How many of these checks were not answered so.
    pub unanswered_checks: usize,
    /// Of so many.
    pub checks: usize,
    /// The longest time for which a token was accepted after its end had been answered.
    pub accepted_after_its_end: Duration,
    /// How often a node noticed that the database was another than before.
    pub noticed: usize,
    /// What breaks the promise.
    pub violations: Vec<String>,
    /// What was answered and is lost, where that is no break.
    pub lost: Vec<String>,
}

impl Figures {
    /// Of what was answered, from the moment of the fault on.
    pub fn of(fault: &Fault, events: &[Event], from: Duration, noticed: usize, mut not_kept: Vec<String>) -> Self {
        let is_check = |event: &&Event| event.what == What::SteadyCheck;
        let checks = events.iter().filter(is_check);
        let mut lost = violations(events);
        if !fault.may_lose() {
            not_kept.append(&mut lost);
        }
        Self {
            fault: fault.name,
            answers: events.len(),
            unanswered: events.iter().filter(|event| matches!(event.status, 0 | 500..)).count(),
            without_logins: longest_gap(events.iter().filter(|event| is_login(event)), from),
            without_checks: longest_gap(checks.clone().filter(|event| event.is_answered()), from),
            checks: checks.clone().count(),
            unanswered_checks: checks.filter(|event| !event.is_answered()).count(),
            accepted_after_its_end: accepted_after_its_end(events),
            noticed,
            violations: not_kept,
            lost,
        }
    }

    pub fn is_as_promised(&self) -> bool {
        self.violations.is_empty()
    }

    /// For people.
    pub fn row(&self) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let mut row = format!(
            "{}: {} answers judged ({} of them 5xx or none), {} without logins, {} without checks ({} of {} checks unanswered), \
             accepted for at most {} ms after its end, noticed {} times, {} lost, {} violations",
            self.fault,
            self.answers,
            self.unanswered,
            seconds(self.without_logins),
            seconds(self.without_checks),
            self.unanswered_checks,
            self.checks,
            self.accepted_after_its_end.as_millis(),
            self.noticed,
            self.lost.len(),
            self.violations.len(),
        );
        for violation in self.violations.iter().chain(&self.lost).take(10) {
            row.push_str("\n  ");
            row.push_str(violation);
        }
        row
    }

    /// For programs; times in seconds.
    pub fn json(&self) -> Value {
        json!({
            "fault": self.fault,
            "answers": self.answers,
            "unanswered": self.unanswered,
            "seconds_without_logins": self.without_logins.as_secs_f64(),
            "seconds_without_checks": self.without_checks.as_secs_f64(),
            "checks": self.checks,
            "unanswered_checks": self.unanswered_checks,
            "seconds_accepted_after_its_end": self.accepted_after_its_end.as_secs_f64(),
            "noticed": self.noticed,
            "lost": self.lost,
            "violations": self.violations,
        })
    }
}

/// Between two answers one after the other, of which the second came after `from`.
fn longest_gap<'a>(events: impl Iterator<Item = &'a Event>, from: Duration) -> Duration {
    let mut times: Vec<Duration> = events.map(|event| event.answered).collect();
    times.sort_unstable();
    let pairs = times.windows(2).filter(|pair| pair[1] > from);
    pairs.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// How long after the first answer that a session had ended a check of it was sent and accepted.
fn accepted_after_its_end(events: &[Event]) -> Duration {
    let mut ended: HashMap<u64, Duration> = HashMap::new();
    let ends = events
        .iter()
        .filter(|event| matches!(event.what, What::LogOut | What::Revoke) && event.status == 200);
    for (session, event) in ends.filter_map(|event| Some((event.session?, event))) {
        let first = ended.entry(session).or_insert(event.answered);
        *first = event.answered.min(*first);
    }
    let accepted = events
        .iter()
        .filter(|event| event.what == What::Check && event.status == 200);
    let late = accepted.filter_map(|event| event.asked.checked_sub(*ended.get(&event.session?)?));
    late.max().unwrap_or_default()
}
