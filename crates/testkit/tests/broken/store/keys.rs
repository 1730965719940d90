//! What can be wrong with signing keys.

use async_trait::async_trait;
use auth_core::{AuditEvent, AuditStore, ChangeWatch, Provenance, StoreError, Timestamp};
use keystore::{EmergencyOutcome, KeyPurpose, KeyStore, RetireOutcome, Retirement, RotateOutcome, StoredKey};
use testkit::ManualClock;

use super::{BrokenStore, Flaw};

#[async_trait]
impl KeyStore for BrokenStore {
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let mut keys = self.listed();
        keys.sort_by(|a, b| (a.activates_at, &a.name).cmp(&(b.activates_at, &b.name)));
        match self.flaw {
            Flaw::ListsLaterKeysFirst => keys.reverse(),
            Flaw::CutsSealedKeys => keys
                .iter_mut()
                .for_each(|key| key.sealed.truncate(key.sealed.len() / 2)),
            _ => {}
        }
        Ok(keys)
    }

    async fn insert_first(&self, key: &StoredKey) -> Result<bool, StoreError> {
        let added = self.try_insert_first(key).await?;
        self.record(added, AuditEvent::KeyAdded, &key.purpose, &key.name).await
    }

    async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> Result<RotateOutcome, StoreError> {
        let outcome = self.try_rotate(new, others_retire);
        let rotated = outcome == RotateOutcome::Rotated;
        self.record(rotated, AuditEvent::KeyRotated, &new.purpose, &new.name)
            .await?;
        Ok(outcome)
    }

    async fn retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError> {
        let outcome = self.try_retire(retirement).await?;
        if let RetireOutcome::Retired(key) = &outcome {
            self.record(true, AuditEvent::KeyRetired, &key.purpose, &key.name)
                .await?;
        }
        Ok(outcome)
    }

    async fn emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let outcome = self.try_emergency(new, now).await?;
        let replaced = matches!(outcome, EmergencyOutcome::Replaced(_));
        self.record(replaced, AuditEvent::KeysReplaced, &new.purpose, &new.name)
            .await?;
        Ok(outcome)
    }

    async fn replace_all(&self, replacements: &[StoredKey], now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let outcome = self.try_replace_all(replacements, now).await?;
        let replaced = matches!(outcome, EmergencyOutcome::Replaced(_));
        self.record(replaced, AuditEvent::KeysReplaced, &KeyPurpose::from_stored(""), "all")
            .await?;
        Ok(outcome)
    }

    async fn erase_retired(&self, before: Timestamp, _now: Timestamp) -> Result<Vec<String>, StoreError> {
        let erased = self.erase(before);
        for key in &erased {
            self.record(true, AuditEvent::KeyErased, &key.purpose, &key.name)
                .await?;
        }
        Ok(erased.into_iter().map(|key| key.name).collect())
    }

    fn watch_keys(&self) -> ChangeWatch {
        self.flawed_watch(self.notices.watch())
    }
}

impl BrokenStore {
    async fn try_insert_first(&self, key: &StoredKey) -> Result<bool, StoreError> {
        let is_free = |keys: &[StoredKey]| {
            let counts = |other: &&StoredKey| other.retires_at.is_none() || !self.has(Flaw::FirstKeysBesideRetired);
            let mut others = keys.iter().filter(counts);
            !others.any(|other| other.purpose == key.purpose || other.name == key.name)
        };
        if self.has(Flaw::FirstKeysAfterALook) {
            let free = is_free(&self.look());
            self.seen().keys.push(key.clone());
            return Ok(free);
        }
        let mut seen = self.seen();
        let free = is_free(&seen.keys);
        if free {
            seen.keys.push(key.clone());
        }
        Ok(free)
    }

