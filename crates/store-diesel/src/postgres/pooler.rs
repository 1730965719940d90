//! Whether a pooler is in between that lends out its connections for one transaction each, such as PgBouncer with
//! `pool_mode = transaction`, and whether we can work through it.
//!
//! Through such a pooler a session is another client's next: what `SET` sets and what `LISTEN` asks for are lost, and so are
//! prepared statements, unless the pooler carries them along (PgBouncer 1.21 or later, with `max_prepared_statements`).

use std::time::Duration;

use auth_core::StoreError;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::connector::Connector;
use crate::options::ConnectError;

/// How often two connections are compared. A pooler may take its own in turns.
const ROUNDS: usize = 4;

/// For how long a pooler may have no connection left for the second of two transactions.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether such a pooler is in between. What cannot be found out counts as none.
///
/// # Errors
/// When nothing answers, or a pooler was found that we cannot work through.
pub(super) async fn lends_for_transactions(connector: &Connector) -> Result<bool, ConnectError> {
    let one = connector.connect_bare(None).await?;
    // A server without room for a second connection says so to those who need one.
    let Ok(other) = connector.connect_bare(None).await else {
        return Ok(false);
    };
    let (one, other) = (&one.client, &other.client);
    if !share_sessions(one, other).await.map_err(failed)? {
        return Ok(false);
    }
    if loses_statements(one, other).await.map_err(failed)? {
        return Err(ConnectError::Pooler(LOSES_STATEMENTS.to_owned()));
    }
    if default_of(one, "synchronous_commit").await.map_err(failed)? == "off" {
        return Err(ConnectError::Pooler(LOSES_COMMITS.to_owned()));
    }
    for setting in TIMEOUTS {
        if default_of(one, setting).await.map_err(failed)? == "0" {
            tracing::warn!(
                event = "pooler_without_timeout",
                setting,
                "set it for the database's user (ALTER ROLE name SET setting = '5s'): the pooler in between does not let a \
                 session do it"
            );
        }
    }
    Ok(true)
}

/// With these the server gives up on a statement before we give up on the server.
const TIMEOUTS: [&str; 3] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
];

const LOSES_STATEMENTS: &str = "the database is reached through a pooler that lends out connections for one transaction each and loses \
     prepared statements: use PgBouncer 1.21 or later with max_prepared_statements = 200, or pool_mode = session";

const LOSES_COMMITS: &str = "synchronous_commit is off, and the pooler in between does not let a session change that: set it for \
     the database's user (ALTER ROLE name SET synchronous_commit = on)";

/// Whether two connections are the same session of the server at times, or one is several.
async fn share_sessions(one: &Client, other: &Client) -> Result<bool, Error> {
    let first = backend(one).await?;
    for _ in 0..ROUNDS {
        if backend(other).await? == first || backend(one).await? != first {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn backend(client: &Client) -> Result<Option<String>, Error> {
    value(client, "SELECT pg_backend_pid()").await
}

/// What a session has where it sets nothing.
async fn default_of(client: &Client, setting: &str) -> Result<String, Error> {
    let query = format!("SELECT reset_val FROM pg_settings WHERE name = '{setting}'");
    Ok(value(client, &query).await?.unwrap_or_default())
}

/// A statement that is sent as it is, without being prepared.
async fn value(client: &Client, query: &str) -> Result<Option<String>, Error> {
    let rows = client.simple_query(query).await?;
    Ok(rows.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

/// Whether a statement that was prepared on one connection is unknown to it when another one has its session.
async fn loses_statements(one: &Client, other: &Client) -> Result<bool, Error> {
    for _ in 0..ROUNDS {
        let statement = match one.prepare("SELECT 1").await {
            Ok(statement) => statement,
            Err(error) => return is_lost(error),
        };
        other.batch_execute("BEGIN").await?;
        let run = timeout(PATIENCE, one.execute(&statement, &[])).await;
        other.batch_execute("COMMIT").await?;
        if let Ok(Err(error)) = run {
            return is_lost(error);
        }
    }
    Ok(false)
}

fn is_lost(error: Error) -> Result<bool, Error> {
    let lost = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    match error.code() {
        Some(code) if lost.contains(code) => Ok(true),
        _ => Err(error),
    }
}

fn failed(error: Error) -> ConnectError {
    ConnectError::Store(StoreError::Unavailable(error.to_string()))
}
