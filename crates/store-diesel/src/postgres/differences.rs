//! Where PostgreSQL differs from SQLite. Transactions run beside each other (READ COMMITTED: each statement sees what
//! was committed before it began), so a reader that is going to write locks what it reads.

use auth_core::{AuditCursor, AuditEntry, FeedState, Realm, SettledEntries, Subject, Timestamp, TokenId};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel_async::RunQueryDsl;

use super::audit::{cursor_after, row_of};
use super::backend::Connection;
use super::recorded::Recorded;
use crate::error::{DbError, Outcome};
use crate::migrations::Migration;
use crate::rows::AuditEntryRow;
use crate::schema::{accounts, audit_entries, tokens};

/// The names of our advisory locks in the database: "tess", and which.
const SCHEMA_LOCK: i64 = 0x7465_7373_0001;
const KEYS_LOCK: i64 = 0x7465_7373_0002;

/// A row that is read so that something else may be written: it is not changed before the transaction ends. If
/// another transaction is changing it, this waits and then reads it again.
macro_rules! held {
    ($query:expr) => {
        $query.for_share()
    };
}

/// Whether the account is there; no other transaction changes it, or locks it like this, before this one ends.
pub(super) async fn hold_account(conn: &mut Connection, subject: Subject) -> Outcome<bool> {
    let account = accounts::table.find(subject.0).select(accounts::id);
    let account: Option<i64> = account.for_no_key_update().first(conn).await.optional()?;
    Ok(account.is_some())
}

