//! A PgBouncer of this machine as a child process.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// In front of one database. Stopped when it is dropped.
pub(crate) struct PgBouncer {
    child: Child,
    /// Removed with it.
    _folder: tempfile::TempDir,
    port: u16,
    name: String,
}

impl PgBouncer {
    /// Why its tests are skipped, or `None` where they run.
    pub(crate) fn skip_reason() -> Option<&'static str> {
        let is_required = std::env::var_os("TESSERA_REQUIRE_PGBOUNCER").is_some_and(|value| value == "1");
        (program().is_none() && !is_required).then_some("PgBouncer is not installed: apt-get install pgbouncer")
    }

    /// In front of the database of this URL, with more settings.
    pub(crate) fn start(url: &str, settings: &str) -> Self {
        let (server, name) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
        let (host, server_port) = server.split_once(':').unwrap();
        // Another process may take the port before it does.
        let started = (0..3).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let file = format!(
                "[databases]\n{name} = host={host} port={server_port} user=tessera\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\ndefault_pool_size = 60\n{settings}\n"
            );
            Self::run(&file, port, name)
        });
        started.expect("PgBouncer starts")
    }

    /// In front of the database of this URL, in transaction mode without the statements that were prepared.
    pub(crate) fn losing_statements(url: &str) -> Self {
        // Older versions do not know the setting.
        let kept = if keeps_statements() {
            "max_prepared_statements = 0"
        } else {
            ""
        };
        Self::start(url, &format!("pool_mode = transaction\n{kept}"))
    }

    /// The way through it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://tessera@127.0.0.1:{}/{}?sslmode=disable",
            self.port, self.name
        )
    }

    fn run(file: &str, port: u16, name: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("pgbouncer.ini");
        std::fs::write(&settings, file).unwrap();
        let mut command = Command::new(program().expect("PgBouncer is installed"));
        command
            .arg("-q")
            .arg(&settings)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        if let Some(user) = other_user() {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(user)).unwrap();
            command.uid(user).gid(user);
        }
        let child = command.current_dir("/").spawn().unwrap();
        let mut pooler = Self {
            child,
            _folder: folder,
            port,
            name: name.to_owned(),
        };
        for _ in 0..1000 {
            if pooler.child.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(pooler);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it can carry prepared statements along in transaction mode: since 1.21.
pub(crate) fn keeps_statements() -> bool {
    version() >= (1, 21)
}

/// Its version, such as 1.18.
fn version() -> (u32, u32) {
    let output = Command::new(program().expect("PgBouncer is installed"))
        .arg("--version")
        .output();
    let output = String::from_utf8(output.unwrap().stdout).unwrap();
    let version = output
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("PgBouncer "))
        .unwrap();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders
        .map(|folder| folder.join("pgbouncer"))
        .find(|file| file.is_file())
}

/// It does not run as root. For root: a user who owns nothing.
fn other_user() -> Option<u32> {
    let id = Command::new("id").arg("-u").output().unwrap();
    (id.stdout.trim_ascii() == b"0").then_some(65534)
}
