//! Starts a server: the release binary, in demo mode, on a free port of loopback.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The cost of all hashes here.
pub const COST: u32 = 10;

pub struct Server {
    child: Child,
    pub address: String,
    pub folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("load.db").display());
        let mut child = Command::new(binary())
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
            .env("TESSERA_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the release binary starts: cargo build --release");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).expect("the server says that it is ready");
        let url = ready["ready"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self { child, address, folder }
    }

    pub fn database(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("load.db").display())
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
