//! Operations on PostgreSQL: which connection they take, how long they may take, when they are tried again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{ChangeWatch, StoreError};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument;

use super::announcer::{Announcer, Notifier};
use super::attempt::{Kind, Progress, persist};
use super::connector::{Connector, Lane};
use super::differences;
use super::ear::Ear;
use super::pool::Pool;
use crate::error::{DbError, Outcome};
use crate::notices::Topic;
use crate::options::{ConnectError, PATIENCE, StoreOptions};
use crate::pool_status::{Counted, PoolStatus, Pools};
use crate::stages::database;
use crate::store::FollowedFeed;
use crate::url::{DatabaseUrl, PostgresUrl};

/// How long the feed's connection may take for one answer, as a part of the deadline: 3 s of 10. Then it counts as broken,
/// and the read is begun again on a new one before checks fail for want of it.
const FEED_PART: f64 = 0.3;

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
    /// Whether that connection leads somewhere else than the others.
    feed_apart: bool,
    listens: bool,
    ear: Arc<Ear>,
    notifier: Notifier,
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
    fn new(pool: Pool, count: usize) -> Self {
        let size = count.max(1);
        Self {
            pool: Arc::new(pool),
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

impl Db {
    /// Connects once, to see that it can be done.
    pub(crate) async fn open(url: PostgresUrl, options: &StoreOptions) -> Result<Self, ConnectError> {
        let connector = Arc::new(Connector::new(url.clone(), options.deadline)?);
        let feed_url = options.feed_url.as_deref().map(feed_url).transpose()?;
        let feed_apart = feed_url.is_some();
        let feed = Connector::new(feed_url.unwrap_or(url), options.deadline)?;
        // Last of what may fail: a runtime may not be dropped where others run.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()?;
        let patience = options.deadline.mul_f64(FEED_PART);
        let announcer = Arc::new(Announcer::default());
        let db = Self {
            lanes: Lanes::new(Pool::new(connector.clone(), None), options.connections),
            feed: Lanes::new(Pool::new(Arc::new(feed), Some(patience)), 1),
            feed_apart,
            listens: options.listen,
            ear: Arc::new(Ear::new(announcer.clone())),
            notifier: Notifier {
                pool: Arc::new(Pool::new(connector, Some(patience))),
                announcer: options.listen.then_some(announcer),
            },
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
        let late = || Err(DbError::Late.into());
        first.await.unwrap_or_else(late)??;
        Ok(db)
    }

    pub(super) fn watch(&self, topic: Topic) -> ChangeWatch {
        self.ear.watch(topic)
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

    /// The same, and tells other processes of it.
    pub(super) async fn publish<A, R>(&self, topic: Topic, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::Publication(topic), self.deadline, args, step)
            .instrument(database("write"))
            .await
    }

    /// The same, for what may take long.
    pub(super) async fn publish_patiently<A, R>(&self, topic: Topic, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + Sync + 'static,
        R: Send + 'static,
    {
        self.run(&self.lanes, Kind::LongPublication(topic), PATIENCE, args, step)
            .instrument(database("write"))
            .await
    }

    /// Runs a transaction that may take long.
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
        let late = || Err(DbError::Late.into());
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
        let permit = timeout(self.wait, lanes.permits.clone().acquire_owned());
        let waiting = Counted::one_more(&lanes.waiting);
        let permit = permit
            .await
            .map_err(|_| StoreError::Busy("no connection came free in time".to_owned()))?;
        drop(waiting);
        let pool = lanes.pool.clone();
        let progress = Progress::default();
        let notifier = self.notifier.clone();
        let outcome = self.spawn(deadline, {
            let progress = progress.clone();
            async move {
                let outcome = persist(&pool, kind, &progress, &args, step).await;
                drop(permit);
                if let Some(topic) = kind.topic() {
                    notifier.notify(topic).await;
                }
                outcome
            }
        });
        outcome.await.unwrap_or_else(|| Err(progress.judge(DbError::Late)))
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
        let task = runtime.spawn(timeout(deadline, task));
        match task.await {
            Ok(outcome) => outcome.ok(),
            Err(_) => unavailable("the operation panicked"),
        }
    }
}

#[async_trait]
impl FollowedFeed for Db {
    async fn prepare_feed(&self) -> Result<(), ConnectError> {
        if self.feed_apart {
            let own = self.read((), |conn, ()| differences::feed_state(conn).boxed()).await?;
            let fed = self.read_feed((), |conn, ()| differences::feed_state(conn).boxed());
            let fed = fed.await.map_err(|error| ConnectError::FeedUrl(error.to_string()))?;
            if own.identity != fed.identity {
                return Err(ConnectError::FeedUrl("it leads to another database".to_owned()));
            }
        }
        if let (true, Some(runtime), Some(announcer)) = (self.listens, &self.runtime, &self.notifier.announcer) {
            self.feed.pool.listen(self.ear.clone());
            let (announcer, pool) = (announcer.clone(), self.notifier.pool.clone());
            runtime.spawn(async move { announcer.run(&pool).await });
        }
        Ok(())
    }
}

fn feed_url(url: &str) -> Result<PostgresUrl, ConnectError> {
    match DatabaseUrl::parse(url) {
        Ok(DatabaseUrl::Postgres(url)) => Ok(*url),
        Ok(DatabaseUrl::Sqlite(_)) => Err(ConnectError::FeedUrl("it is not one of PostgreSQL".to_owned())),
        Err(error) => Err(ConnectError::FeedUrl(error.to_string())),
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
