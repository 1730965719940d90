//! `tessera health`.

mod encrypted;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use super::report::Report;
use crate::options::Common;

/// How long each part of the question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 16 * 1024;

/// Ask the server on this machine whether it is ready to answer requests (`/readyz`). The exit status is 0 if it is, otherwise 1:
/// for the health check of a container.
#[derive(Debug, Args)]
pub struct Health {
    /// Where it listens [default: the configured address]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Ask only whether it runs (`/healthz`): also true while it cannot reach its database.
    #[arg(long)]
    live: bool,
}

impl Health {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let address = reachable(self.listen.unwrap_or(config.listen));
        let path = if self.live { "/healthz" } else { "/readyz" };
        let answer =
            ask(address, path, config.tls.is_some()).with_context(|| format!("{address} does not answer {path}"))?;
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            bail!("{address} does not answer {path} as a server of Tessera");
        };
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            bail!("{address} answers {path} with {status}: {}", body.trim());
        }
        let what = if self.live { "runs" } else { "is ready" };
        let json = json!({ "address": address.to_string(), "path": path, "status": 200 });
        Report::new(format!("the server at {address} {what}"), json).print(common.json())
    }
}

/// Who listens on every address is asked at the machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn ask(address: SocketAddr, path: &str, encrypted: bool) -> anyhow::Result<String> {
    let connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    match encrypted {
        true => exchange(encrypted::connect(connection, address.ip())?, address, path),
        false => exchange(connection, address, path),
    }
}

fn exchange(mut connection: impl Read + Write, address: SocketAddr, path: &str) -> anyhow::Result<String> {
    write!(
        connection,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    connection.flush()?;
    let mut answer = String::new();
    connection.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer)
}
