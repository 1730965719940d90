//! Start, stop and restart (contract, section 0).

use std::fs;
use std::path::Path;

use crate::support::client::Request;
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{DEMO_KEY, Server, Setup};
use crate::support::sign_in::{
    Session, Workshop, basic, bearer, client, device, lives, logout, refresh, revoke, session, workshop,
};

#[test]
fn a_signal_to_stop_is_a_clean_exit_and_the_demos_folder_is_removed() {
    for signal in ["TERM", "INT"] {
        let server = Server::demo();
        let scratch = server.scratch();
        assert!(!is_empty(&scratch), "the demo has a folder of its own");
        workshop(&server);
        server.signal(signal);
        assert_eq!(server.wait(), Some(0), "SIG{signal}");
        assert!(is_empty(&scratch), "SIG{signal}");
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn requests_in_progress_are_finished_and_no_new_ones_are_taken() {
    let server = Server::demo();
    let body = Dialect::Mechanics.good().to_string();
    let head = Request::post(Dialect::Mechanics.path())
        .header("Content-Type", "application/json")
        .header("Content-Length", body.len().to_string());
    let mut connections: Vec<_> = (0..4)
        .map(|_| {
            let mut connection = server.connect();
            connection.write(&head.bytes(server.address()));
            connection.write(&body.as_bytes()[..10]);
            connection
        })
        .collect();
    // A later answer shows that the server has read the earlier request heads.
    assert_eq!(server.get("/readyz").status, 200);
    server.signal("TERM");
    assert!(
        poll(500, || server.refuses_connections()),
        "new connections are refused"
    );
    for connection in &mut connections {
        connection.write(&body.as_bytes()[10..]);
    }
    for mut connection in connections {
        Workshop::of(&connection.receive().expect("an answer"));
    }
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn an_idle_connection_does_not_delay_the_exit() {
    let server = Setup::demo().env("TESSERA_HTTP__SHUTDOWN_TIMEOUT", "600s").start();
    let mut idle = server.connect();
    assert_eq!(idle.send(&Request::get("/healthz")).status, 200);
    let _silent = server.connect();
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_request_that_does_not_finish_in_time_does_not_delay_the_exit() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__SHUTDOWN_TIMEOUT", "1s")
        .env("TESSERA_HTTP__BODY_TIMEOUT", "300s")
        .start();
    let mut stuck = server.connect();
    let head = Request::post("/login")
        .header("Content-Type", "application/json")
        .header("Content-Length", "50");
    stuck.write(&head.bytes(server.address()));
    assert_eq!(server.get("/readyz").status, 200);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_second_signal_changes_nothing() {
    let server = Server::demo();
    server.signal("TERM");
    server.signal("TERM");
    server.signal("INT");
    assert_eq!(server.wait(), Some(0));
}

/// All tokens that a client may keep over a restart.
struct Held {
    shop: Workshop,
    replayed: Workshop,
    ended: Session,
    session: Session,
    device: String,
    revoked: String,
    client: String,
}

#[test]
fn a_restart_keeps_sessions_and_revocations() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let start = || Setup::demo().file(&file).start();
    let server = start();
    let replayed = workshop(&server);
    let second = Workshop::of(&refresh(&server, &replayed.refresh));
    let shop = Workshop::of(&refresh(&server, &second.refresh));
    let held = Held {
        shop: workshop(&server),
        replayed,
        ended: session(&server),
        session: session(&server),
        device: device(&server),
        revoked: device(&server),
        client: client(&server, "restart@letsta.lk"),
    };
    assert_eq!(logout(&server, held.ended.headers()).status, 200);
    assert_eq!(revoke(&server, [bearer(&held.revoked)]).status, 200);
    server.stop();

    let server = start();
    assert!(lives(&server, [bearer(&held.shop.token)]));
    assert!(lives(&server, held.session.headers()));
    assert!(lives(&server, [bearer(&held.device)]));
    assert!(lives(&server, [basic(&held.client)]));
    assert_eq!(client(&server, "restart@letsta.lk"), held.client);
    assert!(!lives(&server, held.ended.headers()));
    assert!(!lives(&server, [bearer(&held.revoked)]));
    Workshop::of(&refresh(&server, &held.shop.refresh));
    assert_eq!(
        refresh(&server, &held.replayed.refresh).status,
        401,
        "a replay is detected after a restart"
    );
    assert_eq!(refresh(&server, &shop.refresh).status, 401, "and has ended its family");
    assert!(!lives(&server, [bearer(&shop.token)]));
    server.stop();

    let server = start();
    assert!(!lives(&server, [bearer(&shop.token)]));
    assert!(lives(&server, [bearer(&held.shop.token)]));
    server.stop();
}

#[test]
fn a_retry_within_the_grace_gets_its_successor_after_a_restart_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let start = || Setup::demo().env("TESSERA_REFRESH__GRACE", "300s").file(&file).start();
    let server = start();
    let first = workshop(&server);
    let second = Workshop::of(&refresh(&server, &first.refresh));
    server.stop();
    let server = start();
    assert_eq!(Workshop::of(&refresh(&server, &first.refresh)).refresh, second.refresh);
    server.stop();
}

#[test]
fn the_demos_data_are_loaded_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let start = || Setup::demo().file(&file).start();
    start().stop();
    let operator = Operator::of_file(&file);
    operator.set_password("workshops", "workshop@email.dk", "a password of its own");
    operator.run("consumer", &["disable", "--key", "demo-key"], "");
    let server = start();
    for dialect in [Dialect::Mechanics, Dialect::Integration] {
        dialect.refuses(&server.send(&dialect.request(&dialect.good())), 401);
    }
    let body = Dialect::Mechanics.attempt("workshop@email.dk", "a password of its own");
    assert_eq!(server.send(&Dialect::Mechanics.request(&body)).status, 200);
}

#[test]
fn without_the_demo_flag_its_master_key_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().file(&file).start();
    let shop = workshop(&server);
    server.stop();
    let new = folder.path().join("new.db");
    for database in [&file, &new] {
        let ended = Setup::plain().file(database).env("TESSERA_MASTER_KEY", DEMO_KEY).run();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("the demo's, which is public"), "{}", ended.err);
    }
    let rotate = |database: &Path| {
        let rotate = Setup::command("key").arg("rotate").arg("--flavour").arg("mechanics");
        rotate.file(database).env("TESSERA_MASTER_KEY", DEMO_KEY).run()
    };
    assert_eq!(rotate(&file).code, Some(0), "a command may work on a demo's database");
    assert_eq!(rotate(&new).code, Some(1), "and sets no other up with the demo's key");
    let server = Setup::demo().file(&file).start();
    assert!(lives(&server, [bearer(&shop.token)]));
}

