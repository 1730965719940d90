//! What clients can do with connections: hold them, be slow, go away.

use crate::support::at_once;
use crate::support::client::{Connection, Request, Response};
use crate::support::dialect::Dialect;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::bearer;

/// A server that does not wait long.
fn impatient() -> Server {
    Setup::demo()
        .env("TESSERA_HTTP__HEAD_TIMEOUT", "1s")
        .env("TESSERA_HTTP__BODY_TIMEOUT", "1s")
        .env("TESSERA_HTTP__IDLE_TIMEOUT", "1s")
        .env("TESSERA_HTTP__WRITE_TIMEOUT", "1s")
        .start()
}

/// The head of a request whose body never comes.
fn head(path: &str, framing: (&str, &str)) -> Request {
    Request::post(path)
        .header("Content-Type", "application/json")
        .header(framing.0, framing.1)
}

const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");
const SIZED: (&str, &str) = ("Content-Length", "50");

#[test]
fn no_request_of_a_connection_waits_for_its_client_without_end() {
    let server = impatient();
    let bytes = |request: Request| request.bytes(server.address());
    let cases: [(&str, Vec<u8>, &[u16]); 8] = [
        ("nothing", Vec::new(), &[]),
        ("one byte", b"G".to_vec(), &[]),
        ("half a head", b"GET /healthz HTTP/1.1\r\nHost".to_vec(), &[]),
        ("a chunked login", bytes(head("/login", CHUNKED)), &[408]),
        ("a sized login", bytes(head("/login", SIZED)), &[408]),
        ("a chunked check", bytes(head("/auth/verify", CHUNKED)), &[401]),
        ("a sized check", bytes(head("/auth/verify", SIZED)), &[401]),
        (
            "half a chunk",
            [bytes(head("/auth/verify", CHUNKED)), b"5\r\nab".to_vec()].concat(),
            &[401],
        ),
    ];
    at_once(cases.len() * 2, |index| {
        let (name, sent, answers) = &cases[index / 2];
        let mut connection = server.connect();
        let is_second = index % 2 == 1;
        if is_second {
            assert_eq!(connection.send(&Request::get("/healthz")).status, 200);
        }
        connection.write(sent);
        for answer in *answers {
            assert_eq!(connection.receive().expect("an answer").status, *answer, "{name}");
        }
        // The first request of a connection may get a 408 more.
        let rest = String::from_utf8_lossy(&connection.read_until_closed()).into_owned();
        let is_fine = rest.is_empty() || (!is_second && rest.starts_with("HTTP/1.1 408"));
        assert!(is_fine, "{name}: {rest}");
    });
}

#[test]
fn a_client_that_does_not_read_its_answers_is_disconnected() {
    let server = impatient();
    let mut slow = server.connect();
    slow.write_until_closed(&Request::get("/healthz").bytes(server.address()).repeat(100));
    assert_eq!(server.get("/healthz").status, 200);
}

/// Opens connections from this address and keeps those that the server keeps.
fn hold(server: &Server, source: &str, attempts: usize) -> Vec<Connection> {
    let opened: Vec<Connection> = (0..attempts).map(|_| server.connect_from(source)).collect();
    let check = Request::get("/healthz").bytes(server.address());
    let is_kept = |mut connection: Connection| {
        connection.write(&check);
        connection.receive().is_ok().then_some(connection)
    };
    opened.into_iter().filter_map(is_kept).collect()
}

fn sign_in_over(connection: &mut Connection) -> Response {
    connection.send(&Dialect::Device.request(&Dialect::Device.good()))
}

#[test]
fn one_source_holds_its_share_of_connections_and_no_more() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__CONNECTIONS", 100)
        .env("TESSERA_HTTP__CONNECTIONS_PER_SOURCE", 20)
        .env("TESSERA_HTTP__IDLE_TIMEOUT", "600s")
        .start();
    // The test's own questions at the start may still hold a place.
    let held = hold(&server, "127.0.0.1", 60);
    assert!((19..=20).contains(&held.len()), "{}", held.len());
    assert_eq!(sign_in_over(&mut server.connect_from("127.0.0.2")).status, 200);
    assert!(poll(500, || server.err().text().contains("connection_refused")));
    assert!(server.err().text().contains("connections_per_source"));
    drop(held);
    let is_free = || hold(&server, "127.0.0.1", 1).len() == 1;
    assert!(poll(500, is_free), "what ends makes room");
}

