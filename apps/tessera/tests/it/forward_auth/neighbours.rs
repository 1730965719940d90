//! Another server in the same nginx, on the same port.

use std::net::SocketAddr;

use super::identity::{FORGED, aliases};
use super::stage::{Stage, settings};
use super::{IDENTITY, tessera};
use crate::proxy_process::{Program, ProxyProcess};
use crate::support::client::Request;
use crate::support::sign_in::{bearer, device};

/// A server that comes first, and lets every name of a header pass.
fn after_another(file: &str, listen: &str) -> String {
    let lets_all_pass = "underscores_in_headers on; ignore_invalid_headers off;";
    format!("server {{ {listen}; server_name other.example.com; {lets_all_pass} return 404; }}\n{file}")
}

/// nginx reads a header that comes before `Host` as the port's default server has it: which server is meant is not yet known.
pub fn another_server_lets_no_forged_identity_pass() {
    let server = tessera().start();
    let stage = Stage::with(Program::Nginx, server.address(), |file| {
        after_another(&file, "listen 80")
    });
    let token = device(&server);
    for name in IDENTITY {
        for alias in aliases(name) {
            let before = |target| {
                Request::get(target)
                    .header(&alias, FORGED)
                    .header("Host", "api.example.com")
            };
            let page = stage.served(&before("/page").headers([bearer(&token)]));
            let values = page.headers_like(name);
            assert!(values.len() == 1 && !values[0].contains(FORGED), "{alias}: {values:?}");
            let open = stage.served(&before("/health"));
            let values = open.headers_like(name);
            assert!(values.iter().all(|value| value.is_empty()), "{alias}: {values:?}");
        }
    }
    let other = stage.refused(&Request::get("/page").header("Host", "other.example.com"));
    assert_eq!(other.status, 404, "it is there");
    let unknown = stage.refused(&Request::get("/page").header("Host", "unknown.example.com"));
    assert_eq!(unknown.status, 401, "what belongs to no other server is protected");
}

/// Debian's default site is one.
pub fn another_default_server_is_refused() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let started = ProxyProcess::try_start(Program::Nginx, |folder, address| {
        let change = |file: String| after_another(&file, "listen 80 default_server");
        settings(Program::Nginx, folder, address, [nowhere; 2], change)
    });
    let log = started.expect_err("two default servers");
    assert!(log.contains("a duplicate default server"), "{log}");
}
