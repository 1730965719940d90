//! Where SQLite differs from PostgreSQL. A write transaction is alone in the database, so nothing has to be held.

use auth_core::{AuditCursor, AuditEntry, FeedState, Realm, SettledEntries, Subject, Timestamp, TokenId};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use diesel_async::methods::LoadQuery;

use super::audit::{self, cursor_after, row_of};
use super::backend::Connection;
use super::schema_mark;
use crate::error::Outcome;
use crate::migrations::Migration;
use crate::rows::AuditEntryRow;
use crate::schema::{accounts, audit_entries, tokens};

/// A row that is read so that something else may be written: there is no other writer.
macro_rules! held {
    ($query:expr) => {
        $query
    };
}

/// Whether the account is there; it is not changed before the transaction ends.
pub(super) async fn hold_account(conn: &mut Connection, subject: Subject) -> Outcome<bool> {
    let account = accounts::table.find(subject.0);
    Ok(diesel::select(exists(account)).get_result(conn).await?)
}

/// The database is on this machine.
pub(super) async fn now(_: &mut Connection) -> Outcome<Option<Timestamp>> {
    Ok(None)
}

/// No other transaction ends the session before the transaction ends.
pub(super) async fn hold_session(_: &mut Connection, _: TokenId) -> Outcome<()> {
    Ok(())
}

/// No other transaction ends or replaces a token of this line, or one that was made from it, before the transaction ends.
pub(super) async fn hold_line(_: &mut Connection, _: TokenId) -> Outcome<()> {
    Ok(())
}

/// No other transaction names an account of this realm before the transaction ends.
pub(super) async fn hold_names(_: &mut Connection, _: &Realm) -> Outcome<()> {
    Ok(())
}

/// No key is added or changed by others before the transaction ends.
pub(super) async fn hold_keys(_: &mut Connection) -> Outcome<()> {
    Ok(())
}

/// No other transaction changes the tables before the transaction ends.
pub(super) async fn hold_schema(_: &mut Connection) -> Outcome<()> {
    Ok(())
}

/// SQLite goes on from the highest number by itself.
pub(super) async fn advance_id_sequence(_: &mut Connection, _: Subject) -> Outcome<()> {
    Ok(())
}

/// Notes last uses. A statement costs no round trip here, so there is one for each.
pub(super) async fn note_used(conn: &mut Connection, used: &[(TokenId, Timestamp)]) -> Outcome<()> {
    for (id, at) in used {
        let earlier = tokens::last_used_at
            .is_null()
            .or(tokens::last_used_at.lt(at.as_millis()));
        let noted = diesel::update(tokens::table.filter(tokens::id.eq(id.0)).filter(earlier))
            .set(tokens::last_used_at.eq(at.as_millis()))
            .execute(conn)
            .await?;
        if noted > 0 {
            move_expiry(conn, *id, *at).await?;
        }
    }
    Ok(())
}

/// Where the expiry of a token moves with its use. A statement of its own: one that sets the column writes its index also where nothing
/// changes.
async fn move_expiry(conn: &mut Connection, id: TokenId, used_at: Timestamp) -> Outcome<()> {
    diesel::sql_query(
        "UPDATE tokens SET expires_at = max(expires_at, min(?1 + idle_ms, coalesce(ends_at, ?1 + idle_ms)))
         WHERE id = ?2 AND idle_ms IS NOT NULL",
    )
    .bind::<BigInt, _>(used_at.as_millis())
    .bind::<BigInt, _>(id.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether this database has a table of the migrations that were applied.
pub(super) async fn has_history(conn: &mut Connection) -> Outcome<bool> {
    let found = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '__diesel_schema_migrations')",
    );
    Ok(diesel::select(found).get_result(conn).await?)
}

pub(super) fn up(migration: &Migration) -> &'static str {
    migration.sqlite.up
}

pub(super) fn down(migration: &Migration) -> &'static str {
    migration.sqlite.down
}