#[test]
fn a_killed_server_leaves_a_database_that_the_next_one_serves_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().file(&file).start();
    let (kept, ended) = (device(&server), session(&server));
    assert_eq!(logout(&server, ended.headers()).status, 200);
    server.signal("KILL");
    assert_eq!(server.wait(), None);
    let server = Setup::demo().file(&file).start();
    assert!(lives(&server, [bearer(&kept)]), "an issued token is still active");
    assert!(!lives(&server, ended.headers()));
    server.stop();
}

/// Numbers of the file before may be other tokens' by now: the node reads everything anew, and says why.
#[test]
fn a_database_file_that_is_replaced_by_a_copy_is_read_anew_and_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, copy) = (folder.path().join("t.db"), folder.path().join("copy.db"));
    let start = || Setup::demo().file(&file).start();
    let server = start();
    let kept = device(&server);
    server.stop();
    fs::copy(&file, &copy).expect("a copy");
    let server = start();
    let lost = device(&server);
    assert!(lives(&server, [bearer(&kept)]) && lives(&server, [bearer(&lost)]));
    for left in ["t.db-wal", "t.db-shm"] {
        let _ = fs::remove_file(folder.path().join(left));
    }
    fs::rename(&copy, &file).expect("the copy in its place");
    assert!(poll(1000, || !lives(&server, [bearer(&lost)])), "it is not in the copy");
    assert!(poll(1000, || lives(&server, [bearer(&kept)])), "it is");
    let log = server.err();
    server.stop();
    for event in ["database_file_replaced", "feed_replaced", "feed_read_anew"] {
        assert!(log.text().contains(event), "{event}: {}", log.text());
    }
}

#[test]
fn a_session_that_is_not_refreshed_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let toml = "[[flavour]]\nname = \"mechanics\"\ndialect = \"mechanics\"\nlifetime = \"3s\"\n";
    let setup = || Setup::demo().file(&file).config(toml);
    let strict = setup().env("TESSERA_REFRESH__IDLE", "2s").start();
    let (idle, other) = (workshop(&strict), workshop(&strict));
    // An access token of 3 seconds expires 2 seconds after the sign-in or later, however busy the machine is.
    assert!(poll(3000, || !lives(&strict, [bearer(&other.token)])));
    Dialect::Mechanics.refuses(&refresh(&strict, &idle.refresh), 401);
    let patient = setup().start();
    Workshop::of(&refresh(&patient, &other.refresh));
}

#[test]
fn a_session_ends_at_its_absolute_limit_however_often_it_is_refreshed() {
    let toml = "[[flavour]]\nname = \"mechanics\"\ndialect = \"mechanics\"\nlifetime = \"1s\"\n";
    let old = Setup::demo()
        .config(toml)
        .env("TESSERA_REFRESH__ABSOLUTE", "3s")
        .start();
    let mut held = workshop(&old);
    let ended = poll(1000, || {
        let response = refresh(&old, &held.refresh);
        match response.status {
            200 => held = Workshop::of(&response),
            status => assert_eq!(status, 401),
        }
        response.status == 401
    });
    assert!(ended);
    assert!(
        poll(500, || !lives(&old, [bearer(&held.token)])),
        "and its access tokens with it"
    );
}
