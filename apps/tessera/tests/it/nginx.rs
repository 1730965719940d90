//! A private nginx in front of a server, with a relay in between that records what the server answers.

use std::net::SocketAddr;
use std::path::Path;

use crate::proxy_process::{Program, ProxyProcess, nginx_around};
use crate::relay::Relay;

/// A running nginx. It passes everything on to one server.
pub struct Nginx {
    relay: Relay,
    process: ProxyProcess,
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
        let relay = Relay::start(server);
        let settings = |folder: &Path, address| settings(folder, address, relay.address, buffering);
        let process = ProxyProcess::start(Program::Nginx, settings);
        Self { relay, process }
    }

    pub fn address(&self) -> SocketAddr {
        self.process.address
    }

    /// The requests so far that came from this port.
    pub fn log(&self, port: u16) -> Vec<Logged> {
        let log = self.process.read("access.log");
        let lines = log.lines().filter_map(|line| line.split_once(' '));
        let own = lines.filter(|(from, _)| *from == port.to_string());
        own.map(|(_, line)| logged(line)).collect()
    }

    /// How many answers the server has sent so far.
    pub fn servers_answers(&self) -> usize {
        let sent = self.relay.answered();
        sent.windows(9).filter(|bytes| bytes == b"HTTP/1.1 ").count()
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

fn settings(folder: &Path, address: SocketAddr, server: SocketAddr, buffering: bool) -> String {
    let path = folder.display();
    let buffering = if buffering { "on" } else { "off" };
    let http = format!(
        "log_format counted '$remote_port $bytes_sent $status $upstream_status';\n\
         keepalive_timeout 1s; client_header_timeout 1s; client_body_timeout 1s; proxy_read_timeout 20s;\n\
         upstream server {{ server {server}; keepalive 4; }}\n\
         server {{ listen {address}; access_log {path}/access.log counted; location / {{\n\
         proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
         proxy_request_buffering {buffering}; proxy_next_upstream off; }} }}"
    );
    nginx_around(folder, &http)
}
