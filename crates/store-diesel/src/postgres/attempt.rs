//! Attempts at one operation: on which connection, and whether it is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_core::StoreError;
use diesel_async::SimpleAsyncConnection;
use tokio::time::timeout;

use super::backend::{Connection, Step};
use super::pool::Pool;
use crate::error::{DbError, Outcome};
use crate::notices::Topic;

/// How often an operation is begun at most, when it meets others.
const TRIES: u32 = 6;

/// What an operation does, as far as a second attempt is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Statement,
    Transaction,
    LongTransaction,
    Publication(Topic),
    LongPublication(Topic),
}

impl Kind {
    /// How it begins, where it takes a transaction.
    fn begin(self) -> Option<&'static str> {
        match self {
            Self::Read | Self::Statement => None,
            Self::Transaction | Self::Publication(_) => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
            Self::LongTransaction | Self::LongPublication(_) => Some(
                "BEGIN ISOLATION LEVEL READ COMMITTED;
                 SET LOCAL statement_timeout = 0;
                 SET LOCAL lock_timeout = 0",
            ),
        }
    }

    /// What other processes are to notice.
    pub(super) fn topic(self) -> Option<Topic> {
        match self {
            Self::Publication(topic) | Self::LongPublication(topic) => Some(topic),
            Self::Read | Self::Statement | Self::Transaction | Self::LongTransaction => None,
        }
    }
}

/// How far an operation has come: whether something was sent that the server may carry out without an answer of ours.
/// Before that, an operation that fails has done nothing: what was not committed is taken back.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<AtomicBool>);

impl Progress {
    fn may_be_done(&self, may_be_done: bool) {
        self.0.store(may_be_done, Ordering::SeqCst);
    }

    /// The error of an operation that was given up, or whose connection broke.
    pub(super) fn judge(&self, fault: DbError) -> StoreError {
        match self.0.load(Ordering::SeqCst) {
            true => fault.of_unknown_outcome(),
            false => fault.into(),
        }
    }
}

/// Runs one step that may be repeated.
pub(super) async fn read_once<A, R>(pool: &Pool, args: &A, step: Step<A, R>) -> Result<R, StoreError> {
    persist(pool, Kind::Read, &Progress::default(), args, step).await
}

/// Tries until it is done, it cannot be done, or it was tried often enough.
pub(super) async fn persist<A, R>(
    pool: &Pool,
    kind: Kind,
    progress: &Progress,
    args: &A,
    step: Step<A, R>,
) -> Result<R, StoreError> {
    let mut attempt = 1;
    loop {
        let (mut lane, new, mut renewal) = pool.take().await?;
        let attempt_made = in_time(pool.patience(), once(kind, progress, &mut lane.conn, args, step));
        let outcome = tokio::select! {
            biased;
            outcome = attempt_made => outcome,
            _ = renewal.changed() => Err(DbError::Late),
        };
        let fault = match outcome {
            Ok(answer) => {
                pool.give_back(lane, &renewal);
                return Ok(answer);
            }
            Err(fault) => fault,
        };
        let broke = fault.broke_connection();
        if !broke {
            // The server answered: it has done nothing.
            progress.may_be_done(false);
            pool.give_back(lane, &renewal);
        }
        // What may have been done may not be repeated. A connection that was not used for a while may have been closed by a
        // server that is well by now, and another server may be in charge by now.
        let another_may_do = !new || renewal.has_changed().unwrap_or(false);
        let again = fault.is_conflict() || (broke && another_may_do && !progress.0.load(Ordering::SeqCst));
        if !again || attempt == TRIES {
            return Err(progress.judge(fault));
        }
        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
        attempt += 1;
    }
}

async fn in_time<R>(patience: Option<Duration>, attempt: impl Future<Output = Outcome<R>>) -> Outcome<R> {
    match patience {
        Some(patience) => timeout(patience, attempt).await.unwrap_or(Err(DbError::Late)),
        None => attempt.await,
    }
}

async fn once<A, R>(kind: Kind, progress: &Progress, conn: &mut Connection, args: &A, step: Step<A, R>) -> Outcome<R> {
    let Some(begin) = kind.begin() else {
        progress.may_be_done(kind == Kind::Statement);
        return step(conn, args).await;
    };
    conn.batch_execute(begin).await?;
    let outcome = match step(conn, args).await {
        Ok(answer) => {
            progress.may_be_done(true);
            let committed = conn.batch_execute("COMMIT").await;
            committed.map(|()| answer).map_err(DbError::from)
        }
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(answer) => Ok(answer),
        Err(fault) if fault.broke_connection() => Err(fault),
        Err(fault) => {
            progress.may_be_done(false);
            conn.batch_execute("ROLLBACK").await?;
            Err(fault)
        }
    }
}
