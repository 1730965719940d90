//! A private PostgreSQL cluster for tests, started from the machine's programs. The machine's own server is not touched.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tokio_postgres::NoTls;

mod programs;
mod skip;

use programs::Programs;

/// How often to try to connect to the new server, and how long to wait in between.
const ATTEMPTS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// Runs the server, stops and starts it as it is ordered to, until its own standard input ends; then it stops the server and
/// removes its folder. The input is a pipe from the tests, which ends when their process does, even if it is killed.
const KEEPER: &str = r#"
trap '' INT TERM HUP
dir=$1; shift
servers=
start() { "$@" >>"$dir/log" 2>&1 </dev/null & servers="$servers $!"; }
stop() { kill -s "$1" $servers 2>/dev/null; wait; servers=; }
start "$@"
while read -r order signal; do
  case $order in
    start) start "$@" ;;
    stop) stop "$signal" ;;
  esac
  echo done
done
stop QUIT
rm -rf "$dir"
"#;

/// A running cluster. It listens on a port of the loopback address and on a socket in its own folder, accepts
/// every user without a password, and does not sync its files. Stopped and removed when it is dropped, and when its
/// process ends.
#[derive(Debug)]
pub struct Cluster {
    port: u16,
    folder: PathBuf,
    keeper: Mutex<Child>,
    databases: AtomicUsize,
}

