//! Opening SQLite: the settings that each connection must have are set, and read back rather than hoped for.

use std::fmt;
use std::time::Duration;

use auth_core::StoreError;
use diesel::connection::{Connection as _, SimpleConnection};
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::bridge::Bridge;
use super::functions;
use crate::options::ConnectError;

/// The oldest SQLite that may be linked: before it, a write-ahead log could be reset while it was read.
const OLDEST: [u32; 3] = [3, 51, 3];

/// How often, and after which pause, a setting is tried again that another process is in the way of: 5 s in all.
const SWITCH_TRIES: u32 = 100;
const SWITCH_PAUSE: Duration = Duration::from_millis(50);

/// For how long SQLite waits at least for a lock of another process.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The location of a database: in a file, or (`None`) in the memory of its one connection.
#[derive(Clone)]
pub(super) struct Location {
    path: Option<String>,
    lock_wait: Duration,
}

impl Location {
    /// Its connections wait so long for a lock of another process, and no shorter than [`LOCK_WAIT`].
    pub(super) fn new(path: Option<String>, wait: Duration) -> Self {
        Self {
            path,
            lock_wait: wait.max(LOCK_WAIT),
        }
    }

    pub(super) fn is_memory(&self) -> bool {
        self.path.is_none()
    }

    /// A connection with all settings.
    pub(super) fn open(&self) -> Result<Bridge, ConnectError> {
        // Before it is opened: if another file takes its place meanwhile, the next job sees that they differ.
        let file = self.file();
        let opened = SqliteConnection::establish(&self.uri());
        let mut conn = opened.map_err(|_| unavailable("the database file cannot be opened"))?;
        // The settings first: until they are made, any other statement fails at once where it should wait.
        for setting in settings(self.is_memory(), self.lock_wait) {
            setting.apply(&mut conn)?;
        }
        refuse_old(&mut conn)?;
        functions::register(&mut conn).map_err(ConnectError::of_database)?;
        Ok(Bridge::new(conn, file))
    }

    /// What SQLite opens: a file that is there, and makes none. [`create`](Self::create) does that, once.
    fn uri(&self) -> String {
        match &self.path {
            None => ":memory:".to_owned(),
            // Two slashes at the start of a path would be read as the start of a host's name.
            Some(path) if path.starts_with('/') => format!("file://{}?mode=rw", escaped(path)),
            Some(path) => format!("file:{}?mode=rw", escaped(path)),
        }
    }

    /// The file that is there now; `None`: there is none, or the database is in memory.
    pub(super) fn file(&self) -> Option<FileIdentity> {
        self.path.as_deref().and_then(FileIdentity::of)
    }

    /// Another connection after one that failed, or whose file was replaced. Makes no new file: an empty database in the
    /// place of one that is gone would have no revocations.
    pub(super) fn reopen(&self) -> Option<Bridge> {
        let opened = match self.file() {
            Some(_) => self.open(),
            None => Err(unavailable("the database file is gone")),
        };
        if let Err(error) = &opened {
            tracing::error!(event = "sqlite_reopen_failed", %error);
        }
        opened.ok()
    }

    /// Makes the file, readable by its owner alone: it holds password hashes. SQLite gives its companions the same
    /// mode. A file that is there keeps its own.
    pub(super) fn create(&self) -> Result<(), ConnectError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unavailable(&format!(
                "the database file cannot be made: {}",
                error.kind()
            ))),
            _ => Ok(()),
        }
    }
}

/// Refuses a file that another process, or another part of this one, has open. Blocks for a moment.
pub(crate) fn refuse_shared(path: Option<String>) -> Result<(), ConnectError> {
    let location = Location::new(path, LOCK_WAIT);
    let opened = SqliteConnection::establish(&location.uri());
    let mut conn = opened.map_err(|_| unavailable("the database file cannot be opened"))?;
    // In this mode a connection needs the file for itself, also where it has a write-ahead log: there every other connection
    // holds a lock on the file for as long as it is open.
    let alone = "PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK";
    conn.batch_execute(alone).map_err(ConnectError::of_database)
}

/// Which file it is, whatever its name: another one in its place, such as a restored copy, has another identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    number: u64,
}

