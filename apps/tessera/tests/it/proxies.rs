//! End-to-end tests behind a real nginx and a real Caddy. A separate test program, because its `main` skips the tests where they
//! are not installed.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod forward_auth;
mod nginx;
mod proxy_process;
mod relay;
mod smuggling;
mod support;
mod trials;

use std::net::TcpStream;

use libtest_mimic::Trial;

use nginx::Nginx;
use proxy_process::Program;
use support::client::{Connection, Request};
use support::poll;
use support::server::Server;

fn main() {
    let nginx = Program::Nginx;
    let mut trials = vec![
        with(nginx, "smuggling::behind_an_nginx_that_buffers", || {
            as_many_answers_as_requests(true)
        }),
        with(nginx, "smuggling::behind_an_nginx_that_streams", || {
            as_many_answers_as_requests(false)
        }),
        Trial::test("forward_auth::traefiks_file_removes_and_copies_every_header", || {
            forward_auth::traefiks_file_removes_and_copies_every_header();
            Ok(())
        }),
        with(
            nginx,
            "forward_auth::nginx::another_server_lets_no_forged_identity_pass",
            forward_auth::another_server_lets_no_forged_identity_pass,
        ),
        with(
            nginx,
            "forward_auth::nginx::another_default_server_is_refused",
            forward_auth::another_default_server_is_refused,
        ),
    ];
    for program in [Program::Nginx, Program::Caddy] {
        let laws = forward_auth::LAWS.map(|(name, law)| {
            let name = format!("forward_auth::{}::{name}", program.name());
            with(program, &name, move || law(program))
        });
        trials.extend(laws);
    }
    let missing = [Program::Nginx, Program::Caddy].map(Program::skip_reason);
    let missing: Vec<&str> = missing.into_iter().flatten().collect();
    let missing = missing.join("; ");
    trials::run(trials, "a proxy", (!missing.is_empty()).then_some(&missing))
}

fn with(program: Program, name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    trials::unless_skipped(name, move || program.skip_reason(), test)
}

/// What nginx takes for one request is one request here: the server answers exactly as often as nginx asked, the client
/// gets exactly the answers that nginx counted, and the next client gets its own.
fn as_many_answers_as_requests(buffering: bool) {
    let server = Server::demo();
    let nginx = Nginx::start(server.address(), buffering);
    for (name, bytes) in smuggling::samples() {
        let before = nginx.servers_answers();
        let client = TcpStream::connect(nginx.address()).expect("nginx takes connections");
        let port = client.local_addr().expect("an address").port();
        let client = Connection::over(client, nginx.address()).expect("a connection");
        let statuses = smuggling::statuses(client, &bytes);
        let counted = || {
            let log = nginx.log(port);
            let forwarded: usize = log.iter().map(|request| request.forwarded).sum();
            let answered = log.into_iter().filter(|request| request.was_answered);
            (answered.map(|request| request.status).collect::<Vec<_>>(), forwarded)
        };
        // A line is written after its answer.
        poll(1000, || counted().0 == statuses);
        let (logged, forwarded) = counted();
        assert_eq!(logged, statuses, "{name}: what nginx logged, and what its client got");
        assert_eq!(
            nginx.servers_answers() - before,
            forwarded,
            "{name}: answers, and requests passed on"
        );
        let mut next = Connection::open(nginx.address()).expect("nginx takes connections");
        for _ in 0..2 {
            let answer = next.send(&Request::get("/healthz"));
            assert_eq!(
                (answer.status, answer.text()),
                (200, r#"{"status":"ok"}"#),
                "after {name}"
            );
        }
    }
}
