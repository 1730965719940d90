//! Starts a server: the release binary, in demo mode, on a free port of loopback.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The cost of all hashes here.
pub const COST: u32 = 10;

const LOG: &str = "log";

/// The master key of a demo, for commands on its database.
const DEMO_KEY: &str = "dGVzc2VyYSBkZW1vOiBubyBzZWNyZXQgd2hhdGV2ZXI=";

pub struct Server {
    child: Child,
    pub address: String,
    pub folder: tempfile::TempDir,
    database: String,
}

impl Server {
    /// On all cores; it logs errors only.
    pub fn start() -> Self {
        Self::start_on("0-1023", "error")
    }

    /// On some cores (`taskset`), with a log in a file.
    pub fn start_on(cores: &str, log: &str) -> Self {
        Self::with(cores, log, &[])
    }

    /// The same, with more variables.
    pub fn with(cores: &str, log: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("load.db").display());
        Self::launch(cores, log, settings, folder, database)
    }

    /// One of several on this database, on all cores; it logs errors only.
    pub fn on(database: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::launch("0-1023", "error", settings, folder, database.to_owned())
    }

    fn launch(cores: &str, log: &str, settings: &[(&str, &str)], folder: tempfile::TempDir, database: String) -> Self {
        let lines = File::create(folder.path().join(LOG)).unwrap();
        let mut child = Command::new("taskset")
            .args(["-c", cores])
            .arg(binary())
            .args([
                "serve",
                "--demo",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                &database,
            ])
            .env("TESSERA_PASSWORDS__COST", COST.to_string())
            .env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
            .env("TESSERA_LOG", log)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(lines)
            .spawn()
            .expect("the release binary starts: cargo build --release");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).expect("the server says that it is ready");
        let url = ready["ready"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self {
            child,
            address,
            folder,
            database,
        }
    }

    /// Runs an administrator's command on its database, and reads the answer.
    pub fn command(&self, arguments: &[&str]) -> serde_json::Value {
        let done = self.spawned(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// An administrator's command on its database, that is not started yet.
    pub fn spawned(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .args(["--json", "--database-url", &self.database()]);
        command.env("TESSERA_MASTER_KEY", DEMO_KEY).env("TESSERA_LOG", "error");
        command
    }

    pub fn database(&self) -> String {
        self.database.clone()
    }

    /// The time for which it has used a core.
    pub fn busy(&self) -> Duration {
        // Fields 14 and 15, in hundredths of a second (proc(5)); the second may have blanks, in parentheses.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        let fields = rest.split(' ').skip(11).take(2);
        Duration::from_millis(fields.map(|field| field.parse::<u64>().unwrap() * 10).sum())
    }

    /// The size of its log, in bytes.
    pub fn logged(&self) -> u64 {
        std::fs::metadata(self.folder.path().join(LOG)).unwrap().len()
    }

    /// Resident memory, in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().join("tessera")
}
