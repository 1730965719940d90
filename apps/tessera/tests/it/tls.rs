//! A server that encrypts by itself (`[tls]`).

use std::net::TcpStream;

use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::support::at_once;
use crate::support::client::{Connection, Request};
use crate::support::poll;
use crate::support::scrape::Scrape;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, workshop};
use crate::support::tls::Certificates;

/// The serial number of the certificate that this connection was opened with.
fn serial(connection: &Connection) -> Vec<u8> {
    let tls = connection.tls().expect("it is encrypted");
    let chain = tls.peer_certificates().expect("a certificate");
    let own = Certificate::from_der(chain.first().expect("the server's own")).expect("X.509");
    own.tbs_certificate.serial_number.as_bytes().to_vec()
}

fn has_logged(server: &Server, event: &str) -> bool {
    poll(3000, || server.err().text().contains(event))
}

#[test]
fn people_sign_in_and_are_checked_over_each_version() {
    let certificates = Certificates::make();
    for (version, name) in [(&TLS13, ProtocolVersion::TLSv1_3), (&TLS12, ProtocolVersion::TLSv1_2)] {
        let server = certificates.demo(&[version]).start();
        assert!(server.out().contains("tessera is ready: https://"), "{}", server.out());
        let signed_in = workshop(&server);
        let check = Request::get("/auth/verify").headers([bearer(&signed_in.token)]);
        let mut connection = server.connect();
        for _ in 0..3 {
            assert_eq!(connection.send(&check).status, 200);
        }
        let tls = connection.tls().expect("it is encrypted");
        assert_eq!(tls.protocol_version(), Some(name));
        assert_eq!(tls.alpn_protocol(), Some(b"http/1.1".as_slice()));
        server.stop();
    }
}