    fn try_rotate(&self, new: &StoredKey, others_retire: Timestamp) -> RotateOutcome {
        let looked = self.look();
        let is_other = |key: &StoredKey| key.purpose == new.purpose || self.has(Flaw::RotationEndsEveryPurpose);
        let before: Vec<StoredKey> = looked.iter().filter(|key| is_other(key)).cloned().collect();
        let mut seen = self.seen();
        let outcome = match self.flaw {
            Flaw::RefusesRotationsAfterALook => RotateOutcome::decide(&looked, new),
            _ => RotateOutcome::decide(&seen.keys, new),
        };
        let goes_on = match &outcome {
            RotateOutcome::Rotated => true,
            RotateOutcome::NameTaken => self.has(Flaw::RotationEndsBeforeItAdds),
            RotateOutcome::NextWaits(_) => self.has(Flaw::RotatesBesideTheNext),
        };
        if !goes_on {
            return outcome;
        }
        if matches!(self.flaw, Flaw::RotatesInTwoSteps | Flaw::RotationForgetsEmergencies) {
            seen.late = Some((before, others_retire));
            seen.keys.push(new.clone());
            return RotateOutcome::Rotated;
        }
        for key in seen.keys.iter_mut().filter(|key| is_other(key)) {
            match self.flaw {
                Flaw::RotationPostpones => key.retires_at = Some(others_retire),
                Flaw::RotatesAfterALook if !before.iter().any(|old| old.name == key.name) => {}
                _ => key.retire_by(others_retire),
            }
        }
        if outcome == RotateOutcome::NameTaken {
            return outcome;
        }
        seen.keys.push(new.clone());
        RotateOutcome::Rotated
    }

    async fn try_retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError> {
        let retirement = match self.flaw {
            Flaw::LastKeysRetire => &Retirement {
                allow_last: true,
                ..retirement.clone()
            },
            Flaw::LastKeysNeverRetire => &Retirement {
                allow_last: false,
                ..retirement.clone()
            },
            _ => retirement,
        };
        if self.has(Flaw::RetiresAfterALook) {
            let outcome = retirement.decide(&beside(&self.look(), &retirement.name));
            write(&mut self.seen().keys, &outcome);
            return Ok(outcome);
        }
        let mut seen = self.seen();
        let keys = beside(&seen.keys, &retirement.name);
        let outcome = match (retirement.decide(&keys), self.flaw) {
            (RetireOutcome::UnknownKey, Flaw::UnknownKeysRetire) => match seen.keys.first() {
                Some(first) => RetireOutcome::Retired(first.clone()),
                None => RetireOutcome::UnknownKey,
            },
            (RetireOutcome::Retired(mut key), Flaw::RetirementPostpones) => {
                key.retires_at = Some(retirement.at);
                RetireOutcome::Retired(key)
            }
            (outcome, _) => outcome,
        };
        if !self.has(Flaw::RetiresNothing) {
            write(&mut seen.keys, &outcome);
        }
        Ok(outcome)
    }

    async fn try_emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let concerns = |key: &StoredKey| match self.has(Flaw::EmergencySparesOtherAlgorithms) {
            true => key.purpose == new.purpose,
            false => key.purpose.flavour() == new.purpose.flavour(),
        };
        Ok(self.replace(std::slice::from_ref(new), now, concerns))
    }

    async fn try_replace_all(
        &self,
        replacements: &[StoredKey],
        now: Timestamp,
    ) -> Result<EmergencyOutcome, StoreError> {
        let concerns = |key: &StoredKey| {
            !self.has(Flaw::EverythingIsWhatIsReplaced) || replacements.iter().any(|new| new.purpose == key.purpose)
        };
        Ok(self.replace(replacements, now, concerns))
    }

    /// Writes the entry of a change that was made.
    async fn record(
        &self,
        changed: bool,
        event: AuditEvent,
        purpose: &KeyPurpose,
        name: &str,
    ) -> Result<bool, StoreError> {
        if changed && !self.has(Flaw::KeysWithoutEntry) {
            let entry = Provenance::current().entry(event, ManualClock::START);
            let entry = entry.flavour(purpose.flavour()).detail(name);
            self.inner.append(&[entry]).await?;
        }
        if changed && !self.has(Flaw::NoticesNothing) {
            self.notices.notify();
        }
        Ok(changed)
    }
}