/// The time of the database's machine.
pub(super) async fn now(conn: &mut Connection) -> Outcome<Option<Timestamp>> {
    let now = diesel::dsl::sql::<BigInt>("floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    let now: i64 = diesel::select(now).get_result(conn).await?;
    Ok(Some(Timestamp::from_millis(now)))
}

/// No other transaction ends the session before the transaction ends.
pub(super) async fn hold_session(conn: &mut Connection, session: TokenId) -> Outcome<()> {
    let session = tokens::table.find(session.0).select(tokens::id);
    let _: Option<i64> = session.for_share().first(conn).await.optional()?;
    Ok(())
}

/// No other transaction ends or replaces a token of this line, or one that was made from it, before the transaction ends. All hold them in the
/// order of their numbers, so that none waits for another in a circle.
pub(super) async fn hold_line(conn: &mut Connection, line: TokenId) -> Outcome<()> {
    let tokens = tokens::table
        .filter(tokens::line.eq(line.0).or(tokens::made_from.eq(line.0)))
        .filter(tokens::revoked_at.is_null())
        .order(tokens::id)
        .select(tokens::id);
    let _: Vec<i64> = tokens.for_update().load(conn).await?;
    Ok(())
}

/// No other transaction names an account of this realm before the transaction ends: a login that is another's alias breaks no
/// index.
pub(super) async fn hold_names(conn: &mut Connection, realm: &Realm) -> Outcome<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<Text, _>(realm.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// No key is added or changed by others before the transaction ends.
pub(super) async fn hold_keys(conn: &mut Connection) -> Outcome<()> {
    hold(conn, KEYS_LOCK).await
}

/// No other transaction changes the tables before the transaction ends.
pub(super) async fn hold_schema(conn: &mut Connection) -> Outcome<()> {
    hold(conn, SCHEMA_LOCK).await
}

async fn hold(conn: &mut Connection, lock: i64) -> Outcome<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(lock)
        .execute(conn)
        .await?;
    Ok(())
}

/// Has the numbering go on above a number that a caller chose.
pub(super) async fn advance_id_sequence(conn: &mut Connection, chosen: Subject) -> Outcome<()> {
    diesel::sql_query(
        "SELECT setval(numbers, $1)
         FROM CAST(pg_get_serial_sequence('accounts', 'id') AS regclass) AS numbers
         WHERE $1 > COALESCE(pg_sequence_last_value(numbers), 0)",
    )
    .bind::<BigInt, _>(chosen.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes times of last use, in one round trip.
pub(super) async fn note_used(conn: &mut Connection, used: &[(TokenId, Timestamp)]) -> Outcome<()> {
    let ids: Vec<i64> = used.iter().map(|(id, _)| id.0).collect();
    let times: Vec<i64> = used.iter().map(|(_, at)| at.as_millis()).collect();
    diesel::sql_query(
        "UPDATE tokens SET last_used_at = used.at,
                expires_at = GREATEST(expires_at, LEAST(used.at + idle_ms, ends_at))
         FROM (SELECT id, max(at) AS at FROM unnest(CAST($1 AS bigint[]), CAST($2 AS bigint[])) AS pair (id, at) GROUP BY id) AS used
         WHERE tokens.id = used.id AND (tokens.last_used_at IS NULL OR tokens.last_used_at < used.at)",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<BigInt>, _>(times)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether this database has a table of the migrations that were applied.
///
/// A scan of the catalogue, and no `to_regclass`: that answers from what the session remembers, also that something
/// was not there, until the session takes its next lock on a table; a node that waited for another's migrations would
/// not see them.
pub(super) async fn has_history(conn: &mut Connection) -> Outcome<bool> {
    let found = diesel::dsl::sql::<Bool>(
        "EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relname = '__diesel_schema_migrations' AND n.nspname = current_schema())",
    );
    Ok(diesel::select(found).get_result(conn).await?)
}

pub(super) fn up(migration: &Migration) -> &'static str {
    migration.postgres.up
}

pub(super) fn down(migration: &Migration) -> &'static str {
    migration.postgres.down
}

/// The engine, and the settings on which durability rests.
pub(super) async fn settings(conn: &mut Connection) -> Outcome<(String, Vec<(&'static str, String)>)> {
    let version = setting(conn, "server_version").await?;
    let mut settings = Vec::new();
    for name in ["synchronous_commit", "fsync", "full_page_writes"] {
        settings.push((name, setting(conn, name).await?));
    }
    Ok((format!("PostgreSQL {version}"), settings))
}

async fn setting(conn: &mut Connection, name: &str) -> Outcome<String> {
    let value = diesel::dsl::sql::<Text>("current_setting(")
        .bind::<Text, _>(name)
        .sql(")");
    Ok(diesel::select(value).get_result(conn).await?)
}

/// The name of the data: the server has what tells them apart ([`feed_state`]), and a migration changes none of it.
pub(super) async fn data_name(_: &mut Connection) -> Outcome<Option<String>> {
    Ok(None)
}

/// There is none to keep.
pub(super) async fn keep_data_name(_: &mut Connection, _: Option<&str>) -> Outcome<()> {
    Ok(())
}

/// They need none of ours.
pub(super) async fn is_named(_: &mut Connection) -> Outcome<bool> {
    Ok(true)
}

/// They need none.
pub(super) async fn name_data(_: &mut Connection) -> Outcome<()> {
    Ok(())
}

/// What the feed says of itself, in one look.
///
/// The identity has all that changes when the data are others: the cluster, its timeline (a promotion or a restore to a
/// point in time begins another), the start of the server (which the replacement of its files by a snapshot needs), the
/// table (a restored dump makes it anew), and the files of the tables (rows that are restored into emptied tables, after
/// `TRUNCATE`).
///
/// A snapshot ends after the latest transaction that is over, so one that is open may be beyond it. `begun` is the number that
/// the server gives to the next transaction instead: `age` counts back from there, and from number 3, the lowest that is
/// given to any. It has 32 of the snapshot's 64 bits, and is the same or a little later.
pub(super) async fn feed_state(conn: &mut Connection) -> Outcome<FeedState> {
    let state = diesel::dsl::sql::<(Bool, Text, BigInt, BigInt, BigInt, BigInt)>(
        "pg_is_in_recovery(),
         CASE WHEN pg_is_in_recovery() THEN ''
              ELSE concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                             left(pg_walfile_name(pg_current_wal_lsn()), 8),
                             extract(epoch FROM pg_postmaster_start_time()),
                             (SELECT oid FROM pg_database WHERE datname = current_database()),
                             CAST(CAST('feed' AS regclass) AS oid),
                             pg_relation_filenode('feed'), pg_relation_filenode('tokens')) END,
         COALESCE(pg_sequence_last_value(CAST(pg_get_serial_sequence('feed', 'sequence') AS regclass)), 0),
         COALESCE(pg_sequence_last_value(CAST(pg_get_serial_sequence('tokens', 'id') AS regclass)), 0),
         txid_snapshot_xmax(txid_current_snapshot())
             + ((age(CAST('3' AS xid)) + 3 - txid_snapshot_xmax(txid_current_snapshot())) & 4294967295),
         txid_snapshot_xmin(txid_current_snapshot())",
    );
    let (standby, identity, newest, issued, begun, finished): (bool, String, i64, i64, i64, i64) =
        diesel::select(state).get_result(conn).await?;
    match standby {
        true => Err(DbError::Unfit(
            "the database server is a standby: what was revoked reaches it late, or never",
        )),
        false => Ok(FeedState {
            identity,
            newest,
            issued,
            begun,
            finished,
        }),
    }
}

/// Changes a token's row, and writes the entry about it, in one statement. `change` returns the row's id, subject, realm
/// and flavour. `None` if it has changed nothing: then there is no entry.
///
/// PostgreSQL sends the rows before it commits, so all of the answer is awaited: `get_result` goes on with the first row,
/// and would take a change for done whose commit fails.
pub(super) async fn change_token<Q>(conn: &mut Connection, change: Q, entry: AuditEntry) -> Outcome<Option<TokenId>>
where
    Q: QueryFragment<Pg> + QueryId + Send,
{
    let ids: Vec<Option<i64>> = Recorded::new(change, entry).load(conn).await?;
    Ok(ids.into_iter().flatten().next().map(TokenId))
}

/// Where an entry is in the order in which entries become final: that of their transactions.
pub(super) fn position(row: &AuditEntryRow) -> i64 {
    row.written_by
}

/// The entries after a cursor that are final: every transaction below the horizon is over, and what it wrote is visible
/// to the statement that comes after.
pub(super) async fn settled_entries(conn: &mut Connection, after: &AuditCursor, limit: u32) -> Outcome<SettledEntries> {
    let horizon = diesel::dsl::sql::<(BigInt, BigInt)>(
        "txid_snapshot_xmin(txid_current_snapshot()), txid_snapshot_xmax(txid_current_snapshot())",
    );
    let (finished, begun): (i64, i64) = diesel::select(horizon).get_result(conn).await?;
    let mut after = *after;
    if begun < after.settled {
        let rest = entries_of_another_cluster(conn, &after, limit).await?;
        if !rest.rows.is_empty() {
            return Ok(rest);
        }
        // What this cluster writes has higher numbers than all of that.
        (after.settled, after.floor) = (0, after.highest);
    }
    let rows = audit_entries::table
        .filter(audit_entries::written_by.ge(after.settled))
        .filter(audit_entries::written_by.lt(finished))
        .filter(audit_entries::sequence.gt(after.floor))
        .order((audit_entries::written_by, audit_entries::sequence))
        .limit(i64::from(limit) + 1)
        .select(AuditEntryRow::as_select());
    let mut rows: Vec<AuditEntryRow> = rows.load(conn).await?;
    let mut settled = finished;
    if let Some(next) = rows.get(limit as usize) {
        // A page ends between two transactions.
        settled = next.written_by;
        rows.retain(|row| row.written_by < settled);
        if rows.is_empty() {
            return Err(DbError::Corrupt(
                "one transaction wrote more audit entries than can be sealed at once",
            ));
        }
    }
    let cursor = cursor_after(&after, settled, &rows);
    Ok(SettledEntries {
        rows: rows.into_iter().map(row_of).collect(),
        cursor,
    })
}

/// The rest of what another cluster wrote, from whose dump this one was restored: there transactions had higher numbers
/// than any has here. All of it is final.
async fn entries_of_another_cluster(conn: &mut Connection, after: &AuditCursor, limit: u32) -> Outcome<SettledEntries> {
    let rows = audit_entries::table
        .filter(audit_entries::written_by.ge(after.settled))
        .filter(audit_entries::sequence.gt(after.floor))
        .order(audit_entries::sequence)
        .limit(limit.into())
        .select(AuditEntryRow::as_select());
    let rows: Vec<AuditEntryRow> = rows.load(conn).await?;
    let mut cursor = cursor_after(after, after.settled, &rows);
    cursor.floor = rows.last().map_or(after.floor, |last| last.sequence);
    Ok(SettledEntries {
        rows: rows.into_iter().map(row_of).collect(),
        cursor,
    })
}
