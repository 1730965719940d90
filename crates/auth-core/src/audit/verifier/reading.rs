//! How far a reading has come: the seals, the ends, the anchors.

use std::collections::BTreeMap;

use super::{AuditVerifier, Verdict};
use crate::audit::anchor::AuditAnchor;
use crate::audit::entry::AuditRow;
use crate::audit::fault::{Fault, FaultKind};
use crate::audit::key::same;
use crate::audit::mark::{AuditMark, MarkedEnd};
use crate::audit::seal::AuditSeal;
use crate::contract::error::StoreError;

/// How many faults are named; after that the reading ends.
const MOST_FAULTS: usize = 100;

/// How far a reading has come.
pub(super) struct Reading<'a> {
    pub(super) of: &'a AuditVerifier,
    pub(super) verdict: Verdict,
    pub(super) start: Option<AuditMark>,
    /// The last seal read: its number, how many entries the chain has up to it, its hash.
    pub(super) number: i64,
    entries: i64,
    hash: [u8; 32],
    /// The end that was read again for, once.
    expected_end: Option<i64>,
    pub(super) last: Option<AuditSeal>,
    /// Entries were read up to this number; those that no seal has named yet are here.
    pub(super) read: i64,
    pub(super) unclaimed: BTreeMap<i64, AuditRow>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(of: &'a AuditVerifier, start: Option<AuditMark>) -> Self {
        let (number, entries, hash) = start.map_or((0, 0, [0; 32]), |start| (start.number, start.entries, start.mac));
        Self {
            of,
            verdict: Verdict::default(),
            start,
            number,
            entries,
            hash,
            expected_end: None,
            last: None,
            read: i64::MIN,
            unclaimed: BTreeMap::new(),
        }
    }

    pub(super) fn check_start(&mut self) {
        let Some(start) = self.start else {
            return self.fault(Fault::of_mark("the start of the chain is missing"));
        };
        if start.check(&self.of.key, MarkedEnd::Start).is_err() {
            self.fault(Fault::of_mark(
                "the start of the chain is not signed with this master key: it was changed, or this is another key",
            ));
        }
        self.verdict.removed_until = (start.number > 0).then_some(start.number);
        let older = self.of.anchors.iter().filter(|anchor| anchor.number < start.number);
        self.verdict.anchors_too_old = older.count();
        self.check_anchor(start.number, start.entries, &start.mac);
    }

    pub(super) async fn check(&mut self, seal: &AuditSeal) -> Result<(), StoreError> {
        if !seal.is_genuine(&self.of.key) {
            let text = format!("seal {} was changed", seal.number);
            self.fault(Fault::of_seal(FaultKind::SealChanged, seal.number, text));
        } else if seal.number != self.number + 1 {
            // Servers may have removed old ones since this began.
            if !self.was_removed(seal).await? {
                let text = format!("seals {} to {} are missing", self.number + 1, seal.number - 1);
                self.fault(Fault::of_seal(FaultKind::SealMissing, self.number + 1, text));
            }
        } else if !same(&seal.previous, &self.hash) || seal.entries != self.entries + seal.listed.len() as i64 {
            let text = format!("seal {} does not continue seal {}", seal.number, self.number);
            self.fault(Fault::of_seal(FaultKind::SealOfAnotherChain, seal.number, text));
        }
        self.check_anchor(seal.number, seal.entries, &seal.mac);
        self.check_entries(seal).await?;
        (self.number, self.entries, self.hash) = (seal.number, seal.entries, seal.mac);
        self.verdict.seals += 1;
        self.verdict.entries += seal.listed.len() as u64;
        self.last = Some(seal.clone());
        Ok(())
    }

    /// Whether the retention has moved the start to just before this seal.
    async fn was_removed(&mut self, seal: &AuditSeal) -> Result<bool, StoreError> {
        let start = self.of.store.marks().await?.start;
        let genuine = |start: &AuditMark| start.check(&self.of.key, MarkedEnd::Start).is_ok();
        let Some(start) = start.filter(genuine).filter(|start| start.number == seal.number - 1) else {
            return Ok(false);
        };
        self.start = Some(start);
        self.verdict.removed_until = Some(start.number);
        Ok(same(&seal.previous, &start.mac))
    }

    /// Whether there may be seals that were made since the last reading.
    pub(super) fn may_read_again(&mut self, end: i64) -> bool {
        self.expected_end.replace(end) != Some(end)
    }

    pub(super) fn check_end(&mut self, end: Option<AuditMark>) {
        let Some(end) = end else {
            return self.fault(Fault::of_mark("the end of the chain is missing"));
        };
        if end.check(&self.of.key, MarkedEnd::End).is_err() {
            self.fault(Fault::of_mark(
                "the end of the chain is not signed with this master key",
            ));
        } else if end.number > self.number {
            let text = format!(
                "the last {} entries are missing, with their seals {} to {}",
                end.entries - self.entries,
                self.number + 1,
                end.number
            );
            self.fault(Fault::of_seal(FaultKind::Truncated, self.number + 1, text));
        } else if end.number < self.number || end.mac != self.hash {
            self.fault(Fault::of_mark("the end of the chain was replaced by another one"));
        }
        self.check_anchors_after(self.number);
        self.verdict.end = Some(AuditAnchor::of(&end));
    }

    fn check_anchor(&mut self, number: i64, entries: i64, mac: &[u8; 32]) {
        let of_seal = self.of.anchors.iter().filter(|anchor| anchor.number == number);
        if let Some(anchor) = of_seal.clone().find(|anchor| !anchor.fits(entries, mac)) {
            let text = format!("seal {number} is another one than the anchor {anchor} names");
            self.fault(Fault::of_seal(FaultKind::AnchorDiffers, number, text));
        }
    }

    pub(super) fn check_anchors_after(&mut self, number: i64) {
        if let Some(anchor) = self.of.anchors.last().filter(|anchor| anchor.number > number) {
            let text = format!("the chain ends at seal {number}; the anchor {anchor} names a later one");
            self.fault(Fault::of_seal(FaultKind::Truncated, number + 1, text));
        }
    }

    pub(super) fn give_up(mut self, why: String) -> Verdict {
        let text = format!("a seal after {} cannot be read: {why}", self.number);
        self.fault(Fault::of_seal(FaultKind::SealChanged, self.number + 1, text));
        self.verdict
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.verdict.faults.push(fault);
    }

    pub(super) fn is_full(&self) -> bool {
        self.verdict.faults.len() >= MOST_FAULTS || self.unclaimed.len() >= super::entries::MOST_UNCLAIMED
    }
}
