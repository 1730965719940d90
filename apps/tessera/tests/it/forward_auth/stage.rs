//! Tessera, a proxy with its documented configuration, and a service behind it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::proxy_process::{Program, ProxyProcess, nginx_around};
use crate::relay::Relay;
use crate::support::client::{Connection, Request, Response};

use super::service::{Seen, Service};

/// Client, proxy, Tessera and the service, with a relay before Tessera.
#[derive(Debug)]
pub struct Stage {
    pub service: Service,
    pub tessera: Relay,
    proxy: ProxyProcess,
}

impl Stage {
    /// With the file of `docs/proxies`, as it is but for its addresses.
    pub fn new(program: Program, tessera: SocketAddr) -> Self {
        Self::with(program, tessera, |file| file)
    }

    /// With a change to the file.
    pub fn with(program: Program, tessera: SocketAddr, change: impl Fn(String) -> String) -> Self {
        let (service, tessera) = (Service::start(), Relay::start(tessera));
        let upstreams = [tessera.address, service.address];
        let proxy = ProxyProcess::start(program, |folder, address| {
            settings(program, folder, address, upstreams, &change)
        });
        Self {
            service,
            tessera,
            proxy,
        }
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.proxy.address).expect("the proxy takes connections")
    }

    pub fn send(&self, request: &Request) -> Response {
        self.connect().send(request)
    }

    /// What the service saw of a request that it must have answered.
    pub fn served(&self, request: &Request) -> Seen {
        self.service.take();
        let answer = self.send(request);
        assert_eq!(
            (answer.status, answer.text()),
            (200, super::service::SERVED),
            "{request:?}: {answer:?}"
        );
        let seen = self.service.take();
        let [seen] = &seen[..] else {
            panic!("{request:?} reached the service {} times", seen.len());
        };
        seen.clone()
    }

    /// The answer to a request that must not have reached the service.
    pub fn refused(&self, request: &Request) -> Response {
        self.service.take();
        let answer = self.send(request);
        let seen = self.service.take();
        assert!(seen.is_empty(), "{request:?} reached the service: {seen:?}");
        answer
    }
}

/// The documented file with a change, the proxy's address, and those of Tessera and of the service.
pub fn settings(
    program: Program,
    folder: &Path,
    address: SocketAddr,
    [tessera, service]: [SocketAddr; 2],
    change: impl Fn(String) -> String,
) -> String {
    let listening = match program {
        Program::Nginx => ("listen 80", format!("listen {address}")),
        Program::Caddy => (":80 {", format!(":{} {{", address.port())),
    };
    let addresses = [
        listening,
        ("127.0.0.1:8080", tessera.to_string()),
        ("127.0.0.1:9000", service.to_string()),
    ];
    let file = change(documented(program));
    let file = addresses
        .iter()
        .fold(file, |file, (from, to)| replaced(&file, from, to));
    match program {
        Program::Nginx => nginx_around(folder, &file),
        Program::Caddy => format!("{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}}\n{file}"),
    }
}

/// A file of `docs/proxies`.
pub fn documentation(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxies");
    std::fs::read_to_string(root.join(name)).expect("the file is there")
}

fn documented(program: Program) -> String {
    documentation(match program {
        Program::Nginx => "nginx.conf",
        Program::Caddy => "Caddyfile",
    })
}

/// Replaces something that must be there.
pub fn replaced(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "the file has no {from}:\n{file}");
    file.replace(from, to)
}
