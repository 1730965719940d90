//! The ports of what another system had: taken over, and looked up.

use async_trait::async_trait;
use auth_core::{
    AccountImport, AuditEntry, AuditEvent, FlavourName, FoldedLogin, ImportMode, ImportOutcome, ImportStore,
    ImportedDigest, ImportedToken, ImportedTokenStore, NewAccount, NoPeppers, Provenance, Realm, SignedArrival,
    StoreError, StoredPassword, Subject, Timestamp, TokenImport,
};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::{accounts, audit, import_tokens};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::schema::{accounts as account_rows, imported_accounts, passwords};

#[async_trait]
impl ImportedTokenStore for Db {
    async fn find_imported(&self, digests: &[ImportedDigest]) -> Result<Option<ImportedToken>, StoreError> {
        let digests: Vec<String> = digests.iter().map(|digest| digest.as_str().to_owned()).collect();
        self.read(digests, |conn, digests| {
            import_tokens::find_imported(conn, digests).boxed()
        })
        .await
    }

    async fn record_signed(&self, arrival: &SignedArrival) -> Result<Option<ImportedToken>, StoreError> {
        self.write(arrival.clone(), |conn, arrival| {
            import_tokens::record_signed(conn, arrival).boxed()
        })
        .await
    }
}

#[async_trait]
impl ImportStore for Db {
    async fn import_accounts(
        &self,
        realm: &Realm,
        rows: &[AccountImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
        let asked = (realm.clone(), rows.to_vec(), mode, now, entry);
        self.write(asked, |conn, (realm, rows, mode, now, entry)| {
            import_accounts(conn, realm, rows, *mode, *now, entry).boxed()
        })
        .await
    }

    async fn import_tokens(
        &self,
        realm: &Realm,
        flavour: &FlavourName,
        rows: &[TokenImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
        let asked = (
            realm.clone(),
            flavour.clone(),
            rows.to_vec(),
            (mode, now),
            entry.flavour(flavour),
        );
        self.publish(
            Topic::Feed,
            asked,
            |conn, (realm, flavour, rows, (mode, now), entry)| {
                import_tokens::import_tokens(conn, (realm, flavour), rows, (*mode, *now), entry).boxed()
            },
        )
        .await
    }
}

async fn import_accounts(
    conn: &mut Connection,
    realm: &Realm,
    rows: &[AccountImport],
    mode: ImportMode,
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<Vec<ImportOutcome>> {
    begin(conn, mode).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(import_account(conn, realm, row, now).await?);
    }
    finish(conn, mode, entry, "accounts", &outcomes).await?;
    Ok(outcomes)
}

async fn import_account(
    conn: &mut Connection,
    realm: &Realm,
    row: &AccountImport,
    now: Timestamp,
) -> Outcome<ImportOutcome> {
    if let Some(id) = owner(conn, realm, &row.source_id).await? {
        return present(conn, id, row, now).await;
    }
    let new = NewAccount {
        subject: None,
        realm: realm.clone(),
        login: row.login.clone(),
        alias: row.alias.clone(),
        role: row.role.clone(),
        attributes: row.attributes.clone(),
        created_at: row.created_at,
    };
    let Some(Subject(id)) = accounts::insert_named(conn, &new).await? else {
        return Ok(ImportOutcome::NameTaken);
    };
    let known = (
        imported_accounts::realm.eq(realm.as_str()),
        imported_accounts::source_id.eq(&row.source_id),
        imported_accounts::account_id.eq(id),
    );
    diesel::insert_into(imported_accounts::table)
        .values(known)
        .execute(conn)
        .await?;
    if let Some(hash) = &row.hash {
        let password = (
            passwords::account_id.eq(id),
            passwords::hash.eq(hash),
            passwords::changed_at.eq(now.as_millis()),
        );
        diesel::insert_into(passwords::table)
            .values(password)
            .execute(conn)
            .await?;
    }
    if row.disabled {
        diesel::update(account_rows::table.find(id))
            .set(account_rows::disabled_at.eq(now.as_millis()))
            .execute(conn)
            .await?;
    }
    Ok(ImportOutcome::Added)
}

/// What an account is that was imported with the row's key: the row's, if it has the same login name, in any case. One that was
/// removed may have had it.
async fn present(conn: &mut Connection, id: i64, row: &AccountImport, now: Timestamp) -> Outcome<ImportOutcome> {
    let stored = account_rows::table
        .find(id)
        .select((account_rows::login, account_rows::disabled_at));
    let stored: Option<(String, Option<i64>)> = stored.first(conn).await.optional()?;
    let Some((login, disabled_at)) = stored else {
        return Ok(ImportOutcome::Present);
    };
    let is_same = login == row.login || FoldedLogin::parse(&login).ok() == FoldedLogin::parse(&row.login).ok();
    if !is_same {
        return Ok(ImportOutcome::OtherLogin);
    }
    let is_other_state = disabled_at.is_some() != row.disabled;
    let is_replaced = replace_pepper(conn, id, row, now).await?;
    Ok(match (is_replaced, is_other_state) {
        (true, _) => ImportOutcome::NewPepper(is_other_state),
        (false, true) => ImportOutcome::OtherState,
        (false, false) => ImportOutcome::Present,
    })
}

/// Replaces the hash that an earlier import has brought, if only its pepper was another one. A hash with which somebody has signed
/// in, or that was set here, is another bcrypt hash.
async fn replace_pepper(conn: &mut Connection, id: i64, row: &AccountImport, now: Timestamp) -> Outcome<bool> {
    let Some(hash) = &row.hash else {
        return Ok(false);
    };
    let stored = passwords::table.find(id).select(passwords::hash);
    let stored: Option<String> = stored.first(conn).await.optional()?;
    let peppers = row.peppers.as_deref().unwrap_or(&NoPeppers);
    let Some(stored) = stored.filter(|stored| StoredPassword::differs_in_pepper(stored, hash, peppers)) else {
        return Ok(false);
    };
    let same = passwords::table.find(id).filter(passwords::hash.eq(stored));
    let new = (passwords::hash.eq(hash), passwords::changed_at.eq(now.as_millis()));
    Ok(diesel::update(same).set(new).execute(conn).await? == 1)
}

/// The account that a user of the other system became.
pub(super) async fn owner(conn: &mut Connection, realm: &Realm, source_id: &str) -> Outcome<Option<i64>> {
    let row = imported_accounts::table
        .find((realm.as_str(), source_id))
        .select(imported_accounts::account_id);
    Ok(row.first(conn).await.optional()?)
}

pub(super) async fn begin(conn: &mut Connection, mode: ImportMode) -> Outcome<()> {
    match mode {
        ImportMode::Apply => Ok(()),
        ImportMode::Try => Ok(conn.batch_execute("SAVEPOINT tried").await?),
    }
}

/// Takes back what was only tried, and records what was added. How many rows that is.
pub(super) async fn finish(
    conn: &mut Connection,
    mode: ImportMode,
    entry: &AuditEntry,
    what: &str,
    outcomes: &[ImportOutcome],
) -> Outcome<usize> {
    if mode == ImportMode::Try {
        conn.batch_execute("ROLLBACK TO SAVEPOINT tried; RELEASE SAVEPOINT tried")
            .await?;
        return Ok(0);
    }
    let of = |is: fn(&ImportOutcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let added = of(|outcome| *outcome == ImportOutcome::Added);
    let peppers = of(|outcome| matches!(outcome, ImportOutcome::NewPepper(_)));
    let extended = of(|outcome| *outcome == ImportOutcome::Extended);
    for (count, what) in [(added, what), (peppers, "peppers"), (extended, "extended tokens")] {
        if count > 0 {
            audit::write(conn, &entry.clone().detail(&format!("{count} {what}"))).await?;
        }
    }
    Ok(added)
}