/// The engine, and the settings on which durability rests.
pub(super) async fn settings(conn: &mut Connection) -> Outcome<(String, Vec<(&'static str, String)>)> {
    let version = text(conn, "sqlite_version()").await?;
    let mut settings = Vec::new();
    for name in ["journal_mode", "synchronous", "foreign_keys"] {
        let value = text(conn, &format!("(SELECT CAST({name} AS TEXT) FROM pragma_{name})")).await?;
        settings.push((name, value));
    }
    Ok((format!("SQLite {version}"), settings))
}

async fn text(conn: &mut Connection, expression: &str) -> Outcome<String> {
    let value = diesel::dsl::sql::<diesel::sql_types::Text>(expression);
    Ok(diesel::select(value).get_result(conn).await?)
}

/// The name of the data, to be kept over a migration.
pub(super) async fn data_name(conn: &mut Connection) -> Outcome<Option<String>> {
    schema_mark::data_name(conn).await
}

/// Keeps it: nodes that run go on.
pub(super) async fn keep_data_name(conn: &mut Connection, name: Option<&str>) -> Outcome<()> {
    schema_mark::put_anew(conn, name).await
}

/// Whether the data have a name.
pub(super) async fn is_named(conn: &mut Connection) -> Outcome<bool> {
    Ok(schema_mark::data_name(conn).await?.is_some())
}

/// Gives the data a name where they have none.
pub(super) async fn name_data(conn: &mut Connection) -> Outcome<()> {
    match schema_mark::data_name(conn).await? {
        Some(_) => Ok(()),
        None => schema_mark::put(conn, None).await,
    }
}

/// What the feed says of itself. It belongs to one file, and to its tables as a migration left them: `.restore` writes a copy over
/// them ([`schema_mark`]). Only one transaction writes at a time, so entries become visible in the order of their numbers.
pub(super) async fn feed_state(conn: &mut Connection) -> Outcome<FeedState> {
    let file = conn.file().map_or_else(|| "memory".to_owned(), |file| file.to_string());
    let state = diesel::dsl::sql::<(BigInt, Text, BigInt, BigInt)>(
        "(SELECT schema_version FROM pragma_schema_version),
         COALESCE((SELECT CAST(value AS TEXT) FROM meta WHERE name = 'schema_mark'), ''),
         COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0),
         COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'tokens'), 0)",
    );
    let (schema, mark, newest, issued): (i64, String, i64, i64) = diesel::select(state).get_result(conn).await?;
    let identity = match schema_mark::named_by(&mark, schema) {
        Some(name) => format!("{file}/{name}"),
        None => format!("{file}/{mark}/{schema}"),
    };
    Ok(FeedState {
        identity,
        newest,
        issued,
        begun: 0,
        finished: 0,
    })
}

/// Changes a token's row, and writes the entry about it. `change` returns the row's id, subject, realm and flavour.
/// `None` if it has changed nothing: then there is no entry.
pub(super) async fn change_token<'query, Q>(
    conn: &mut Connection,
    change: Q,
    entry: AuditEntry,
) -> Outcome<Option<TokenId>>
where
    Q: for<'conn> LoadQuery<'query, Connection, (i64, i64, String, String)> + 'query,
{
    let changed: Option<(i64, i64, String, String)> = change.get_result(conn).await.optional()?;
    let Some((id, subject, realm, flavour)) = changed else {
        return Ok(None);
    };
    let entry = AuditEntry {
        token: Some(id),
        subject: Some(subject),
        realm: Some(realm),
        flavour: Some(flavour),
        ..entry
    };
    audit::write(conn, &entry).await?;
    Ok(Some(TokenId(id)))
}

/// Where an entry is in the order in which entries become final: that of their numbers.
pub(super) fn position(row: &AuditEntryRow) -> i64 {
    row.sequence
}

/// The entries after a cursor. Only one transaction writes at a time, so every entry that is visible is final.
pub(super) async fn settled_entries(conn: &mut Connection, after: &AuditCursor, limit: u32) -> Outcome<SettledEntries> {
    let rows = audit_entries::table
        .filter(audit_entries::sequence.ge(after.settled.max(after.floor.saturating_add(1))))
        .order(audit_entries::sequence)
        .limit(limit.into())
        .select(AuditEntryRow::as_select());
    let rows: Vec<AuditEntryRow> = rows.load(conn).await?;
    let settled = rows.last().map_or(after.settled, |last| last.sequence + 1);
    let cursor = cursor_after(after, settled, &rows);
    Ok(SettledEntries {
        rows: rows.into_iter().map(row_of).collect(),
        cursor,
    })
}
