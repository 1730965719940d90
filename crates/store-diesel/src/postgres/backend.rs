//! Operations on PostgreSQL: which connection they take, how long they may take, when they are tried again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::StoreError;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::connector::{Connector, Lane};
use super::pool::Pool;
use crate::error::{DbError, Outcome};
use crate::options::{ConnectError, PATIENCE, StoreOptions};
use crate::pool_status::{Counted, PoolStatus, Pools};
use crate::stages::database;
use crate::url::PostgresUrl;

/// How often an operation is begun at most, when it meets others.
const TRIES: u32 = 6;

/// Why an operation is given up.
const LATE: &str = "the database did not answer in time";

/// What the ports' code runs on.
pub(super) type Connection = AsyncPgConnection;

/// One operation, or one statement of it, over what it was asked with. It may be run more than once.
pub(super) type Step<A, R> = for<'c> fn(&'c mut Connection, &'c A) -> BoxFuture<'c, Outcome<R>>;

/// The ports on one PostgreSQL database.
///
/// It has a runtime of its own. An operation that has begun runs there to its end, whatever becomes of the caller, and
/// a connection stays there, whatever becomes of the runtime on which it was first needed.
pub(crate) struct Db {
    lanes: Lanes,
    /// A connection for the feed of revocations and the keys alone: checks go on only while a node reads them, so they
    /// wait for no other operation.
    feed: Lanes,
    wait: Duration,
    deadline: Duration,
    runtime: Option<Runtime>,
}

/// Connections, and the right to use one of them.
struct Lanes {
    pool: Arc<Pool>,
    permits: Arc<Semaphore>,
    size: usize,
    /// How many operations wait for a permit.
    waiting: AtomicUsize,
}

impl Lanes {
    fn new(connector: &Arc<Connector>, count: usize) -> Self {
        let size = count.max(1);
        Self {
            pool: Arc::new(Pool::new(connector.clone())),
            permits: Arc::new(Semaphore::new(size)),
            size,
            waiting: AtomicUsize::new(0),
        }
    }

    fn status(&self, name: &'static str) -> PoolStatus {
        PoolStatus {
            name,
            size: self.size,
            in_use: self.size.saturating_sub(self.permits.available_permits()),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// What an operation does, as far as a second attempt is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Statement,
    Transaction,
    LongTransaction,
}

impl Kind {
    /// How it begins, where it takes a transaction.
    fn begin(self) -> Option<&'static str> {
        match self {
            Self::Read | Self::Statement => None,
            Self::Transaction => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
            Self::LongTransaction => Some(
                "BEGIN ISOLATION LEVEL READ COMMITTED;
                 SET LOCAL statement_timeout = 0;
                 SET LOCAL lock_timeout = 0",
            ),
        }
    }
}

impl Db {
    /// Connects once, to see that it can be done.
    pub(crate) async fn open(url: PostgresUrl, options: &StoreOptions) -> Result<Self, ConnectError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()?;
        let connector = Arc::new(Connector::new(url, options.deadline)?);
        let db = Self {
            lanes: Lanes::new(&connector, options.connections),
            feed: Lanes::new(&connector, 1),
            wait: options.wait,
            deadline: options.deadline,
            runtime: Some(runtime),
        };
        let pool = db.lanes.pool.clone();
        let first = db.spawn(db.deadline, async move {
            let (mut lane, _) = pool.take().await?;
            let fit = lane.refuse_unfit().await;
            pool.give_back(lane);
            Ok(fit)
        });
        let late = || Err(StoreError::Unavailable(LATE.to_owned()));
        first.await.unwrap_or_else(late)??;
        Ok(db)
    }