#[test]
fn a_trusted_proxy_may_hold_all() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__CONNECTIONS", 60)
        .env("TESSERA_HTTP__CONNECTIONS_PER_SOURCE", 10)
        .env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.2"]"#)
        .env("TESSERA_HTTP__IDLE_TIMEOUT", "600s")
        .start();
    let held = hold(&server, "127.0.0.2", 80).len();
    assert!((55..=60).contains(&held), "{held}");
}

#[test]
fn the_database_works_when_clients_hold_all_the_connections_that_they_can() {
    let server = Setup::demo()
        .open_files(256)
        .env("TESSERA_HTTP__WORKERS", 2)
        .env("TESSERA_HTTP__IDLE_TIMEOUT", "600s")
        .start();
    let mut early = server.connect_from("127.0.0.9");
    let mut slow = Vec::new();
    let mut held = Vec::new();
    for source in ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"] {
        let mut kept = hold(&server, source, 60);
        assert!((8..=32).contains(&kept.len()), "{source}: {}", kept.len());
        // Half of them ask and do not read.
        for mut connection in kept.drain(..kept.len() / 2) {
            connection.write(&Request::get("/auth/verify").bytes(server.address()).repeat(20));
            slow.push(connection);
        }
        held.append(&mut kept);
        let token = sign_in_over(&mut early).member("token");
        let check = Request::get("/auth/verify").headers([bearer(&token)]);
        assert_eq!(early.send(&check).status, 200);
        let unknown = format!("{}|{}", 1_000_000 + held.len(), "a".repeat(40));
        let check = Request::get("/auth/verify").headers([bearer(&unknown)]);
        assert_eq!(early.send(&check).status, 401, "read from the database");
    }
    let all = held.len() + slow.len() + 1;
    assert!((120..=128).contains(&all), "{all}");
    assert!(hold(&server, "127.0.0.5", 3).is_empty(), "no place is left");
    assert!(
        !server.err().text().contains("Too many open files"),
        "{}",
        server.err().text()
    );
    drop((held, slow));
    assert!(poll(500, || hold(&server, "127.0.0.5", 1).len() == 1));
}

#[test]
fn connections_that_do_not_fit_into_the_limit_of_open_files_are_refused_at_start() {
    let setup = Setup::demo().open_files(256).env("TESSERA_HTTP__WORKERS", 2);
    let ended = setup.env("TESSERA_HTTP__CONNECTIONS", 200).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for word in ["http.connections = 200", "256", "at most 128", "LimitNOFILE"] {
        assert!(ended.err.contains(word), "{word}: {}", ended.err);
    }
}

#[test]
fn the_work_for_a_client_that_has_gone_is_not_finished() {
    let server = Setup::demo()
        .env("TESSERA_PASSWORDS__COST", 12)
        .env("TESSERA_PASSWORDS__THREADS", 1)
        .start();
    let wrong = |name: &str| Dialect::Mechanics.request(&Dialect::Mechanics.attempt(name, "wrong"));
    let waiting: Vec<Connection> = (0..30)
        .map(|index| {
            let mut connection = server.connect();
            connection.write(&wrong(&format!("w{index}@email.dk")).bytes(server.address()));
            connection
        })
        .collect();
    let mut gone = server.connect_from("127.0.0.2");
    gone.write(&wrong("gone@email.dk").bytes(server.address()));
    gone.finish();
    // Hashed after the one that has gone, if that is hashed at all.
    let mut last = server.connect_from("127.0.0.3");
    assert_eq!(last.send(&wrong("last@email.dk")).status, 401);
    for mut connection in waiting {
        assert_eq!(connection.receive().expect("an answer").status, 401);
    }
    let log = server.err().text();
    let failed = |source: &str| {
        let lines = log.lines().filter(|line| line.contains("login_failed"));
        lines.filter(|line| line.contains(source)).count()
    };
    assert_eq!(failed("127.0.0.3"), 1, "{log}");
    assert_eq!(failed("127.0.0.2"), 0, "{log}");
}

#[test]
fn a_server_that_is_about_to_stop_says_so_before_it_closes_its_listener() {
    let server = Setup::demo().env("TESSERA_HTTP__DRAIN_DELAY", "4s").start();
    server.signal("TERM");
    assert!(poll(300, || server.get("/readyz").status == 503));
    assert_eq!(server.get("/readyz").text(), r#"{"status":"stopping"}"#);
    assert_eq!(server.get("/healthz").status, 200);
    let signed_in = server.send(&Dialect::Mechanics.request(&Dialect::Mechanics.good()));
    assert_eq!(signed_in.status, 200);
    assert_eq!(server.wait(), Some(0));
}
