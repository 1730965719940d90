//! Clients that do not stop while a service behind nginx is moved from another system to this server. Each repeats one request in a
//! closed loop; nginx asks first the other system about it, then this server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};

use crate::old_server::{Old, OldServer};
use crate::proxy_process::{Program, ProxyProcess, nginx_with_worker_around};
use crate::stage::Stage;
use crate::support::client::{Connection, Request};
use crate::support::poll;

/// How many answers each client has seen from each side before the test goes on.
const ANSWERS: u64 = 50;

/// Whether the import is run, or forgotten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Import {
    Run,
    Forgotten,
}

pub fn no_client_notices(old: &Old) {
    assert_eq!(switched(old, Import::Run), None);
}

/// The clients can notice.
pub fn a_switch_without_import_is_noticed(old: &Old) {
    assert_eq!(switched(old, Import::Forgotten).as_deref(), Some("401"));
}

/// Moves a service over by the steps of docs/moving-in.md. The first answer that a client got and that is not 200: its status, or why there is
/// none.
fn switched(old: &Old, import: Import) -> Option<String> {
    let stage = Stage::new();
    let from = stage.path("old.sqlite");
    let process = OldServer::start(old, &stage, &from);
    let nginx = ProxyProcess::start(Program::Nginx, |folder, address| {
        settings(folder, address, "old", &format!("{}/protected", process.address))
    });
    let clients = Clients::default();
    let run = || {
        let report = stage.imported(old.system, &from, &[]);
        report["tokens_added"].as_u64().expect("a count")
    };
    thread::scope(|scope| {
        let _ended = EndAtDrop(&clients);
        let tokens = [process.sign_in(), process.sign_in()];
        process.checks(&tokens[0]);
        for token in tokens {
            clients.start(scope, nginx.address, process.header(&token));
        }
        clients.wait_for("old");
        if import == Import::Run {
            assert_eq!(run(), 2);
        }
        let late = process.sign_in();
        clients.start(scope, nginx.address, process.header(&late));
        clients.wait_for("old");
        if import == Import::Run {
            assert_eq!(run(), 1, "what was issued since the first import");
        }
        let server = format!("{}/auth/verify", stage.server.address());
        nginx.reload(|folder, address| settings(folder, address, "new", &server));
        clients.wait_for("new");
        drop(process);
        clients.restart_count();
        clients.wait_for("new");
    });
    stage.server.stop();
    let failed = clients.failed.into_inner();
    failed.expect("no client panicked")
}

/// nginx asks a server about each request before it answers with a file, and says which side that was.
fn settings(folder: &Path, address: SocketAddr, side: &str, asked: &str) -> String {
    let path = folder.display();
    std::fs::write(folder.join("page"), "hello").expect("a file");
    let http = format!(
        "server {{ listen {address}; root {path}; add_header X-Side {side};\n\
         location / {{ auth_request /ask; try_files /page =404; }}\n\
         location = /ask {{ internal; proxy_pass http://{asked}; proxy_pass_request_body off;\n\
         proxy_set_header Content-Length \"\"; }} }}"
    );
    nginx_with_worker_around(folder, &http)
}

/// Clients, and what they have seen.
#[derive(Default)]
struct Clients {
    seen: Mutex<Vec<Arc<Seen>>>,
    failed: Mutex<Option<String>>,
    is_over: AtomicBool,
}

/// How many answers one client has seen from each side.
#[derive(Default)]
struct Seen {
    old: AtomicU64,
    new: AtomicU64,
}

impl Clients {
    /// One more, which repeats its request until the test is over or an answer is not 200.
    fn start<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, nginx: SocketAddr, header: String) {
        let seen = Arc::<Seen>::default();
        self.seen.lock().expect("no client panicked").push(seen.clone());
        scope.spawn(move || {
            let request = Request::get("/orders")
                .header("Authorization", header)
                .header("Connection", "close");
            while !self.is_over.load(Ordering::SeqCst) {
                match ask(nginx, &request) {
                    Ok(side) if side == "old" => seen.old.fetch_add(1, Ordering::SeqCst),
                    Ok(_) => seen.new.fetch_add(1, Ordering::SeqCst),
                    Err(why) => {
                        self.failed.lock().expect("no client panicked").get_or_insert(why);
                        return;
                    }
                };
            }
        });
    }

    /// Waits until each client has seen so many answers of this side, or one has failed.
    fn wait_for(&self, side: &str) {
        let enough = |seen: &Arc<Seen>| {
            let count = if side == "old" { &seen.old } else { &seen.new };
            count.load(Ordering::SeqCst) >= ANSWERS
        };
        let is_so = || {
            let failed = self.failed.lock().expect("no client panicked").is_some();
            failed || self.seen.lock().expect("no client panicked").iter().all(enough)
        };
        assert!(poll(12_000, is_so), "the clients get no answers from the {side} side");
    }

    fn restart_count(&self) {
        for seen in self.seen.lock().expect("no client panicked").iter() {
            seen.new.store(0, Ordering::SeqCst);
        }
    }
}

/// The side that has answered with 200, or what came instead.
fn ask(nginx: SocketAddr, request: &Request) -> Result<String, String> {
    let mut connection = Connection::open(nginx).map_err(|error| error.to_string())?;
    connection.write(&request.bytes(nginx));
    let answer = connection.receive().map_err(|error| error.to_string())?;
    match answer.status {
        200 => Ok(answer.header("X-Side").unwrap_or_default().to_owned()),
        status => Err(status.to_string()),
    }
}

/// Clients end with the test, also where it fails.
struct EndAtDrop<'a>(&'a Clients);

impl Drop for EndAtDrop<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}
