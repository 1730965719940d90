//! Operations on SQLite: which thread they go to, how long they wait, what their callers hear.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{ChangeWatch, StoreError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::bridge::Bridge;
use super::open::Location;
use super::watcher::Watcher;
use super::worker::{Job, Queue, Ran};
use crate::error::{DbError, Outcome};
use crate::notices::{Notices, Topic};
use crate::options::{ConnectError, PATIENCE, StoreOptions};
use crate::pool_status::{PoolStatus, Pools};
use crate::stages::database;
use crate::store::FollowedFeed;

/// What the ports' code runs on.
pub(super) type Connection = Bridge;

/// One operation, or one statement of it, over what it was asked with. It may be run more than once.
pub(super) type Step<A, R> = for<'c> fn(&'c mut Connection, &'c A) -> BoxFuture<'c, Outcome<R>>;

/// The ports on one SQLite database.
///
/// Fields are dropped in their order, so the writer's connection is the last to close, and alone: it empties the
/// write-ahead log, and the database is one file that can be copied.
pub(crate) struct Db {
    watcher: OnceLock<Watcher>,
    notices: Notices,
    listens: bool,
    location: Location,
    /// A reader for the feed of revocations and the keys alone: checks go on only while a node reads them, so they wait
    /// for no other reader. None for a database in memory.
    feed: Option<Queue>,
    /// None for a database in memory: the writer is its one connection.
    readers: Option<Queue>,
    writer: Queue,
    wait: Duration,
    deadline: Duration,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database with all its connections. Blocks for a moment.
    pub(crate) fn open(path: Option<String>, options: &StoreOptions) -> Result<Self, ConnectError> {
        let location = Location::new(path, options.wait);
        location.create()?;
        let writer = Queue::writer(location.clone(), location.open()?)?;
        let readers = |count: usize| match location.is_memory() {
            true => Ok(None),
            false => {
                let connections = (0..count).map(|_| location.open());
                let connections = connections.collect::<Result<_, ConnectError>>()?;
                Ok::<_, ConnectError>(Some(Queue::readers(location.clone(), connections)?))
            }
        };
        Ok(Self {
            watcher: OnceLock::new(),
            notices: Notices::default(),
            listens: options.listen,
            feed: readers(1)?,
            readers: readers(options.readers.max(1))?,
            writer,
            wait: options.wait,
            deadline: options.deadline,
            location,
        })
    }

    /// The location of the database.
    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    pub(super) fn watch(&self, topic: Topic) -> ChangeWatch {
        self.notices.watch(topic)
    }

    /// Reads what a check waits for: there is one way to the file.
    pub(super) async fn read_for_check<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.read(args, step).await
    }

    /// Runs something that only reads, in one statement.
    pub(super) async fn read<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        let queue = self.readers.as_ref().unwrap_or(&self.writer);
        self.run(queue, self.deadline, StoreError::Unavailable, args, step)
            .instrument(database("read"))
            .await
    }

    /// The same on the connection that is kept for the feed.
    pub(super) async fn read_feed<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        let queue = self.feed.as_ref().unwrap_or(&self.writer);
        self.run(queue, self.deadline, StoreError::Unavailable, args, step)
            .instrument(database("feed"))
            .await
    }

    /// Which data the feed is of. Nothing is to be done: each operation looks whether the file is another one.
    #[allow(clippy::unused_self, reason = "the ports' code is the same for both databases")]
    pub(super) fn note_identity(&self, _identity: &str) {}

    /// Runs one writing statement.
    pub(super) async fn statement<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.run(&self.writer, self.deadline, StoreError::OutcomeUnknown, args, step)
            .instrument(database("write"))
            .await
    }

    /// Runs several statements as one transaction.
    pub(super) async fn write<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.run(&self.writer, self.deadline, StoreError::OutcomeUnknown, args, step)
            .instrument(database("write"))
            .await
    }

    /// The same, for what others are to notice.
    pub(super) async fn publish<A, R>(&self, topic: Topic, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.note(topic, self.write(args, step).await)
    }

    /// The same, for what may take long.
    pub(super) async fn publish_patiently<A, R>(&self, topic: Topic, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.note(topic, self.write_patiently(args, step).await)
    }

    /// What is committed to a file is noticed by the [`Watcher`]; a database in memory has no other connection.
    fn note<R>(&self, topic: Topic, outcome: Result<R, StoreError>) -> Result<R, StoreError> {
        if self.location.is_memory() {
            self.notices.notify(topic);
        }
        outcome
    }

    /// Runs a transaction that may take long.
    pub(super) async fn write_patiently<A, R>(&self, args: A, step: Step<A, R>) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        self.run(&self.writer, PATIENCE, StoreError::OutcomeUnknown, args, step)
            .instrument(database("write"))
            .await
    }

    /// `late`: the error when what has begun does not end in time.
    async fn run<A, R>(
        &self,
        queue: &Queue,
        deadline: Duration,
        late: fn(String) -> StoreError,
        args: A,
        step: Step<A, R>,
    ) -> Result<R, StoreError>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        let (reply, mut answer) = oneshot::channel();
        let claim = Claim::default();
        queue.push(Box::new(Operation {
            args,
            step,
            claimed: claim.0.clone(),
            outcome: None,
            reply,
        }));
        let waited = tokio::time::timeout(self.wait, &mut answer).await;
        let answer = match waited {
            Ok(answer) => answer,
            Err(_) if claim.withdraw() => return Err(StoreError::Busy("no connection came free in time".to_owned())),
            // It has begun, so it will finish, unless the disk stalls.
            Err(_) => match tokio::time::timeout(deadline, answer).await {
                Ok(answer) => answer,
                Err(_) => return Err(late("the disk did not answer in time".to_owned())),
            },
        };
        answer.unwrap_or_else(|_| Err(StoreError::Unavailable("the store is closed".to_owned())))
    }
}

