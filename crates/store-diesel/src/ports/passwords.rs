//! The port of password hashes.

use async_trait::async_trait;
use auth_core::{
    AuditEntry, AuditEvent, FoldedLogin, PasswordRecord, PasswordStore, Provenance, Realm, StoreError, Subject,
    Timestamp,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::{audit, differences, feed};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::rows::AccountRow;
use crate::schema::{accounts, passwords};

#[async_trait]
impl PasswordStore for Db {
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        self.read((realm.clone(), login.clone()), |conn, (realm, login)| {
            find(conn, realm, login).boxed()
        })
        .await
    }

    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, now: Timestamp) -> Result<bool, StoreError> {
        let entry = Provenance::current()
            .entry(AuditEvent::PasswordSet, now)
            .subject(subject);
        let entry = with_sessions(entry, end_sessions);
        self.publish(
            Topic::Feed,
            (subject, hash.to_owned(), end_sessions, now, entry),
            |conn, (subject, hash, end_sessions, now, entry)| {
                set(conn, *subject, hash, *end_sessions, *now, entry).boxed()
            },
        )
        .await
    }

    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let entry = Provenance::current().entry(AuditEvent::PasswordChanged, now);
        let entry = with_sessions(entry.subject(subject), end_sessions);
        let hashes = (old.to_owned(), new.to_owned());
        self.publish(
            Topic::Feed,
            (subject, hashes, end_sessions, now, entry),
            |conn, (subject, (old, new), end_sessions, now, entry)| {
                change(conn, *subject, (old, new), *end_sessions, *now, entry).boxed()
            },
        )
        .await
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        let entry = Provenance::current().entry_now(AuditEvent::PasswordUpgraded);
        self.write(
            (subject, old.to_owned(), new.to_owned(), entry.subject(subject)),
            |conn, (subject, old, new, entry)| upgrade(conn, *subject, old, new, entry).boxed(),
        )
        .await
    }
}

async fn find(conn: &mut Connection, realm: &Realm, login: &FoldedLogin) -> Outcome<Option<PasswordRecord>> {
    let named = accounts::login_folded
        .eq(login.as_str())
        .or(accounts::alias_folded.eq(login.as_str()));
    let row = accounts::table
        .left_join(passwords::table)
        .filter(accounts::realm.eq(realm.as_str()))
        .filter(named)
        .select((AccountRow::as_select(), passwords::hash.nullable()));
    let row: Option<(AccountRow, Option<String>)> = row.first(conn).await.optional()?;
    row.map(|(account, hash)| {
        Ok(PasswordRecord {
            account: account.into_account()?,
            hash,
        })
    })
    .transpose()
}

/// Says of a password's change whether it revoked the account's tokens.
fn with_sessions(entry: AuditEntry, end_sessions: bool) -> AuditEntry {
    match end_sessions {
        true => entry.detail("sessions_ended"),
        false => entry,
    }
}

async fn set(
    conn: &mut Connection,
    subject: Subject,
    hash: &str,
    end_sessions: bool,
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<bool> {
    let found = match end_sessions {
        true => feed::supersede(conn, subject, now).await?,
        false => differences::hold_account(conn, subject).await?,
    };
    if !found {
        return Ok(false);
    }
    let row = (passwords::hash.eq(hash), passwords::changed_at.eq(now.as_millis()));
    diesel::insert_into(passwords::table)
        .values((passwords::account_id.eq(subject.0), row))
        .on_conflict(passwords::account_id)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    audit::write(conn, entry).await?;
    Ok(true)
}

/// The account's row is taken first, as by [`set`], so that the two never wait for each other.
async fn change(
    conn: &mut Connection,
    subject: Subject,
    (old, new): (&str, &str),
    end_sessions: bool,
    now: Timestamp,
    entry: &AuditEntry,
) -> Outcome<bool> {
    if !differences::hold_account(conn, subject).await? {
        return Ok(false);
    }
    let row = passwords::table.find(subject.0).filter(passwords::hash.eq(old));
    let values = (passwords::hash.eq(new), passwords::changed_at.eq(now.as_millis()));
    let changed = diesel::update(row).set(values).execute(conn).await? == 1;
    if changed && end_sessions {
        feed::supersede(conn, subject, now).await?;
    }
    if changed {
        audit::write(conn, entry).await?;
    }
    Ok(changed)
}

/// One compare-and-swap, so that it never undoes a change of the password.
async fn upgrade(conn: &mut Connection, subject: Subject, old: &str, new: &str, entry: &AuditEntry) -> Outcome<bool> {
    let row = passwords::table.find(subject.0).filter(passwords::hash.eq(old));
    let changed = diesel::update(row).set(passwords::hash.eq(new)).execute(conn).await? == 1;
    if changed {
        audit::write(conn, entry).await?;
    }
    Ok(changed)
}
