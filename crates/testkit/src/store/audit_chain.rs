//! The audit log: how it is read, sealed and shortened.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    AuditCursor, AuditEvent, AuditFilter, AuditKey, AuditRow, AuditSealer, AuditStore, AuditVerdict, AuditVerifier,
    Clock, Provenance, SecretKey, StoreError, Subject, UnsealedEntries,
};

use super::fixture::{Fixture, NOW, token_of};
use crate::ManualClock;
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// How often is looked whether other users of the database let entries become final, and the pause in between.
const TRIES: usize = 6000;
const PAUSE: Duration = Duration::from_millis(10);

fn audit_key() -> AuditKey {
    AuditKey::derive(&SecretKey::from_bytes([7; 32]))
}

impl Fixture {
    fn sealer(&self, clock: &Arc<ManualClock>) -> AuditSealer {
        let store = self.ports.audit.clone();
        AuditSealer::new(store, audit_key(), clock.clone(), Duration::from_secs(1))
    }

    async fn verify(&self) -> AuditVerdict {
        let verifier = AuditVerifier::new(self.ports.audit.clone(), audit_key(), Vec::new());
        verifier.verify(|_| {}).await.expect("verify")
    }

    /// So many entries of one event, each about another account.
    async fn append(&self, event: AuditEvent, subjects: std::ops::Range<i64>) {
        let entry = |subject| Provenance::SERVER.entry(event, NOW).subject(Subject(subject));
        let entries: Vec<_> = subjects.map(entry).collect();
        self.ports.audit.append(&entries).await.expect("append");
    }

