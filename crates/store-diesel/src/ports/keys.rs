//! The port of signing keys. Whatever changes a key holds all of them until its transaction ends, so that what is decided
//! from the other keys is still true when it is written.

use async_trait::async_trait;
use auth_core::{AuditEntry, AuditEvent, ChangeWatch, Provenance, StoreError, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use keystore::{EmergencyOutcome, KeyStore, RetireOutcome, Retirement, RotateOutcome, StoredKey};

use super::backend::{Connection, Db};
use super::{audit, differences};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::rows::KeyRow;
use crate::schema::vault;

#[async_trait]
impl KeyStore for Db {
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.read_feed((), |conn, ()| keys(conn).boxed()).await
    }

    async fn insert_first(&self, key: &StoredKey) -> Result<bool, StoreError> {
        let entry = entry_of(AuditEvent::KeyAdded, key, key.created_at);
        self.publish(Topic::Keys, (key.clone(), entry), |conn, (key, entry)| {
            insert_first(conn, key, entry).boxed()
        })
        .await
    }

    async fn rotate(&self, new: &StoredKey, others_retire: Timestamp) -> Result<RotateOutcome, StoreError> {
        let entry = entry_of(AuditEvent::KeyRotated, new, new.created_at);
        self.publish(
            Topic::Keys,
            (new.clone(), others_retire, entry),
            |conn, (new, others_retire, entry)| rotate(conn, new, *others_retire, entry).boxed(),
        )
        .await
    }

    async fn retire(&self, retirement: &Retirement) -> Result<RetireOutcome, StoreError> {
        let by = Provenance::current();
        self.publish(Topic::Keys, (retirement.clone(), by), |conn, (retirement, by)| {
            retire(conn, retirement, by).boxed()
        })
        .await
    }

    async fn emergency(&self, new: &StoredKey, now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let entry = entry_of(AuditEvent::KeysReplaced, new, now);
        self.publish(Topic::Keys, (new.clone(), now, entry), |conn, (new, now, entry)| {
            replace(
                conn,
                Some(new.purpose.flavour()),
                std::slice::from_ref(new),
                *now,
                entry,
            )
            .boxed()
        })
        .await
    }

    async fn replace_all(&self, replacements: &[StoredKey], now: Timestamp) -> Result<EmergencyOutcome, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::KeysReplaced, now).detail("all");
        self.publish(
            Topic::Keys,
            (replacements.to_vec(), now, entry),
            |conn, (new, now, entry)| replace(conn, None, new, *now, entry).boxed(),
        )
        .await
    }

    async fn erase_retired(&self, before: Timestamp, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let by = Provenance::current();
        self.write((before, now, by), |conn, (before, now, by)| {
            erase_retired(conn, *before, *now, by).boxed()
        })
        .await
    }

    fn watch_keys(&self) -> ChangeWatch {
        self.watch(Topic::Keys)
    }
}

/// An entry about a key: its flavour, and as the detail its name.
fn entry_of(event: AuditEvent, key: &StoredKey, at: Timestamp) -> AuditEntry {
    let entry = Provenance::current().entry(event, at);
    entry.flavour(key.purpose.flavour()).detail(&key.name)
}

pub(super) async fn keys(conn: &mut Connection) -> Outcome<Vec<StoredKey>> {
    let rows = vault::table
        .order((vault::activates_at, vault::name))
        .select(KeyRow::as_select());
    let rows: Vec<KeyRow> = rows.load(conn).await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}

async fn insert_first(conn: &mut Connection, key: &StoredKey, entry: &AuditEntry) -> Outcome<bool> {
    differences::hold_keys(conn).await?;
    let others = vault::table.filter(vault::purpose.eq(key.purpose.as_str()));
    let others: bool = diesel::select(exists(others)).get_result(conn).await?;
    let added = !others && insert(conn, key).await?;
    if added {
        audit::write(conn, entry).await?;
    }
    Ok(added)
}