impl Cluster {
    /// The one cluster of this process, started when it is first asked for.
    ///
    /// # Panics
    /// When the machine has no programs of PostgreSQL (the message names the Debian package), or they fail.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]).unwrap_or_else(|why| panic!("{why}")))
    }

    /// Why the tests that need a cluster are to be skipped, in a few words for the test's report, or `None` where they
    /// run: `TESSERA_SKIP_POSTGRES=1` is set; or PostgreSQL's programs are not installed, unless
    /// `TESSERA_REQUIRE_POSTGRES=1` is set.
    pub fn skip_reason() -> Option<&'static str> {
        skip::reason()
    }

    /// A new cluster, with more arguments for its server, such as `-c` and `fsync=on`.
    ///
    /// # Errors
    /// One line that says what is missing or what failed.
    pub fn start(arguments: &[&str]) -> Result<Self, String> {
        Self::start_with(&[], arguments)
    }

    /// A new cluster that offers TLS, with this certificate and its key (PEM).
    ///
    /// # Errors
    /// One line that says what is missing or what failed.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, String> {
        let files = [("server.crt", certificate), ("server.key", key)];
        Self::start_with(&files, &["-c", "ssl=on"])
    }

    fn start_with(files: &[(&str, &str)], arguments: &[&str]) -> Result<Self, String> {
        let programs = Programs::find()?;
        let folder = folder(&programs)?;
        let data = folder.path().join("data");
        programs.make_cluster(&data)?;
        for (name, content) in files {
            programs.write(&data.join(name), content)?;
        }
        Self::run(&programs, folder, arguments)
    }

    fn run(programs: &Programs, folder: TempDir, arguments: &[&str]) -> Result<Self, String> {
        let port = free_port()?;
        let keeper = keep(programs, &folder, port, arguments)?;
        let cluster = Self {
            port,
            // From here on the keeper removes it.
            folder: folder.keep(),
            keeper: Mutex::new(keeper),
            databases: AtomicUsize::new(0),
        };
        cluster.wait()?;
        Ok(cluster)
    }

    /// A standby of this cluster, which follows it and can be promoted (`SELECT pg_promote()`).
    ///
    /// # Errors
    /// One line that says what is missing or what failed.
    pub fn standby(&self) -> Result<Self, String> {
        let programs = Programs::find()?;
        let folder = folder(&programs)?;
        programs.copy_cluster(self.port, &folder.path().join("data"))?;
        Self::run(&programs, folder, &[])
    }

    /// Sends a signal to its server and waits until that has ended: `KILL`, or `QUIT` for an immediate shutdown. What the
    /// server was doing is lost; its files stay.
    ///
    /// # Panics
    /// When the cluster's keeper is gone.
    pub fn stop(&self, signal: &str) {
        self.order(&format!("stop {signal}"));
    }

    /// Starts its server again, on the same files and the same port, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn start_again(&self) {
        let mut answer = Err(String::new());
        for attempt in 0..ATTEMPTS {
            // A server does not start while processes of the one before are still there, and a second one ends by itself.
            if attempt % 20 == 0 {
                self.order("start");
            }
            std::thread::sleep(PAUSE);
            answer = self.try_execute("SELECT 1".to_owned());
            if answer.is_ok() {
                return;
            }
        }
        panic!("the cluster does not start again: {answer:?}");
    }

    /// From now on a commit is answered when it is on a standby's disk, too.
    ///
    /// # Panics
    /// When that cannot be set.
    pub fn wait_for_standbys(&self) {
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.execute("SELECT pg_reload_conf()");
    }

    /// The processes of its server.
    ///
    /// # Panics
    /// When it does not run.
    pub fn processes(&self) -> Vec<u32> {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let first = file
            .expect("the server runs")
            .lines()
            .next()
            .and_then(|line| line.parse().ok());
        let first: u32 = first.expect("the file begins with a number");
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        std::iter::once(first).chain(children).collect()
    }

    /// Gives the keeper an order, and waits until it is carried out.
    fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = keeper.stdin.as_mut().expect("it is open while the cluster is there");
        writeln!(orders, "{order}").expect("the keeper is there");
        let answer = keeper
            .stdout
            .as_mut()
            .expect("piped")
            .read_exact(&mut [0; "done\n".len()]);
        answer.expect("the keeper answers");
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a new, empty database. Blocks for a moment.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.url(&name)
    }

    /// Runs a statement as the cluster's owner, in its own database. Blocks until it is done.
    ///
    /// # Panics
    /// When it fails.
    pub fn execute(&self, statement: &str) {
        let done = self.try_execute(statement.to_owned());
        done.unwrap_or_else(|why| panic!("{statement}: {why}"));
    }

    /// The URL of a database that may be there.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://tessera@127.0.0.1:{}/{database}", self.port)
    }

    fn wait(&self) -> Result<(), String> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            match self.try_execute("SELECT 1".to_owned()) {
                Ok(()) => return Ok(()),
                Err(error) => why = error,
            }
            let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(keeper.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        Err(format!("the private PostgreSQL cluster did not start: {why}"))
    }

    /// Runs on a thread with a runtime of its own, so that it can be called inside and outside of one.
    fn try_execute(&self, statement: String) -> Result<(), String> {
        let url = self.url("postgres");
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            runtime
                .block_on(async {
                    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                    let connection = tokio::spawn(connection);
                    client.batch_execute(&statement).await?;
                    drop(client);
                    let _ = connection.await;
                    Ok(())
                })
                .map_err(|error: tokio_postgres::Error| match error.as_db_error() {
                    Some(error) => error.to_string(),
                    None => error.to_string(),
                })
        };
        std::thread::spawn(work)
            .join()
            .unwrap_or_else(|_| Err("it panicked".to_owned()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(keeper.stdin.take());
        let _ = keeper.wait();
    }
}

/// A folder that the server's user can write to.
fn folder(programs: &Programs) -> Result<TempDir, String> {
    let folder = tempfile::Builder::new().prefix("tessera-pg-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
    programs.give(folder.path())?;
    Ok(folder)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}

fn keep(programs: &Programs, folder: &TempDir, port: u16, arguments: &[&str]) -> Result<Child, String> {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(folder.path());
    keeper.args(programs.server(&folder.path().join("data"), folder.path(), port));
    keeper.args(arguments);
    keeper
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // A process group of its own: a signal to the group of the tests does not stop the keeper, which cleans up after them.
    keeper.current_dir("/").process_group(0);
    keeper.spawn().map_err(|error| format!("no shell: {error}"))
}
