//! Operations on PostgreSQL: which connection they take, how long they may take, when they are tried again.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::{ChangeWatch, StoreError};
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::Instrument;

use super::announcer::{Announcer, Notifier};
use super::attempt::{Kind, Progress, persist};
use super::connector::{Connector, Lane};
use super::first_answer::first_answer;
use super::followed_feed::parse_feed_url;
use super::listener::Listener;
use super::pool::Pool;
use crate::error::{DbError, Outcome};
use crate::notices::Topic;
use crate::options::{ConnectError, PATIENCE, StoreOptions};
use crate::pool_status::{Counted, PoolStatus, Pools};
use crate::stages::database;
use crate::url::PostgresUrl;

/// How long the feed's connection may take for one answer, as a part of the deadline: 3 s of 10. Then it counts as broken,
/// and the read is begun again on a new one before checks fail for want of it.
const FEED_PART: f64 = 0.3;

/// How many connections past the pooler there are at most. They are made when they are needed.
const PAST_POOLER: usize = 2;

/// What the ports' code runs on.
pub(super) type Connection = AsyncPgConnection;

/// One operation, or one statement of it, over what it was asked with. It may be run more than once.
pub(super) type Step<A, R> = for<'c> fn(&'c mut Connection, &'c A) -> BoxFuture<'c, Outcome<R>>;

/// The ports on one PostgreSQL database.
///
/// It has a runtime of its own. An operation that has begun runs there to its end, whatever becomes of the caller, and
/// a connection stays there, whatever becomes of the runtime on which it was first needed.
pub(crate) struct Db {
    pub(super) lanes: Lanes,
    /// A connection for the feed of revocations and the keys alone: checks go on only while a node reads them, so they
    /// wait for no other operation.
    pub(super) feed: Lanes,
    /// The way past the pooler, where the feed has a way of its own: for reads that checks wait for, while the pooler does not answer.
    pub(super) past_pooler: Option<Lanes>,
    pub(super) listens: bool,
    pub(super) listener: Arc<Listener>,
    pub(super) notifier: Notifier,
    /// Which data the feed was of, when it was last read.
    identity: Mutex<Option<String>>,
    wait: Duration,
    deadline: Duration,
    pub(super) runtime: Option<Runtime>,
}

/// Connections, and the right to use one of them.
pub(super) struct Lanes {
    pub(super) pool: Arc<Pool>,
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
    /// Connects, to see that it can be done.
    pub(crate) async fn open(url: PostgresUrl, options: &StoreOptions) -> Result<Self, ConnectError> {
        let connector = Arc::new(Connector::new(url, options.deadline)?);
        let feed_url = options.feed_url.as_deref().map(parse_feed_url).transpose()?;
        let (feed, past_pooler) = match feed_url {
            Some(url) => {
                let feed = Connector::new(url, options.deadline)?;
                let twin = feed.twin();
                (feed, Some(twin))
            }
            None => (connector.twin(), None),
        };
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
            past_pooler: past_pooler.map(|way| Lanes::new(Pool::new(Arc::new(way), Some(patience)), PAST_POOLER)),
            listens: options.listen,
            listener: Arc::new(Listener::new(announcer.clone())),
            notifier: Notifier {
                pool: Arc::new(Pool::new(connector.clone(), Some(patience))),
                announcer: options.listen.then_some(announcer),
            },
            identity: Mutex::default(),
            wait: options.wait,
            deadline: options.deadline,
            runtime: Some(runtime),
        };
        db.look_before_use(connector).await?;
        Ok(db)
    }

    async fn look_before_use(&self, connector: Arc<Connector>) -> Result<(), ConnectError> {
        let pool = self.lanes.pool.clone();
        let looked = timeout(self.deadline, async move {
            if let Err(error) = connector.look_for_pooler().await {
                return Ok(Err(error));
            }
            let (mut lane, _, renewal) = pool.take().await?;
            let fit = lane.refuse_unfit().await;
            pool.give_back(lane, &renewal);
            Ok(fit)
        });
        self.spawn(async { looked.await.unwrap_or_else(late) }).await?
    }

    pub(super) fn watch(&self, topic: Topic) -> ChangeWatch {
        self.listener.watch(topic)
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

    /// Reads what a check waits for. After a fail-over a pooler may wait for the old server when the feed is read from the new one
    /// already: what it does not answer at once is asked past it, and the first answer counts.
    pub(super) async fn read_for_check<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Clone + Send + Sync + 'static,
        R: Send + 'static,
    {
        let through = self.read(args.clone(), step);
        let Some(lanes) = &self.past_pooler else {
            return through.await;
        };
        let past = self.run(lanes, Kind::Read, self.deadline, args, step);
        first_answer(through, past.instrument(database("read"))).await
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

    /// The feed was read, and is of these data. Where they are others than before, another server is in charge: no
    /// connection that was made to the one before is waited for any longer.
    pub(super) fn note_identity(&self, identity: &str) {
        let mut known = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.replace(identity.to_owned());
        if before.is_some_and(|before| before != identity) {
            self.lanes.pool.renew();
            self.notifier.pool.renew();
            if let Some(past_pooler) = &self.past_pooler {
                past_pooler.pool.renew();
            }
        }
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

    /// The same, and notifies other processes of it.
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
        let taken = timeout(self.deadline, async move { pool.connect().await });
        Ok(Taken(self.spawn(async { taken.await.unwrap_or_else(late) }).await?))
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
        let notifier = self.notifier.clone();
        self.spawn(async move {
            let progress = Progress::default();
            let outcome = timeout(deadline, persist(&pool, kind, &progress, &args, step)).await;
            drop(permit);
            // Also of what may have been done.
            if let Some(topic) = kind.topic() {
                notifier.notify(topic).await;
            }
            outcome.unwrap_or_else(|_| Err(progress.judge(DbError::Late)))
        })
        .await
    }

    /// Runs a task to its end, whether or not its caller waits for it.
    async fn spawn<R: Send + 'static>(
        &self,
        task: impl Future<Output = Result<R, StoreError>> + Send + 'static,
    ) -> Result<R, StoreError> {
        let unavailable = |why: &str| Err(StoreError::Unavailable(why.to_owned()));
        match &self.runtime {
            Some(runtime) => runtime
                .spawn(task)
                .await
                .unwrap_or_else(|_| unavailable("the operation panicked")),
            None => unavailable("the store is closed"),
        }
    }
}

/// Nothing was done in time.
fn late<R>(_: Elapsed) -> Result<R, StoreError> {
    Err(DbError::Late.into())
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
