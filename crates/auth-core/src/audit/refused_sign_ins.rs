//! Refused sign-ins, summed up: anybody can cause them at any rate, so each has a line in the log, and the audit log gets
//! counts.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::entry::{AuditEntry, AuditOutcome};
use super::event::AuditEvent;
use super::provenance::Provenance;
use crate::contract::account::{Realm, Subject};
use crate::contract::clock::Timestamp;

/// How many different refusals are counted each for itself between two summaries.
const MOST: usize = 20;

/// What refusals that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Refusal {
    realm: String,
    reason: String,
    /// The account, and the address; `None` where more was counted together.
    subject: Option<i64>,
    source: Option<IpAddr>,
}

/// Counts refused sign-ins by realm, reason, account and address, between two summaries.
///
/// # Security
/// It counts at most 20 different ones; whatever comes beyond that is counted by realm and reason alone. So an attacker adds at
/// most 20 entries and one for each realm and reason to a summary, at whatever rate passwords are guessed.
#[derive(Debug, Default)]
pub(crate) struct RefusedSignIns(Mutex<BTreeMap<Refusal, u64>>);

impl RefusedSignIns {
    /// Counts one.
    pub(crate) fn note(&self, realm: &Realm, reason: &str, subject: Option<Subject>, source: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refusal = Refusal {
            realm: realm.as_str().to_owned(),
            reason: reason.to_owned(),
            subject: subject.map(|subject| subject.0),
            source: Some(source),
        };
        if counts.len() >= MOST && !counts.contains_key(&refusal) {
            (refusal.subject, refusal.source) = (None, None);
        }
        *counts.entry(refusal).or_default() += 1;
    }

    /// The counts since the last summary, as entries.
    pub(crate) fn take(&self, now: Timestamp) -> Vec<AuditEntry> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts
            .into_iter()
            .map(|(refusal, times)| refusal.into_entry(times, now))
            .collect()
    }
}

impl Refusal {
    fn into_entry(self, times: u64, now: Timestamp) -> AuditEntry {
        let entry = Provenance::SERVER.entry(AuditEvent::SignInsRefused, now);
        let entry = entry.with_outcome(AuditOutcome::Refused);
        AuditEntry {
            realm: Some(self.realm),
            subject: self.subject,
            source: self.source.map(|source| source.to_string()),
            ..entry.detail(&format!("{times} {}", self.reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn note(counts: &RefusedSignIns, reason: &str, subject: i64) {
        let realm = Realm::parse("pbx").unwrap();
        counts.note(&realm, reason, Some(Subject(subject)), IpAddr::from([192, 0, 2, 7]));
    }

    #[test]
    fn a_flood_of_refusals_is_a_bounded_number_of_entries() {
        let counts = RefusedSignIns::default();
        for subject in 0..10_000 {
            note(&counts, "wrong_password", subject);
            note(&counts, "disabled", subject);
        }
        let entries = counts.take(NOW);
        assert!(entries.len() <= MOST + 2, "{}", entries.len());
        let count = |entry: &AuditEntry| {
            let detail = entry.detail.as_deref().unwrap_or_default();
            detail.split(' ').next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(entries.iter().map(count).sum::<u64>(), 20_000);
        assert_eq!(counts.take(NOW), []);
    }

    #[test]
    fn an_entry_says_which_account_from_where_and_why() {
        let counts = RefusedSignIns::default();
        note(&counts, "wrong_password", 7);
        note(&counts, "wrong_password", 7);
        let entries = counts.take(NOW);
        let [entry] = entries.as_slice() else {
            panic!("{entries:?}");
        };
        assert_eq!(
            (entry.subject, entry.detail.as_deref()),
            (Some(7), Some("2 wrong_password"))
        );
        assert_eq!(
            (entry.source.as_deref(), &*entry.outcome),
            (Some("192.0.2.7"), "refused")
        );
    }
}