async fn rotate(
    conn: &mut Connection,
    new: &StoredKey,
    others_retire: Timestamp,
    entry: &AuditEntry,
) -> Outcome<RotateOutcome> {
    differences::hold_keys(conn).await?;
    let outcome = RotateOutcome::decide(&keys(conn).await?, new);
    if outcome != RotateOutcome::Rotated {
        return Ok(outcome);
    }
    insert(conn, new).await?;
    let others = vault::table
        .filter(vault::purpose.eq(new.purpose.as_str()))
        .filter(vault::name.ne(&new.name))
        .filter(
            vault::retires_at
                .is_null()
                .or(vault::retires_at.gt(others_retire.as_millis())),
        );
    let retires = vault::retires_at.eq(others_retire.as_millis());
    diesel::update(others).set(retires).execute(conn).await?;
    audit::write(conn, entry).await?;
    Ok(outcome)
}

async fn retire(conn: &mut Connection, retirement: &Retirement, by: &Provenance) -> Outcome<RetireOutcome> {
    differences::hold_keys(conn).await?;
    let mut of_purpose = keys(conn).await?;
    let key = of_purpose.iter().find(|key| key.name == retirement.name);
    let Some(purpose) = key.map(|key| key.purpose.clone()) else {
        return Ok(RetireOutcome::UnknownKey);
    };
    of_purpose.retain(|key| key.purpose == purpose);
    let outcome = retirement.decide(&of_purpose);
    if let RetireOutcome::Retired(key) = &outcome {
        let retires = vault::retires_at.eq(key.retires_at.map(Timestamp::as_millis));
        let row = diesel::update(vault::table.find(&key.name)).set(retires);
        row.execute(conn).await?;
        let entry = by.entry(AuditEvent::KeyRetired, retirement.now);
        let entry = entry.flavour(key.purpose.flavour()).detail(&key.name);
        audit::write(conn, &entry).await?;
    }
    Ok(outcome)
}

/// Revokes every key, of one flavour or of all, and adds the new ones.
async fn replace(
    conn: &mut Connection,
    flavour: Option<&str>,
    new: &[StoredKey],
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<EmergencyOutcome> {
    differences::hold_keys(conn).await?;
    let stored = keys(conn).await?;
    let outcome = EmergencyOutcome::decide(&stored, flavour, new, now);
    let EmergencyOutcome::Replaced(_) = &outcome else {
        return Ok(outcome);
    };
    let concerned = stored.iter().filter(|key| EmergencyOutcome::concerns(key, flavour));
    let names: Vec<&str> = concerned.map(|key| key.name.as_str()).collect();
    let old = vault::table.filter(vault::name.eq_any(names));
    let retires = vault::retires_at.eq(StoredKey::REVOKED.as_millis());
    diesel::update(old).set(retires).execute(conn).await?;
    for key in new {
        let row = diesel::insert_into(vault::table).values(KeyRow::from(key));
        row.execute(conn).await?;
    }
    audit::write(conn, entry).await?;
    Ok(outcome)
}

async fn erase_retired(
    conn: &mut Connection,
    before: Timestamp,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<Vec<String>> {
    differences::hold_keys(conn).await?;
    let mut due = keys(conn).await?;
    due.retain(|key| key.is_due_for_erasure(before));
    for key in &due {
        let row = diesel::update(vault::table.find(&key.name)).set(vault::sealed.eq(Vec::<u8>::new()));
        row.execute(conn).await?;
        let entry = by.entry(AuditEvent::KeyErased, now);
        audit::write(conn, &entry.flavour(key.purpose.flavour()).detail(&key.name)).await?;
    }
    Ok(due.into_iter().map(|key| key.name).collect())
}

/// Whether the key was added; `false` if its name is taken.
async fn insert(conn: &mut Connection, key: &StoredKey) -> Outcome<bool> {
    let row = diesel::insert_into(vault::table).values(KeyRow::from(key));
    Ok(row.on_conflict_do_nothing().execute(conn).await? == 1)
}
