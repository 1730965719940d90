//! A private nginx in front of a server, with a relay in between that records what the server answers.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::support::poll;
use crate::support::server::guard;

/// Set to `1`, tests with nginx fail where it is not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_NGINX";

/// Why these tests are skipped, or `None` where they run.
pub fn skip_reason() -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    match program() {
        None if !is_required => Some("nginx is not installed: apt-get install nginx"),
        _ => None,
    }
}

/// A running nginx. It passes everything on to one server.
pub struct Nginx {
    pub address: SocketAddr,
    relay: Relay,
    child: Child,
    guard: Child,
    folder: TempDir,
}

/// One request that nginx took, from its log.
#[derive(Debug, PartialEq, Eq)]
pub struct Logged {
    pub status: u16,
    pub was_answered: bool,
    /// How many times it was passed on.
    pub forwarded: usize,
}

impl Nginx {
    /// Starts one that reads a body before it passes a request on (`buffering`), or passes on what it has.
    pub fn start(server: SocketAddr, buffering: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let relay = Relay::start(server);
        let address = free_address();
        let path = folder.path().join("nginx.conf");
        std::fs::write(&path, configuration(&folder, address, relay.address, buffering)).expect("a file");
        let mut child = Command::new(program().expect("nginx is installed: apt-get install nginx"))
            .arg("-c")
            .arg(path)
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let guard = guard(child.id());
        let is_up = poll(1000, || TcpStream::connect(address).is_ok());
        if !is_up {
            let _ = child.kill();
            panic!(
                "nginx does not start:\n{}",
                std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default()
            );
        }
        Self {
            address,
            relay,
            child,
            guard,
            folder,
        }
    }

    /// The requests so far that came from this port.
    pub fn log(&self, port: u16) -> Vec<Logged> {
        let log = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        let lines = log.lines().filter_map(|line| line.split_once(' '));
        let own = lines.filter(|(from, _)| *from == port.to_string());
        own.map(|(_, line)| logged(line)).collect()
    }

    /// How many answers the server has sent so far.
    pub fn servers_answers(&self) -> usize {
        let sent = self.relay.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.windows(9).filter(|bytes| bytes == b"HTTP/1.1 ").count()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn logged(line: &str) -> Logged {
    let mut fields = line.splitn(3, ' ');
    let mut field = || fields.next().unwrap_or_default();
    let (sent, status, upstream) = (field(), field(), field());
    Logged {
        status: status.parse().expect("a status"),
        was_answered: sent != "0",
        forwarded: upstream.split(", ").filter(|status| *status != "-").count(),
    }
}

fn configuration(folder: &TempDir, address: SocketAddr, server: SocketAddr, buffering: bool) -> String {
    let path = folder.path().display();
    let buffering = if buffering { "on" } else { "off" };
    let mut folders = String::new();
    for module in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(folders, "{module}_temp_path {path}/{module};");
    }
    format!(
        "daemon off; master_process off; pid {path}/pid; events {{ worker_connections 256; }}\n\
         http {{\n{folders}\
         log_format counted '$remote_port $bytes_sent $status $upstream_status';\n\
         access_log {path}/access.log counted;\n\
         keepalive_timeout 1s; client_header_timeout 1s; client_body_timeout 1s; proxy_read_timeout 20s;\n\
         upstream server {{ server {server}; keepalive 4; }}\n\
         server {{ listen {address}; location / {{\n\
         proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
         proxy_request_buffering {buffering}; proxy_next_upstream off; }} }} }}\n"
    )
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("an address")
}

/// Passes bytes on and keeps those that the server sends.
struct Relay {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("an address");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = sent.clone();
        // Ends with the test program.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(server).expect("the server takes connections");
                let copies = (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
                let kept = kept.clone();
                thread::spawn(move || copy(copies.0, server, |_| {}));
                thread::spawn(move || {
                    copy(copies.1, client, |bytes| {
                        kept.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .extend_from_slice(bytes);
                    });
                });
            }
        });
        Self { address, sent }
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
