//! Threads that each own one connection and do jobs on it, one after the other.
//!
//! Those of the writer go together: all that wait when a transaction begins are done in it, each behind a savepoint of
//! its own, and their callers are answered when it is committed. A commit waits for the disk; with many callers they
//! share the wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use auth_core::StoreError;
use diesel::QueryResult;
use diesel::connection::SimpleConnection;

use super::bridge::Bridge;
use super::open::Location;
use crate::error::DbError;
use crate::pool_status::{Counted, PoolStatus};

/// How many operations share a transaction at most.
const TOGETHER: usize = 64;

/// One operation, waiting for its connection.
pub(super) trait Job: Send {
    /// Whether its caller still waits. After `true` it is done, whether the caller waits or not.
    fn begin(&self) -> bool;

    /// Does it, and keeps the outcome.
    fn run(&mut self, conn: &mut Bridge) -> Ran;

    /// Answers the caller, with `trouble` if there was any.
    fn answer(self: Box<Self>, trouble: Option<StoreError>);
}

/// How an operation went, as far as the connection is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    /// What it did is to be kept.
    Well,
    /// What it did is to be undone.
    Failed,
    /// The same, and another connection had better go on.
    Broke,
}

/// The way to one thread, or to several that take turns.
pub(super) struct Queue {
    jobs: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
    load: Arc<Load>,
}

/// How much there is to do.
#[derive(Debug, Default)]
struct Load {
    /// Jobs that no thread has taken.
    waiting: AtomicUsize,
    /// Threads that have one.
    busy: AtomicUsize,
}

type Doing = fn(&mut Bridge, Vec<Box<dyn Job>>) -> Ran;

impl Queue {
    /// One writer on this connection.
    pub(super) fn writer(location: Location, connection: Bridge) -> std::io::Result<Self> {
        Self::start("sqlite-writer", location, vec![connection], TOGETHER, write)
    }

    /// A reader for each connection.
    pub(super) fn readers(location: Location, connections: Vec<Bridge>) -> std::io::Result<Self> {
        Self::start("sqlite-reader", location, connections, 1, read)
    }

    /// Adds a job. If the threads are gone, so is the job, and its caller notices.
    pub(super) fn push(&self, job: Box<dyn Job>) {
        if let Some(jobs) = &self.jobs {
            self.load.waiting.fetch_add(1, Ordering::Relaxed);
            let _ = jobs.send(job);
        }
    }

    pub(super) fn status(&self, name: &'static str) -> PoolStatus {
        PoolStatus {
            name,
            size: self.threads.len(),
            in_use: self.load.busy.load(Ordering::Relaxed),
            waiting: self.load.waiting.load(Ordering::Relaxed),
        }
    }

    fn start(
        name: &str,
        location: Location,
        connections: Vec<Bridge>,
        together: usize,
        doing: Doing,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut queue = Self {
            jobs: Some(sender),
            threads: Vec::new(),
            load: Arc::default(),
        };
        for connection in connections {
            let (location, receiver, load) = (location.clone(), receiver.clone(), queue.load.clone());
            let work = move || {
                let mut connection = Some(connection);
                while let Some(batch) = take(&receiver, together, &load) {
                    let _busy = Counted::one_more(&load.busy);
                    work(&location, &mut connection, batch, doing);
                }
            };
            queue.threads.push(Builder::new().name(name.to_owned()).spawn(work)?);
        }
        Ok(queue)
    }
}

impl Drop for Queue {
    /// Finishes what was begun and closes the connections.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Does a batch on the connection, or on a new one where there is none or its file is another by now.
fn work(location: &Location, connection: &mut Option<Bridge>, batch: Vec<Box<dyn Job>>, doing: Doing) {
    if connection.as_ref().is_some_and(|conn| conn.file() != location.file()) {
        tracing::error!(
            event = "database_file_replaced",
            "the database file is another one, or gone"
        );
        *connection = None;
    }
    if connection.is_none() {
        *connection = location.reopen();
    }
    let Some(conn) = connection else {
        let trouble = StoreError::Unavailable("the database file cannot be opened".to_owned());
        batch.into_iter().for_each(|job| job.answer(Some(trouble.clone())));
        return;
    };
    if doing(conn, batch) == Ran::Broke && !location.is_memory() {
        *connection = None;
    }
}

/// The next job, and those that already wait behind it. `None` when there will be no more.
fn take(jobs: &Mutex<Receiver<Box<dyn Job>>>, together: usize, load: &Load) -> Option<Vec<Box<dyn Job>>> {
    let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    let mut batch = vec![jobs.recv().ok()?];
    batch.extend(jobs.try_iter().take(together - 1));
    load.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
    batch.retain(|job| job.begin());
    Some(batch)
}

fn read(conn: &mut Bridge, batch: Vec<Box<dyn Job>>) -> Ran {
    let mut worst = Ran::Well;
    for mut job in batch {
        if run(&mut *job, conn) == Ran::Broke {
            worst = Ran::Broke;
        }
        job.answer(None);
    }
    worst
}

fn write(conn: &mut Bridge, mut batch: Vec<Box<dyn Job>>) -> Ran {
    if batch.is_empty() {
        return Ran::Well;
    }
    let (worst, trouble) = match transact(conn, &mut batch) {
        Ok(worst) => (worst, None),
        Err(Unfinished { fault, committing }) => {
            let broke = !undo(conn) || fault.broke_connection();
            let trouble = match committing && !fault.is_conflict() {
                true => fault.of_unknown_outcome(),
                false => fault.into(),
            };
            (if broke { Ran::Broke } else { Ran::Failed }, Some(trouble))
        }
    };
    batch.into_iter().for_each(|job| job.answer(trouble.clone()));
    worst
}

/// All jobs in one transaction, each undone by itself if it fails.
fn transact(conn: &mut Bridge, batch: &mut [Box<dyn Job>]) -> Result<Ran, Unfinished> {
    execute(conn, "BEGIN IMMEDIATE")?;
    let mut worst = Ran::Well;
    for job in batch {
        execute(conn, "SAVEPOINT job")?;
        let ran = run(&mut **job, conn);
        if ran != Ran::Well {
            execute(conn, "ROLLBACK TO job")?;
        }
        execute(conn, "RELEASE job")?;
        if ran == Ran::Broke {
            worst = ran;
        }
    }
    execute(conn, "COMMIT").map_err(|error| Unfinished {
        fault: error.into(),
        committing: true,
    })?;
    Ok(worst)
}

/// A transaction that did not come to its end.
struct Unfinished {
    fault: DbError,
    /// Whether it failed while it was being committed: then it may be on the disk all the same, and come to light when
    /// the file is opened again.
    committing: bool,
}

impl From<diesel::result::Error> for Unfinished {
    fn from(error: diesel::result::Error) -> Self {
        Self {
            fault: error.into(),
            committing: false,
        }
    }
}

/// Leaves the transaction, if SQLite has not left it already. Whether there is none now.
fn undo(conn: &mut Bridge) -> bool {
    match execute(conn, "ROLLBACK") {
        Ok(()) => true,
        Err(error) => error.to_string().contains("no transaction is active"),
    }
}

fn execute(conn: &mut Bridge, sql: &str) -> QueryResult<()> {
    conn.blocking().batch_execute(sql)
}

/// A panic in a job must not end the thread and its connection, which all callers share.
fn run(job: &mut dyn Job, conn: &mut Bridge) -> Ran {
    catch_unwind(AssertUnwindSafe(|| job.run(conn))).unwrap_or(Ran::Broke)
}
