//! A chain over the audit log of a database, and what a reader of it finds.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    AuditAnchor, AuditEvent, AuditKey, AuditSealer, AuditStore, AuditVerifier, Clock, FaultKind, Provenance, SealError,
    Sealed, SecretKey, SystemClock, Timestamp,
};
use store_diesel::DieselStore;

use crate::support::Fresh;
use crate::support::things::NOW;

/// How often is looked whether other users of the database let entries become final, and the pause in between.
const TRIES: usize = 6000;
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) struct Chain {
    audit: Arc<dyn AuditStore>,
    sealer: AuditSealer,
    clock: Arc<SystemClock>,
    master: u8,
}

impl Chain {
    pub(crate) fn new(fresh: &Fresh) -> Self {
        Self::under(fresh, 7)
    }

    /// Under another master key.
    pub(crate) fn under(fresh: &Fresh, master: u8) -> Self {
        Self::over(&fresh.store, master)
    }

    /// By another node.
    pub(crate) fn on(node: &DieselStore) -> Self {
        Self::over(node, 7)
    }

    fn over(store: &DieselStore, master: u8) -> Self {
        let clock = Arc::new(SystemClock::new());
        Self {
            audit: store.audit(),
            sealer: AuditSealer::new(store.audit(), key(master), clock.clone(), Duration::ZERO),
            clock,
            master,
        }
    }

    /// Entries 1 to 30 in three seals.
    pub(crate) async fn of_three_seals(fresh: &Fresh) -> Self {
        let chain = Self::new(fresh);
        for _ in 0..3 {
            chain.append_and_seal(10).await;
        }
        chain
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_millis(1))
    }

    /// So many entries that differ in every field.
    pub(crate) async fn append(&self, count: i64) {
        let entry = |number: i64| {
            let by = Provenance::client([192, 0, 2, (number % 250) as u8].into(), &format!("request-{number}"));
            let entry = by.entry(AuditEvent::PasswordSet, NOW.plus(Duration::from_millis(number as u64)));
            let entry = entry.subject(auth_core::Subject(number)).flavour("device");
            entry.detail(&format!("entry {number}"))
        };
        let entries: Vec<_> = (0..count).map(entry).collect();
        self.audit.append(&entries).await.unwrap();
    }

    pub(crate) async fn seal(&self) -> Result<Sealed, SealError> {
        self.sealer.run().await
    }

    /// Seals until the chain has so many entries.
    pub(crate) async fn seal_until(&self, entries: i64) {
        for _ in 0..TRIES {
            let anchor = self.seal().await.unwrap().anchor;
            if anchor.is_some_and(|anchor| anchor.entries >= entries) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{entries} entries are not sealed");
    }

    /// Appends so many entries, and makes one seal of them.
    pub(crate) async fn append_and_seal(&self, count: i64) {
        let before = self.seal().await.unwrap().anchor.map_or(0, |anchor| anchor.entries);
        self.append(count).await;
        self.seal_until(before + count).await;
    }

    pub(crate) async fn purge(&self, before: Timestamp) -> u64 {
        self.sealer.purge(before).await.unwrap()
    }

    pub(crate) async fn restart(&self) {
        let entry = Provenance::SERVER.entry(AuditEvent::AuditRestarted, NOW);
        self.sealer.restart(entry).await.unwrap();
    }

    pub(crate) async fn anchor(&self) -> AuditAnchor {
        self.seal().await.unwrap().anchor.unwrap()
    }

    pub(crate) async fn faults(&self) -> Vec<(FaultKind, Option<i64>)> {
        self.faults_with(Vec::new()).await
    }

    pub(crate) async fn faults_with(&self, anchors: Vec<AuditAnchor>) -> Vec<(FaultKind, Option<i64>)> {
        let verifier = AuditVerifier::new(self.audit.clone(), key(self.master), anchors);
        let verdict = verifier.verify(|_| {}).await.unwrap();
        verdict
            .faults
            .iter()
            .map(|fault| (fault.kind, fault.sequence))
            .collect()
    }

    pub(crate) async fn first_fault(&self) -> (FaultKind, Option<i64>) {
        *self.faults().await.first().expect("a fault")
    }
}

fn key(master: u8) -> AuditKey {
    AuditKey::derive(&SecretKey::from_bytes([master; 32]))
}