    /// Seals until so many entries are sealed in all. On a database that others use, an entry can be final late.
    async fn seal_until(&self, sealer: &AuditSealer, clock: &ManualClock, entries: i64) {
        for _ in 0..TRIES {
            clock.advance(Duration::from_secs(1));
            let anchor = sealer.run().await.expect("seal").anchor;
            if anchor.is_some_and(|anchor| anchor.entries >= entries) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{entries} entries are not sealed");
    }

    /// So many settled entries, read in pages.
    async fn settled(&self, limit: u32, entries: usize) -> Vec<i64> {
        let (mut cursor, mut read) = (AuditCursor::default(), Vec::new());
        for _ in 0..TRIES {
            let page = self.ports.audit.settled(&cursor, limit).await.expect("settled");
            assert!(page.rows.len() <= limit as usize, "a page is too long");
            read.extend(page.rows.iter().map(|row| row.sequence));
            cursor = page.cursor;
            if page.rows.is_empty() && read.len() >= entries {
                return read;
            }
            if page.rows.is_empty() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        panic!("{entries} entries are not settled");
    }
}

/// Entries are found by each thing that they say, newest first, and in pages each comes once.
pub async fn entries_are_found_by_what_they_say(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let entry = |event, subject: i64| {
        let client = Provenance::client([192, 0, 2, subject as u8].into(), &format!("request-{subject}"));
        let entry = client.entry(event, NOW.plus(Duration::from_secs(subject as u64)));
        entry.subject(Subject(subject)).detail("of the law")
    };
    let entries: Vec<_> = (1..=20)
        .map(|subject| match subject % 2 {
            0 => entry(AuditEvent::PasswordSet, subject).flavour("even"),
            _ => entry(AuditEvent::TokenRevoked, subject).realm(&fixture.realm),
        })
        .collect();
    fixture.ports.audit.append(&entries).await.expect("append");
    let of = |filter: AuditFilter| {
        let audit = fixture.ports.audit.clone();
        async move {
            let rows = audit.find_entries(&filter, None, 1000).await.expect("find_entries");
            let ours = rows
                .iter()
                .filter(|row| row.entry.detail.as_deref() == Some("of the law"));
            ours.filter_map(|row| row.entry.subject).collect::<Vec<_>>()
        }
    };
    let any = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let even: Vec<i64> = (1..=20).rev().filter(|subject| subject % 2 == 0).collect();
    let odd: Vec<i64> = (1..=20).rev().filter(|subject| subject % 2 == 1).collect();
    type Field = fn(&mut AuditFilter) -> &mut Option<String>;
    let by_text: [(Field, &str, &[i64]); 7] = [
        (|filter| &mut filter.event, "password_set", &even),
        (|filter| &mut filter.flavour, "even", &even),
        (|filter| &mut filter.realm, fixture.realm.as_str(), &odd),
        (|filter| &mut filter.source, "192.0.2.7", &[7]),
        (|filter| &mut filter.request, "request-7", &[7]),
        (|filter| &mut filter.outcome, "refused", &[]),
        (|filter| &mut filter.event, "no_event", &[]),
    ];
    for (field, value, expected) in by_text {
        let mut filter = any();
        *field(&mut filter) = text(value);
        assert_eq!(of(filter).await, expected, "{value}");
    }
    let (subject, token) = (Some(7), Some(7));
    assert_eq!(of(AuditFilter { subject, ..any() }).await, [7]);
    assert!(of(AuditFilter { token, ..any() }).await.is_empty());
    let (since, until) = (
        Some(NOW.plus(Duration::from_secs(19))),
        Some(NOW.plus(Duration::from_secs(3))),
    );
    assert_eq!(of(AuditFilter { since, ..any() }).await, [20, 19]);
    assert_eq!(of(AuditFilter { until, ..any() }).await, [2, 1]);
    let (mut before, mut read) = (None, Vec::new());
    loop {
        let page = fixture.ports.audit.find_entries(&any(), before, 3).await;
        let page = page.expect("find_entries");
        assert!(page.len() <= 3, "a page is too long");
        before = page.last().map(|row| row.sequence);
        if before.is_none() {
            break;
        }
        read.extend(page.into_iter().map(|row| row.sequence));
    }
    let all: Vec<i64> = fixture.entries().await.iter().rev().map(|row| row.sequence).collect();
    assert_eq!(read, all);
    Ok(())
}

/// Over all pages, and beside writers, each entry is settled once.
pub async fn an_entry_is_settled_once(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let tokens = fixture.ports.tokens.clone();
    at_once(fixture.harness.crowd(), |_| {
        let (tokens, new) = (tokens.clone(), token_of(&owner));
        async move { tokens.insert(new).await.expect("insert") }
    })
    .await;
    let all: BTreeSet<i64> = fixture.entries().await.iter().map(|row| row.sequence).collect();
    for limit in [1, 7, 1000] {
        let read = fixture.settled(limit, all.len()).await;
        assert_eq!(read.len(), all.len(), "in pages of {limit}");
        assert_eq!(read.into_iter().collect::<BTreeSet<i64>>(), all, "in pages of {limit}");
    }
    Ok(())
}

/// Of several that seal at the same time, each entry is sealed by one, and the chain is whole.
pub async fn an_entry_is_sealed_once_by_a_crowd(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let clock = Arc::new(ManualClock::new());
    let sealers: Vec<_> = (0..8).map(|_| Arc::new(fixture.sealer(&clock))).collect();
    let mut sealed = 0;
    for round in 0..5 {
        fixture
            .append(AuditEvent::PasswordSet, round * 100..round * 100 + 100)
            .await;
        clock.advance(Duration::from_secs(1));
        let done = at_once(sealers.len(), |index| {
            let sealer = sealers[index].clone();
            async move { sealer.run().await.expect("seal").entries }
        });
        sealed += done.await.iter().sum::<u64>();
    }
    let entries = fixture.entries().await.len() as u64;
    assert!(sealed <= entries, "{sealed} of {entries} entries were sealed");
    fixture.seal_until(&sealers[0], &clock, entries as i64).await;
    let verdict = fixture.verify().await;
    assert_eq!(verdict.faults, []);
    assert_eq!((verdict.entries, verdict.unsealed), (entries, 0));
    Ok(())
}

/// What is removed is the oldest, whole seals of it, at most a thousand entries at once; the rest is whole, and new entries
/// continue it.
pub async fn a_shortened_log_is_whole(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let clock = Arc::new(ManualClock::new());
    let sealer = fixture.sealer(&clock);
    let mut before = NOW;
    for round in 0..6 {
        before = clock.now().plus(Duration::from_millis(1));
        fixture
            .append(AuditEvent::PasswordSet, round * 400..round * 400 + 400)
            .await;
        let entries = fixture.entries().await.len() as i64;
        fixture.seal_until(&sealer, &clock, entries).await;
    }
    let all = fixture.entries().await.len() as u64;
    let mut removed = 0;
    loop {
        let step = sealer.purge(before).await.expect("purge");
        assert!(step <= 1000, "{step} entries at once");
        let verdict = fixture.verify().await;
        assert_eq!(verdict.faults, [], "after {removed} and {step}");
        removed += step;
        if step == 0 {
            break;
        }
    }
    assert_eq!(fixture.entries().await.len() as u64, all - removed);
    assert_eq!(removed, all - 400);
    assert!(fixture.verify().await.removed_until.is_some());
    fixture.append(AuditEvent::PasswordSet, 0..10).await;
    fixture.seal_until(&sealer, &clock, all as i64 + 10).await;
    let verdict = fixture.verify().await;
    assert_eq!((verdict.faults, verdict.entries), (Vec::new(), 410));
    Ok(())
}

/// A chain that is begun anew has all entries that are there, and one about that; sealers that run go on.
pub async fn a_chain_begun_anew_is_whole(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let clock = Arc::new(ManualClock::new());
    let sealer = fixture.sealer(&clock);
    fixture.append(AuditEvent::PasswordSet, 0..10).await;
    let entries = fixture.entries().await.len() as i64;
    fixture.seal_until(&sealer, &clock, entries).await;
    let entry = Provenance::operator("root", "audit restart").entry(AuditEvent::AuditRestarted, NOW);
    fixture.sealer(&clock).restart(entry).await.expect("restart");
    let rows = fixture.entries().await;
    assert_eq!(rows.len() as i64, entries + 1);
    assert_eq!(rows.last().map(|row| &*row.entry.event), Some("audit_restarted"));
    fixture.seal_until(&sealer, &clock, entries + 1).await;
    assert_eq!(fixture.verify().await.faults, []);
    Ok(())
}

/// The entries above a number, as those that were copied without a seal.
struct Copied {
    audit: Arc<dyn AuditStore>,
    last: i64,
}

#[async_trait]
impl UnsealedEntries for Copied {
    async fn unsealed(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.audit.rows(after.max(self.last), i64::MAX, limit).await
    }
}

/// A chain that was copied from another store, where positions were others, goes on: what no seal has is sealed, and then each
/// entry that is written is sealed once.
pub async fn a_copied_chain_goes_on(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let clock = Arc::new(ManualClock::new());
    let sealer = fixture.sealer(&clock);
    fixture.append(AuditEvent::PasswordSet, 0..10).await;
    let sealed = fixture.entries().await;
    fixture.seal_until(&sealer, &clock, sealed.len() as i64).await;
    let last = sealed.last().map_or(0, |row| row.sequence);
    fixture.append(AuditEvent::PasswordSet, 0..1500).await;
    let audit = fixture.ports.audit.clone();
    let copied = Copied {
        audit: audit.clone(),
        last,
    };
    fixture.sealer(&clock).take_over(&copied).await.expect("take_over");
    let marks = audit.marks().await;
    let verdict = fixture.verify().await;
    let entries = sealed.len() as u64 + 1500;
    assert_eq!(
        (verdict.faults, verdict.entries, verdict.unsealed),
        (Vec::new(), entries, 0)
    );
    fixture.sealer(&clock).take_over(&copied).await.expect("take_over");
    assert_eq!(audit.marks().await, marks, "it is done");
    fixture.append(AuditEvent::PasswordSet, 0..20).await;
    fixture
        .seal_until(&fixture.sealer(&clock), &clock, entries as i64 + 20)
        .await;
    let verdict = fixture.verify().await;
    assert_eq!(
        (verdict.faults, verdict.entries, verdict.unsealed),
        (Vec::new(), entries + 20, 0)
    );
    Ok(())
}
