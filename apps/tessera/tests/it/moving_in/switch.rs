//! Clients that do not stop while a service behind nginx is moved from another system to this server. Each repeats one request in a
//! closed loop; nginx asks first the other system about it, then this server.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use crate::clients::{ANSWERS, Clients, EndAtDrop, ask};
use crate::old_server::{Old, OldServer};
use crate::proxy_process::{Program, ProxyProcess, nginx_with_worker_around};
use crate::stage::Stage;
use crate::support::client::Request;

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
        settings(folder, address, "old", &format!("{}/protected", process.address), "")
    });
    let clients = Clients::default();
    let run = || {
        let report = stage.imported(old.system, &from, &[]);
        report["tokens_added"].as_u64().expect("a count")
    };
    thread::scope(|scope| {
        let _ended = EndAtDrop(&clients);
        let start = |token: &str| clients.start(scope, page(nginx.address, process.header(token)));
        let tokens = [process.sign_in(), process.sign_in()];
        process.checks(&tokens[0]);
        tokens.iter().for_each(|token| start(token));
        clients.wait_for("old", ANSWERS);
        if import == Import::Run {
            assert_eq!(run(), 2);
        }
        start(&process.sign_in());
        clients.wait_for("old", ANSWERS);
        if import == Import::Run {
            assert_eq!(run(), 1, "what was issued since the first import");
        }
        let server = format!("{}/auth/verify", stage.server.address());
        nginx.reload(|folder, address| settings(folder, address, "new", &server, ""));
        clients.wait_for("new", ANSWERS);
        drop(process);
        clients.restart_count();
        clients.wait_for("new", ANSWERS);
    });
    stage.server.stop();
    clients.failed()
}

/// A client's step: it asks for the page with this header. The side that has answered with 200, or what came instead.
fn page(nginx: SocketAddr, header: String) -> impl FnMut() -> Result<String, String> {
    move || {
        let answer = ask(nginx, Request::get("/orders").header("Authorization", &header))?;
        match answer.status {
            200 => Ok(answer.header("X-Side").unwrap_or_default().to_owned()),
            status => Err(status.to_string()),
        }
    }
}

/// nginx asks a server about each request before it answers with a file, and says which side that was. More locations go elsewhere.
pub fn settings(folder: &Path, address: SocketAddr, side: &str, asked: &str, locations: &str) -> String {
    let path = folder.display();
    std::fs::write(folder.join("page"), "hello").expect("a file");
    let http = format!(
        "server {{ listen {address}; root {path}; add_header X-Side {side};\n\
         {locations}\n\
         location / {{ auth_request /ask; try_files /page =404; }}\n\
         location = /ask {{ internal; proxy_pass http://{asked}; proxy_pass_request_body off;\n\
         proxy_set_header Content-Length \"\"; }} }}"
    );
    nginx_with_worker_around(folder, &http)
}
