//! A private Prometheus that reads a server, and its tool that checks rules.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::client::{Connection, Request};
use crate::support::poll;
use crate::support::server::guard;

/// Set to `1`, tests with Prometheus fail where it is not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_PROMETHEUS";

/// Why these tests are skipped, or `None` where they run.
pub fn skip_reason() -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    match (program("prometheus"), program("promtool")) {
        (Some(_), Some(_)) => None,
        _ if is_required => None,
        _ => Some("Prometheus is not installed: apt-get install prometheus"),
    }
}

/// Runs `promtool` with this input, and expects that it is content and prints nothing that it objects to.
pub fn promtool(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(program("promtool").expect("promtool is installed: apt-get install prometheus"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    // It may have ended already.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it was started");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    assert!(status.success(), "promtool {args:?}:\n{said}");
    said
}

/// A running Prometheus.
pub struct Prometheus {
    address: SocketAddr,
    child: Child,
    guard: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that reads a server four times a second, with these rules.
    pub fn start(server: SocketAddr, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        std::fs::write(folder.path().join("rules.yml"), rules).expect("a file");
        std::fs::write(folder.path().join("prometheus.yml"), configuration(server)).expect("a file");
        let mut child =
            Command::new(program("prometheus").expect("Prometheus is installed: apt-get install prometheus"))
                .current_dir(folder.path())
                .args([
                    "--config.file=prometheus.yml",
                    "--storage.tsdb.path=data",
                    "--log.level=warn",
                ])
                .arg(format!("--web.listen-address={address}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(std::fs::File::create(folder.path().join("log")).expect("a file"))
                .spawn()
                .expect("Prometheus starts");
        let guard = guard(child.id());
        let is_ready = || {
            let mut connection = Connection::open(address).ok()?;
            Some(connection.send(&Request::get("/-/ready")).status == 200)
        };
        if !poll(6000, || is_ready() == Some(true)) {
            let _ = child.kill();
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            panic!("Prometheus does not start:\n{log}");
        }
        Self {
            address,
            child,
            guard,
            _folder: folder,
        }
    }

    /// The value of an expression that has one; `None` before there is any.
    pub fn value(&self, expression: &str) -> Option<f64> {
        let encoded: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let answer = self.ask(&format!("/api/v1/query?query={encoded}"));
        let value = answer.pointer("/data/result/0/value/1")?.as_str()?;
        value.parse().ok()
    }

    /// Waits until an expression has this value.
    pub fn wait_for(&self, expression: &str, value: f64) {
        let mut last = None;
        let is_there = poll(6000, || {
            last = self.value(expression);
            last.is_some_and(|last| (last - value).abs() < f64::EPSILON)
        });
        assert!(is_there, "{expression} is {last:?}, not {value}");
    }

    /// Waits until an alert fires.
    pub fn wait_for_alert(&self, name: &str) {
        let fires = |alert: &Value| alert["labels"]["alertname"] == name && alert["state"] == "firing";
        let mut last = Value::Null;
        let is_there = poll(6000, || {
            last = self.ask("/api/v1/alerts");
            last["data"]["alerts"]
                .as_array()
                .is_some_and(|alerts| alerts.iter().any(fires))
        });
        assert!(is_there, "{name} does not fire: {last}");
    }

    fn ask(&self, target: &str) -> Value {
        let mut connection = Connection::open(self.address).expect("Prometheus takes connections");
        let answer = connection.send(&Request::get(target));
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(server: SocketAddr) -> String {
    format!(
        "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms }}\n\
         rule_files: [rules.yml]\n\
         scrape_configs:\n\
         - job_name: tessera\n  static_configs: [{{ targets: [\"{server}\"] }}]\n"
    )
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("an address")
}