#[test]
fn who_does_not_encrypt_gets_no_answer() {
    let server = Certificates::make().demo(&[&TLS13]).start();
    let mut plain = Connection::over(
        TcpStream::connect(server.address()).expect("it listens"),
        server.address(),
    )
    .expect("it listens");
    plain.write(&Request::get("/healthz").bytes(server.address()));
    let answer = plain.read_until_closed();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_new_certificate_is_taken_and_open_connections_stay() {
    let certificates = Certificates::make();
    let server = certificates.demo(&[&TLS13]).start();
    let check = Request::get("/healthz");
    let mut before = server.connect();
    assert_eq!(before.send(&check).status, 200);
    assert_eq!(serial(&before), [1]);

    certificates.issue(2);
    server.signal("HUP");
    assert!(has_logged(&server, "certificate_replaced"), "{}", server.err().text());
    let mut after = server.connect();
    assert_eq!(after.send(&check).status, 200);
    assert_eq!(serial(&after), [2]);
    assert_eq!(before.send(&check).status, 200, "an open connection stays");
    server.stop();
}

#[test]
fn a_certificate_that_is_not_good_replaces_none() {
    let certificates = Certificates::make();
    let server = certificates.demo(&[&TLS13]).start();
    let before = Scrape::of(&server.get("/metrics"));
    // The half of a renewal: the new key is not there yet.
    let key = std::fs::read(certificates.key_file()).expect("a file");
    certificates.issue(2);
    std::fs::write(certificates.key_file(), key).expect("a file");
    server.signal("HUP");
    assert!(
        has_logged(&server, "certificate_not_replaced"),
        "{}",
        server.err().text()
    );
    let mut after = server.connect();
    assert_eq!(after.send(&Request::get("/healthz")).status, 200);
    assert_eq!(serial(&after), [1]);
    let metrics = Scrape::of(&server.get("/metrics"));
    assert_eq!(
        metrics.since(&before, ["tessera_tls_certificate_failures_total"]),
        [1.0]
    );
    assert!(metrics.value("tessera_tls_certificate_not_after_seconds") > 1_700_000_000.0);
    server.stop();
}

#[test]
fn a_start_without_a_good_certificate_says_what_to_do() {
    let certificates = Certificates::make();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("t.db");
    let start = || certificates.demo(&[&TLS13]).file(&database).run();
    let refused = |what: &str| {
        let ended = start();
        assert_eq!(ended.code, Some(1), "{what}");
        assert!(ended.err.contains(what), "{what}: {}", ended.err);
        assert!(!database.exists(), "{what}: nothing was made or migrated");
    };
    std::fs::write(certificates.key_file(), KeyOfAnother::pem()).expect("a file");
    refused("the private key is not that of the first certificate");
    std::fs::write(certificates.key_file(), "").expect("a file");
    refused("there is no private key in it");
    std::fs::write(certificates.certificate_file(), "").expect("a file");
    refused("there is no certificate in it");
    std::fs::remove_file(certificates.certificate_file()).expect("a file");
    refused("the file cannot be read");
    let half = Setup::demo().env("TESSERA_TLS__KEY_FILE", "key.pem").run();
    assert!(half.err.contains("tls.certificate_file"), "{}", half.err);
}

struct KeyOfAnother;

impl KeyOfAnother {
    fn pem() -> String {
        rcgen::KeyPair::generate().expect("a key").serialize_pem()
    }
}

#[test]
fn no_handshake_and_no_answer_waits_for_its_client_without_end() {
    let certificates = Certificates::make();
    let server = certificates
        .demo(&[&TLS13])
        .env("TESSERA_HTTP__HEAD_TIMEOUT", "1s")
        .env("TESSERA_HTTP__WRITE_TIMEOUT", "1s")
        .start();
    // The first bytes of a handshake, whose rest never comes.
    let begun: [&[u8]; 3] = [b"", &[22], &[22, 3, 1, 0, 200, 1, 0]];
    at_once(begun.len(), |index| {
        let socket = TcpStream::connect(server.address()).expect("it listens");
        let mut silent = Connection::over(socket, server.address()).expect("it listens");
        silent.write(begun[index]);
        silent.read_until_closed();
    });
    let mut slow = server.connect();
    slow.write_until_closed(&Request::get("/healthz").bytes(server.address()).repeat(100));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn an_ambiguous_request_is_refused() {
    let server = Certificates::make().demo(&[&TLS13]).start();
    let request = Request::post("/login")
        .header("Content-Length", "5")
        .header("Transfer-Encoding", "chunked");
    let answer = server.raw(&request.body("0\r\n\r\n").bytes(server.address()));
    assert_eq!(answer.map(|answer| answer.status), Some(400));
}

#[test]
fn the_health_check_of_a_container_speaks_it_too() {
    let certificates = Certificates::make();
    let server = certificates.demo(&[&TLS13]).start();
    let healthy = Setup::command("health")
        .env(
            "TESSERA_TLS__CERTIFICATE_FILE",
            certificates.certificate_file().display(),
        )
        .env("TESSERA_TLS__KEY_FILE", certificates.key_file().display())
        .arg("--listen")
        .arg(server.address())
        .run();
    assert_eq!(healthy.code, Some(0), "{}", healthy.err);
    assert!(healthy.out.contains("is ready"), "{}", healthy.out);
}

/// A connection to the listener that the server has printed under this name.
fn to(server: &Server, name: &str) -> Connection {
    let (address, tls) = server.client_of(name);
    Connection::encrypted(address, tls.as_ref()).expect("it listens")
}

#[test]
fn listeners_of_their_own_have_the_certificate_and_its_successor() {
    let certificates = Certificates::make();
    let server = certificates
        .demo(&[&TLS13])
        .env("TESSERA_CONSOLE__ENABLED", true)
        .env("TESSERA_CONSOLE__LISTEN", "0")
        .env("TESSERA_METRICS__LISTEN", "0")
        .env("TESSERA_METRICS__TLS", true)
        .start();
    let pages = [
        ("console", Request::get("/console/sign-in")),
        ("metrics", Request::get("/metrics")),
    ];
    for (name, page) in &pages {
        let mut client = to(&server, name);
        assert_eq!(client.send(page).status, 200, "{name}");
        assert_eq!(serial(&client), [1], "{name}");
        let (address, _) = server.client_of(name);
        let mut plain = Connection::encrypted(address, None).expect("it listens");
        plain.write(&page.bytes(address));
        assert!(!plain.read_until_closed().starts_with(b"HTTP"), "{name}");
    }
    certificates.issue(2);
    server.signal("HUP");
    assert!(has_logged(&server, "certificate_replaced"), "{}", server.err().text());
    for (name, page) in &pages {
        let mut client = to(&server, name);
        assert_eq!(client.send(page).status, 200, "{name}");
        assert_eq!(serial(&client), [2], "{name}");
    }
    server.stop();
}

#[test]
fn listeners_of_their_own_are_plain_where_their_settings_say_so() {
    let server = Certificates::make()
        .demo(&[&TLS13])
        .env("TESSERA_CONSOLE__ENABLED", true)
        .env("TESSERA_CONSOLE__LISTEN", "0")
        .env("TESSERA_CONSOLE__TLS", false)
        .env("TESSERA_METRICS__LISTEN", "0")
        .start();
    for (name, path) in [("console", "/console/sign-in"), ("metrics", "/metrics")] {
        let mut client = to(&server, name);
        assert!(client.tls().is_none(), "{name}");
        assert_eq!(client.send(&Request::get(path)).status, 200, "{name}");
    }
    let without = Setup::demo().env("TESSERA_METRICS__TLS", true).run();
    assert_eq!(without.code, Some(1));
    assert!(without.err.contains("metrics.tls"), "{}", without.err);
}
