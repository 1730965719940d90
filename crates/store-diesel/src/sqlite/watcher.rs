//! Notices what any process changes in the file: a thread looks several dozen times a second at a number that SQLite
//! keeps in shared memory (`PRAGMA data_version`), and only when that has changed at what the change left behind.
//!
//! Not by notifications of the file system: they come when the write-ahead log is written, before the change can be read,
//! and do not come from other machines.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, RunQueryDsl};

use super::bridge::Bridge;
use super::open::Location;
use crate::notices::{Notices, Topic};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// The same while there is no file that can be read.
const LONG_PAUSE: Duration = Duration::from_millis(200);

/// What the latest change of each topic left behind: the schema's number and the feed's highest, the keys but for their
/// secrets, and the resource servers.
const MARKS: &str = "\
    (SELECT schema_version FROM pragma_schema_version) || '/' ||
        COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0),
    COALESCE((SELECT group_concat(concat_ws('/', name, purpose, activates_at, retires_at)) FROM vault), ''),
    COALESCE((SELECT group_concat(concat_ws('/', id, hex(secret_digest), hex(previous_digest), previous_until, flavours,
                                            disabled)) FROM resource_servers), '')";

/// In the order of the topics.
type Marks = [Option<String>; 3];

/// The thread. It ends when this is dropped.
pub(super) struct Watcher {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub(super) fn start(location: Location, notices: Notices) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let mut look = Look {
            location,
            notices,
            connection: None,
            version: None,
            marks: None,
        };
        let work = move || {
            let mut is_live = true;
            while !is_stopped(&stopped, if is_live { PAUSE } else { LONG_PAUSE }) {
                is_live = look.again();
            }
        };
        let thread = Builder::new().name("sqlite-watcher".to_owned()).spawn(work)?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Watcher {
    /// Closes its connection.
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn is_stopped(stopped: &Receiver<()>, pause: Duration) -> bool {
    stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout)
}

struct Look {
    location: Location,
    notices: Notices,
    connection: Option<Bridge>,
    version: Option<i64>,
    /// `None`: nothing was read from this file yet.
    marks: Option<Marks>,
}

impl Look {
    /// Whether changes are noticed. They are not without a file that can be read; the reads of the store say why.
    fn again(&mut self) -> bool {
        let is_live = self.try_again().is_some();
        if !is_live {
            (self.connection, self.version) = (None, None);
        }
        self.notices.set_live(is_live);
        is_live
    }

    fn try_again(&mut self) -> Option<()> {
        let file = self.location.file()?;
        if self.connection.as_ref().is_some_and(|conn| conn.file() != Some(file)) {
            (self.connection, self.version, self.marks) = (None, None, None);
        }
        let conn = match &mut self.connection {
            Some(conn) => conn,
            none => none.insert(self.location.open().ok()?),
        };
        let version = version(conn).ok()?;
        if self.version == Some(version) {
            return Some(());
        }
        let marks = marks(conn).ok()?;
        let before = self.marks.replace(marks.clone()).unwrap_or_default();
        self.version = Some(version);
        for (topic, (mark, before)) in Topic::ALL.into_iter().zip(marks.into_iter().zip(before)) {
            if mark != before {
                self.notices.notify(topic);
            }
        }
        Some(())
    }
}

/// Another number where another connection has committed something since this one's last look.
fn version(conn: &mut Bridge) -> QueryResult<i64> {
    let version = sql::<BigInt>("(SELECT data_version FROM pragma_data_version)");
    diesel::select(version).get_result(conn.blocking())
}

fn marks(conn: &mut Bridge) -> QueryResult<Marks> {
    let (feed, keys, resource_servers) =
        diesel::select(sql::<(Text, Text, Text)>(MARKS)).get_result(conn.blocking())?;
    Ok([feed, keys, resource_servers].map(Some))
}
