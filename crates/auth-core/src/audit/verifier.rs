//! Reads the whole chain and every entry, and names what is not as it was sealed.

mod entries;
mod reading;

use std::sync::Arc;

use super::anchor::AuditAnchor;
use super::fault::Fault;
use super::key::AuditKey;
use super::mark::AuditMarks;
use super::store::AuditStore;
use crate::contract::clock::Timestamp;
use crate::contract::error::StoreError;

use reading::Reading;

const SEALS_AT_ONCE: u32 = 100;

/// What a reading has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, in the order of the chain. Empty: nothing.
    pub faults: Vec<Fault>,
    /// How many seals were checked.
    pub seals: u64,
    /// How many sealed entries were checked.
    pub entries: u64,
    /// How many entries are not sealed yet.
    pub unsealed: u64,
    /// The time of the oldest entry that is not sealed yet.
    pub unsealed_since: Option<Timestamp>,
    /// The last seal that was removed by the retention; `None`: nothing was removed.
    pub removed_until: Option<i64>,
    /// Anchors of seals that were removed by the retention: they cannot be compared any more.
    pub anchors_too_old: usize,
    /// Where the chain ends.
    pub end: Option<AuditAnchor>,
}

/// Checks the chain of one store. Servers may go on writing and removing meanwhile.
#[derive(Debug)]
pub struct AuditVerifier {
    store: Arc<dyn AuditStore>,
    key: AuditKey,
    anchors: Vec<AuditAnchor>,
}

impl AuditVerifier {
    /// A verifier that compares the chain with these anchors too.
    pub fn new(store: Arc<dyn AuditStore>, key: AuditKey, mut anchors: Vec<AuditAnchor>) -> Self {
        anchors.sort_by_key(|anchor| anchor.number);
        Self { store, key, anchors }
    }

    /// Reads everything once, and calls `progress` with the number of entries checked after each page.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Verdict, StoreError> {
        let marks = self.store.marks().await?;
        let mut reading = Reading::new(self, marks.start);
        if marks == AuditMarks::default() && !self.store.has_seal_after(i64::MIN).await? {
            reading.check_anchors_after(0);
            return reading.finish_unsealed().await;
        }
        reading.check_start();
        loop {
            let seals = match self.store.seals(reading.number, SEALS_AT_ONCE).await {
                Err(StoreError::Corrupt(why)) => return Ok(reading.give_up(why)),
                seals => seals?,
            };
            if seals.is_empty() {
                let end = self.store.marks().await?.end;
                if end.is_some_and(|end| end.number > reading.number && reading.may_read_again(end.number)) {
                    continue;
                }
                reading.check_end(end);
                return reading.finish().await;
            }
            for seal in &seals {
                reading.check(seal).await?;
                if reading.is_full() {
                    return Ok(reading.verdict);
                }
            }
            progress(reading.verdict.entries);
        }
    }
}