impl FileIdentity {
    #[cfg(unix)]
    fn of(path: &str) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(path).ok()?;
        Some(Self {
            device: file.dev(),
            number: file.ino(),
        })
    }

    /// Elsewhere a file that is open cannot be replaced.
    #[cfg(not(unix))]
    fn of(path: &str) -> Option<Self> {
        std::fs::metadata(path).ok().map(|_| Self { device: 0, number: 0 })
    }
}

impl fmt::Display for FileIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.device, self.number)
    }
}

/// One pragma: its name, the value to set, and what it then reads as.
struct Setting {
    name: &'static str,
    value: String,
    reads: String,
}

fn settings(memory: bool, lock_wait: Duration) -> [Setting; 4] {
    let setting = |name, value: &str, reads: &str| Setting {
        name,
        value: value.to_owned(),
        reads: reads.to_owned(),
    };
    let journal = if memory { "memory" } else { "wal" };
    let lock_wait = lock_wait.as_millis().to_string();
    [
        // First, since the next may have to wait for another process.
        setting("busy_timeout", &lock_wait, &lock_wait),
        setting("journal_mode", journal, journal),
        // An answered logout survives a power cut.
        setting("synchronous", "FULL", "2"),
        setting("foreign_keys", "ON", "1"),
    ]
}

impl Setting {
    /// Several processes that open a new file at once all want to switch it to a write-ahead log, and for that SQLite
    /// does not wait by itself (`busy_timeout` does not cover it): so we do.
    fn apply(&self, conn: &mut SqliteConnection) -> Result<(), ConnectError> {
        for _ in 0..SWITCH_TRIES {
            match self.apply_once(conn) {
                Err(ConnectError::Store(StoreError::Busy(_))) => std::thread::sleep(SWITCH_PAUSE),
                outcome => return outcome,
            }
        }
        self.apply_once(conn)
    }

    fn apply_once(&self, conn: &mut SqliteConnection) -> Result<(), ConnectError> {
        let set = conn.batch_execute(&format!("PRAGMA {} = {}", self.name, self.value));
        let found = set.and_then(|()| self.read(conn));
        match found {
            Ok(found) if found == self.reads => Ok(()),
            Ok(found) => Err(unavailable(&format!(
                "SQLite has {} = {found}, not {}",
                self.name, self.reads
            ))),
            Err(error) => Err(ConnectError::of_database(error)),
        }
    }

    fn read(&self, conn: &mut SqliteConnection) -> QueryResult<String> {
        let column = if self.name == "busy_timeout" {
            "timeout"
        } else {
            self.name
        };
        let value = format!("(SELECT CAST({column} AS TEXT) FROM pragma_{})", self.name);
        diesel::select(sql::<Text>(&value)).get_result(conn)
    }
}

fn refuse_old(conn: &mut SqliteConnection) -> Result<(), ConnectError> {
    let found = diesel::select(sql::<Text>("sqlite_version()")).get_result::<String>(conn);
    let found = found.map_err(ConnectError::of_database)?;
    let numbers: Vec<u32> = found.split('.').filter_map(|part| part.parse().ok()).collect();
    match numbers.as_slice() >= OLDEST.as_slice() {
        true => Ok(()),
        false => Err(unavailable(&format!("SQLite {found} is older than 3.51.3"))),
    }
}

/// The path with what has a meaning in a URI escaped.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn unavailable(why: &str) -> ConnectError {
    ConnectError::Unavailable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where it went away after it was looked for: an empty database would have no revocations.
    #[test]
    fn a_file_that_is_not_there_is_not_made_by_opening_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone.db");
        let location = Location::new(Some(path.display().to_string()), LOCK_WAIT);
        assert!(location.open().is_err());
        assert!(!path.exists());
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b.db", "50%25.db", "a#b.db", "mode=ro&x.db", "ü.db"] {
            let path = folder.path().join(name);
            for path in [path.display().to_string(), format!("/{}", path.display())] {
                let location = Location::new(Some(path.clone()), LOCK_WAIT);
                location.create().unwrap();
                location.open().unwrap();
            }
            assert!(path.exists(), "{name}");
        }
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 5, "and no other file is made");
    }
}
