//! What happened, in order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use auth_core::SecretKey;

use super::{Rule, Violation};

/// How many of the last events are kept for people.
const KEPT: usize = 400;

/// The events of one simulation.
pub(super) struct History {
    last: VecDeque<String>,
    /// Of all events in order: equal for equal histories.
    digest: [u8; 32],
    answers: BTreeMap<&'static str, u64>,
    pub(super) violation: Option<Violation>,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            last: VecDeque::new(),
            digest: [0; 32],
            answers: BTreeMap::new(),
            violation: None,
        }
    }

    pub(super) fn note(&mut self, at: Duration, event: &str) {
        let line = format!("{:>14.9} {event}", at.as_secs_f64());
        self.digest = SecretKey::from_bytes(self.digest).mac(&[line.as_bytes()]);
        self.last.push_back(line);
        if self.last.len() > KEPT {
            self.last.pop_front();
        }
    }

    pub(super) fn count(&mut self, answer: &'static str) {
        *self.answers.entry(answer).or_default() += 1;
    }

    /// A rule was broken: the first time ends the simulation.
    pub(super) fn broken(&mut self, rule: Rule, how: String) {
        let history = &self.last;
        self.violation.get_or_insert_with(|| Violation {
            rule,
            how,
            history: history.iter().cloned().collect(),
        });
    }

    pub(super) fn digest(&self) -> String {
        crate::simple::hex(&self.digest)
    }

    pub(super) fn answers(&self) -> BTreeMap<&'static str, u64> {
        self.answers.clone()
    }
}