impl BrokenStore {
    /// What is looked at apart from the writing: the keys as they were when the first of several callers came, so that it
    /// goes wrong whichever of them runs first.
    fn look(&self) -> Vec<StoredKey> {
        let mut seen = self.seen();
        let keys = seen.keys.clone();
        seen.looked.get_or_insert(keys).clone()
    }

    /// All keys; half of a change that is made in two steps is seen, and a write that is late comes before.
    fn listed(&self) -> Vec<StoredKey> {
        let mut seen = self.seen();
        let late = seen.late.take();
        if self.has(Flaw::RotationForgetsEmergencies) {
            write_late(&mut seen.keys, &late);
        }
        let listed = seen.keys.clone();
        write_late(&mut seen.keys, &late);
        seen.looked = self.has(Flaw::RotationForgetsEmergencies).then(|| listed.clone());
        listed
    }

    fn erase(&self, before: Timestamp) -> Vec<StoredKey> {
        let is_due = |key: &StoredKey| match self.flaw {
            Flaw::ErasesWhatRetires => !key.is_erased() && key.retires_at.is_some(),
            _ => key.is_due_for_erasure(before),
        };
        let mut seen = self.seen();
        let mut erased = Vec::new();
        for key in seen.keys.iter_mut().filter(|key| is_due(key)) {
            key.sealed.clear();
            erased.push(key.clone());
        }
        if self.has(Flaw::ErasureRemoves) {
            seen.keys.retain(|key| !key.is_erased());
        }
        erased
    }

    fn replace(&self, new: &[StoredKey], now: Timestamp, concerns: impl Fn(&StoredKey) -> bool) -> EmergencyOutcome {
        let mut seen = self.seen();
        let is_taken = |(index, key): (usize, &StoredKey)| {
            let mut others = seen.keys.iter().chain(&new[..index]);
            others.any(|other| other.name == key.name)
        };
        if !self.has(Flaw::EmergencyTakesNames) && new.iter().enumerate().any(is_taken) {
            return EmergencyOutcome::NameTaken;
        }
        let spares = |key: &StoredKey| self.has(Flaw::EmergencySparesNextKeys) && key.activates_at > now;
        let mut retired = Vec::new();
        let end = match self.flaw {
            Flaw::EmergencyIsOfItsTime => now,
            _ => StoredKey::REVOKED,
        };
        for key in seen.keys.iter_mut().filter(|key| concerns(key) && !spares(key)) {
            let verified = key.verifies(now);
            key.retire_by(end);
            if verified {
                retired.push(key.clone());
            }
        }
        if retired.is_empty() && !self.has(Flaw::EmergencyAddsAnyway) {
            return EmergencyOutcome::NothingToReplace;
        }
        if self.has(Flaw::EmergencyRemoves) {
            seen.keys.retain(|key| !retired.contains(key));
        }
        seen.keys.extend_from_slice(new);
        EmergencyOutcome::Replaced(retired)
    }
}

/// The keys of the purpose of the key of this name.
fn beside(keys: &[StoredKey], name: &str) -> Vec<StoredKey> {
    let key = keys.iter().find(|key| key.name == name);
    let of_purpose = keys
        .iter()
        .filter(|other| key.is_some_and(|key| key.purpose == other.purpose));
    of_purpose.cloned().collect()
}

fn write(keys: &mut [StoredKey], outcome: &RetireOutcome) {
    if let RetireOutcome::Retired(retired) = outcome {
        let stored = keys.iter_mut().find(|key| key.name == retired.name);
        stored.into_iter().for_each(|key| key.clone_from(retired));
    }
}

/// Gives the keys that a rotation looked at their ends, whatever has become of them since.
fn write_late(keys: &mut [StoredKey], late: &Option<(Vec<StoredKey>, Timestamp)>) {
    let Some((before, others_retire)) = late else {
        return;
    };
    for key in keys {
        if let Some(old) = before.iter().find(|old| old.name == key.name) {
            key.retires_at = old.retires_at;
            key.retire_by(*others_retire);
        }
    }
}