#[async_trait]
impl FollowedFeed for Db {
    fn is_pooled(&self) -> bool {
        false
    }

    async fn prepare_feed(&self) -> Result<(), ConnectError> {
        match (self.listens, self.location.is_memory()) {
            (true, true) => self.notices.set_live(true),
            (true, false) => {
                let watcher = Watcher::start(self.location.clone(), self.notices.clone())?;
                let _ = self.watcher.set(watcher);
            }
            (false, _) => {}
        }
        Ok(())
    }
}

impl Pools for Db {
    fn pools(&self) -> Vec<PoolStatus> {
        let groups = [("readers", &self.readers), ("feed", &self.feed)];
        let readers = groups
            .into_iter()
            .filter_map(|(name, queue)| Some(queue.as_ref()?.status(name)));
        [self.writer.status("writer")].into_iter().chain(readers).collect()
    }
}

/// The first to take it decides: the thread that begins the operation, or the caller who gives up on it.
#[derive(Default)]
struct Claim(Arc<AtomicBool>);

impl Claim {
    /// Whether the operation has not begun, and now never will.
    fn withdraw(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

impl Drop for Claim {
    /// Do not start an operation whose caller is gone.
    fn drop(&mut self) {
        self.withdraw();
    }
}

struct Operation<A, R> {
    args: A,
    step: Step<A, R>,
    claimed: Arc<AtomicBool>,
    outcome: Option<Result<R, StoreError>>,
    reply: oneshot::Sender<Result<R, StoreError>>,
}

impl<A: Send, R: Send> Job for Operation<A, R> {
    fn begin(&self) -> bool {
        !self.claimed.swap(true, Ordering::SeqCst)
    }

    fn run(&mut self, conn: &mut Bridge) -> Ran {
        let outcome = (self.step)(conn, &self.args).now_or_never();
        // The bridge answers at once, so the future is ready at once.
        let outcome = outcome.unwrap_or(Err(DbError::Corrupt("an operation waited for something else")));
        let ran = match &outcome {
            Ok(_) => Ran::Well,
            Err(fault) if fault.broke_connection() => Ran::Broke,
            Err(_) => Ran::Failed,
        };
        self.outcome = Some(outcome.map_err(StoreError::from));
        ran
    }

    fn answer(self: Box<Self>, trouble: Option<StoreError>) {
        let outcome = match (self.outcome, trouble) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(trouble)) => Err(trouble),
            (Some(Ok(answer)), None) => Ok(answer),
            (None, None) => Err(StoreError::Unavailable("the operation panicked".to_owned())),
        };
        let _ = self.reply.send(outcome);
    }
}

#[cfg(test)]
mod tests;