    /// Runs something that only reads, in one statement.
    pub(super) async fn read<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::Read, self.deadline, args, step)
            .instrument(database("read"))
            .await
    }

    /// The same on the connection that is kept for the feed.
    pub(super) async fn read_feed<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.feed, Kind::Read, self.deadline, args, step)
            .instrument(database("feed"))
            .await
    }

    /// Runs one writing statement.
    pub(super) async fn statement<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::Statement, self.deadline, args, step)
            .instrument(database("write"))
            .await
    }

    /// Runs several statements as one transaction.
    pub(super) async fn write<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::Transaction, self.deadline, args, step)
            .instrument(database("write"))
            .await
    }

    /// The same, for what may take long.
    pub(super) async fn write_patiently<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::LongTransaction, PATIENCE, args, step)
            .instrument(database("write"))
            .await
    }

    /// A connection of its own for one caller, which uses it as it likes.
    pub(super) async fn take(&self) -> Result<Taken, StoreError> {
        let pool = self.lanes.pool.clone();
        let taken = self.spawn(self.deadline, async move { pool.connect().await });
        let late = || Err(StoreError::Unavailable(LATE.to_owned()));
        Ok(Taken(taken.await.unwrap_or_else(late)?))
    }

    async fn run<A, R>(
        &self,
        lanes: &Lanes,
        kind: Kind,
        deadline: Duration,
        args: A,
        step: Step<A, R>,
    ) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        let permit = tokio::time::timeout(self.wait, lanes.permits.clone().acquire_owned());
        let waiting = Counted::one_more(&lanes.waiting);
        let permit = permit
            .await
            .map_err(|_| StoreError::Busy("no connection came free in time".to_owned()))?;
        drop(waiting);
        let pool = lanes.pool.clone();
        let progress = Progress::default();
        let outcome = self.spawn(deadline, {
            let progress = progress.clone();
            async move {
                let _permit = permit;
                persist(&pool, kind, &progress, &args, step).await
            }
        });
        outcome
            .await
            .unwrap_or_else(|| Err(progress.judge(DbError::Unfit(LATE))))
    }

    /// Runs a task to its end or its deadline (`None`), whether or not its caller waits for it.
    async fn spawn<R: Send + 'static>(
        &self,
        deadline: Duration,
        task: impl Future<Output = Result<R, StoreError>> + Send + 'static,
    ) -> Option<Result<R, StoreError>> {
        let unavailable = |why: &str| Some(Err(StoreError::Unavailable(why.to_owned())));
        let Some(runtime) = &self.runtime else {
            return unavailable("the store is closed");
        };
        let task = runtime.spawn(async move { tokio::time::timeout(deadline, task).await });
        match task.await {
            Ok(outcome) => outcome.ok(),
            Err(_) => unavailable("the operation panicked"),
        }
    }
}

/// A connection that belongs to one caller, and ends with this value.
pub(super) struct Taken(Lane);

impl Taken {
    pub(super) fn conn(&mut self) -> &mut Connection {
        &mut self.0.conn
    }
}

impl Pools for Db {
    fn pools(&self) -> Vec<PoolStatus> {
        vec![self.lanes.status("main"), self.feed.status("feed")]
    }
}

impl Drop for Db {
    /// A runtime may not be waited for where others run.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How far an operation has come: whether something was sent that the server may carry out without an answer of ours.
/// Before that, an operation that fails has done nothing: what was not committed is taken back.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicBool>);

impl Progress {
    fn may_be_done(&self, may_be_done: bool) {
        self.0.store(may_be_done, Ordering::SeqCst);
    }

    /// The error of an operation that was given up, or whose connection broke.
    fn judge(&self, fault: DbError) -> StoreError {
        match self.0.load(Ordering::SeqCst) {
            true => fault.of_unknown_outcome(),
            false => fault.into(),
        }
    }
}

/// Tries until it is done, it cannot be done, or it was tried often enough.
async fn persist<A, R>(
    pool: &Pool,
    kind: Kind,
    progress: &Progress,
    args: &A,
    step: Step<A, R>,
) -> Result<R, StoreError> {
    let mut attempt = 1;
    loop {
        let (mut lane, new) = pool.take().await?;
        let fault = match once(kind, progress, &mut lane.conn, args, step).await {
            Ok(answer) => {
                pool.give_back(lane);
                return Ok(answer);
            }
            Err(fault) => fault,
        };
        let broke = fault.broke_connection();
        if !broke {
            // The server answered: it has done nothing.
            progress.may_be_done(false);
            pool.give_back(lane);
        }
        // What may have been done may not be repeated. A connection that was not used for a while may have been closed by a
        // server that is well by now.
        let again = fault.is_conflict() || (broke && !new && !progress.0.load(Ordering::SeqCst));
        if !again || attempt == TRIES {
            return Err(progress.judge(fault));
        }
        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
        attempt += 1;
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
