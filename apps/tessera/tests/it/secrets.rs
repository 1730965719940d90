//! The database and the log hold no secrets (contract, section 1).

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::support::client::Request;
use crate::support::dialect::{Dialect, PLAYER_PASSWORD};
use crate::support::operator::Operator;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    Workshop, bare, basic, bearer, client, device, logout, refresh, revoke, session, verify, workshop,
};

/// All bytes of the files of an SQLite database.
pub fn dump_of(file: &Path) -> Vec<u8> {
    let beside = |end: &str| PathBuf::from(format!("{}{end}", file.display()));
    let parts = ["", "-wal", "-shm", "-journal"]
        .map(beside)
        .map(|path| fs::read(path).unwrap_or_default());
    parts.concat()
}

/// A secret in every form in which it could be read back: as it is, in hexadecimal, in base64 wherever it begins,
/// escaped for a URL.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("plain", bytes.to_vec()),
        ("hexadecimal", hex.to_uppercase().into_bytes()),
        ("hexadecimal", hex.into_bytes()),
        ("escaped for a URL", escaped(bytes)),
        ("UTF-16", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for before in 0..3 {
        let shifted = [&vec![0; before][..], bytes].concat();
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // The first and last characters depend on the bytes beside the secret.
            let cut = [0, 2, 3][before];
            let end = text.len() - usize::from(!shifted.len().is_multiple_of(3));
            forms.push(("base64", text.as_bytes()[cut..end].to_vec()));
        }
    }
    forms
}

fn escaped(bytes: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => vec![*byte],
        byte => format!("%{byte:02X}").into_bytes(),
    };
    bytes.iter().flat_map(escape).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    as_text(haystack).contains(&as_text(needle))
}

/// One character for each byte: searching a text is fast also in a build without optimisation.
fn as_text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// For each secret that is found, the first form in which it is there.
pub fn found(place: &str, haystack: &[u8], secrets: &[(&'static str, String)]) -> Vec<String> {
    let haystack = as_text(haystack);
    let form = |name: &str, secret: &str| {
        let mut forms = forms(secret).into_iter();
        let there = forms.find(|(_, form)| haystack.contains(&as_text(form)));
        there.map(|(form, _)| format!("{name}, {form}, in {place}"))
    };
    secrets.iter().filter_map(|(name, secret)| form(name, secret)).collect()
}

#[test]
fn a_secret_is_found_in_each_of_its_forms() {
    let secret = [("it", "canary|Secret 42~".to_owned())];
    for (name, form) in forms(&secret[0].1) {
        let hidden = [b"some bytes ".as_slice(), &form, b" more"].concat();
        assert_eq!(found("here", &hidden, &secret).len(), 1, "{name}");
    }
    for before in ["", "x", "xy"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{before}{} and more", secret[0].1));
        assert_eq!(found("here", encoded.as_bytes(), &secret).len(), 1);
    }
    assert!(found("here", b"nothing of the kind", &secret).is_empty());
}

pub const OWN_PASSWORD: &str = "canary-password-4f1d~Zq";
const WRONG_PASSWORD: &str = "canary-wrong-password-8Kw";
const TYPED_AS_NAME: &str = "canary-password-typed-as-name-31";
const BROKEN: &str = "canary-in-a-broken-body-77aQ";
const BROKEN_HEADER: &str = "canary-in-a-broken-header-52Tz";
const IN_QUERY: &str = "canary-in-the-query-19xL";
const WRONG_CONSUMER_TOKEN: &str = "canary-consumer-token-66pR";

/// Sends good and bad requests of every kind; returns the secrets that the server received or made.
pub fn live_through(server: &Server) -> Vec<(&'static str, String)> {
    let first = workshop(server);
    let second = Workshop::of(&refresh(server, &first.refresh));
    let retried = Workshop::of(&refresh(server, &first.refresh));
    let third = Workshop::of(&refresh(server, &second.refresh));
    let replayed = workshop(server);
    let replayed_twice = Workshop::of(&refresh(
        server,
        &Workshop::of(&refresh(server, &replayed.refresh)).refresh,
    ));
    assert_eq!(refresh(server, &replayed.refresh).status, 401);
    let (kept, ended) = (session(server), session(server));
    assert_eq!(logout(server, ended.headers()).status, 200);
    let (kept_device, revoked_device) = (device(server), device(server));
    assert_eq!(revoke(server, [bearer(&revoked_device)]).status, 200);
    let client_token = client(server, "canary@letsta.lk");
    for header in [
        bearer(&first.token),
        bare(&third.token),
        bearer(&kept_device),
        basic(&client_token),
    ] {
        assert_eq!(verify(server, [header]).status, 200);
    }
    assert_eq!(verify(server, kept.headers()).status, 200);
    misbehave(server);
    let secret_of = |token: &str| token.split('|').next_back().expect("a secret").to_owned();
    let signature_of = |token: &str| token.rsplit('.').next().expect("a signature").to_owned();
    vec![
        ("a player's password", PLAYER_PASSWORD.into()),
        ("an own password", OWN_PASSWORD.into()),
        ("a wrong password", WRONG_PASSWORD.into()),
        ("a password typed as a name", TYPED_AS_NAME.into()),
        ("a secret in a broken body", BROKEN.into()),
        ("a secret in a broken header", BROKEN_HEADER.into()),
        ("a secret in the query", IN_QUERY.into()),
        ("a consumer's token", "demo-token-7f3c9a51".into()),
        ("another consumer's token", "other-token-2b8d40e6".into()),
        ("a wrong consumer token", WRONG_CONSUMER_TOKEN.into()),
        ("a refresh token used up", first.refresh),
        ("a refresh token within the grace", second.refresh.clone()),
        ("a refresh token given again", retried.refresh),
        ("a live refresh token", third.refresh.clone()),
        (
            "the second half of a live refresh token",
            third.refresh[32..].to_owned(),
        ),
        ("a replayed refresh token", replayed.refresh),
        ("the refresh token of an ended session", replayed_twice.refresh),
        ("a signed token", third.token.clone()),
        ("a signature", signature_of(&third.token)),
        ("a login token", kept.token.clone()),
        ("a login token's signature", signature_of(&kept.token)),
        ("a login's key", kept.key),
        ("a device token", secret_of(&kept_device)),
        ("a revoked device token", secret_of(&revoked_device)),
        ("a client's token", secret_of(&client_token)),
        ("the master key", "tessera demo: no secret whatever".into()),
    ]
}

/// Requests that are refused, each with a secret in it.
fn misbehave(server: &Server) {
    for dialect in Dialect::WITH_PASSWORDS {
        let good = dialect.good();
        let name = good[dialect.name_field()].as_str().expect("a text");
        for (name, password) in [(name, WRONG_PASSWORD), (TYPED_AS_NAME, WRONG_PASSWORD)] {
            let status = server.send(&dialect.request(&dialect.attempt(name, password))).status;
            assert!(matches!(status, 401 | 404), "{status}");
        }
        for body in [
            format!("{{\"password\":\"{BROKEN}\""),
            format!("{{\"password\":[\"{BROKEN}\"]}}"),
            format!("{{\"{BROKEN}\":1,\"{BROKEN}\":2}}"),
            format!("{BROKEN}{}", "x".repeat(20_000)),
        ] {
            assert!(server.send(&Request::post(dialect.path()).json(body)).status >= 400);
        }
        let typed = Request::post(dialect.path())
            .header("Content-Type", format!("text/{BROKEN}"))
            .body(BROKEN);
        assert_eq!(server.send(&typed).status, 415);
    }
    let wrong = Dialect::Integration.attempt("demo-key", WRONG_CONSUMER_TOKEN);
    assert_eq!(server.send(&Dialect::Integration.request(&wrong)).status, 401);
    for header in [
        bearer(BROKEN_HEADER),
        bare(BROKEN_HEADER),
        basic(BROKEN_HEADER),
        ("X-Access-Token", BROKEN_HEADER.into()),
    ] {
        assert_eq!(verify(server, [header]).status, 401);
    }
    assert_eq!(refresh(server, BROKEN).status, 401);
    assert_eq!(server.get(&format!("/auth/verify?access_token={IN_QUERY}")).status, 401);
    assert_eq!(server.get(&format!("/nothing?token={IN_QUERY}")).status, 404);
    let cookie = Request::get("/auth/verify").header("Cookie", format!("token={BROKEN_HEADER}"));
    assert_eq!(server.send(&cookie).status, 401);
}

#[test]
fn neither_the_database_nor_the_most_detailed_log_holds_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().env("TESSERA_LOG", "trace").file(&file).start();
    let operator = Operator::of_file(&file);
    operator.add("players", "canary@letsta.lk", OWN_PASSWORD, &["--role", "jugador"]);
    let own = server.send(&Dialect::Device.request(&Dialect::Device.attempt("canary@letsta.lk", OWN_PASSWORD)));
    assert_eq!(own.status, 200);
    let mut secrets = live_through(&server);
    let while_running = dump_of(&file);
    let (err, out) = (server.err(), server.out());
    server.stop();
    let mut leaks = found("the database of a running server", &while_running, &secrets);
    leaks.extend(found("the database of a stopped server", &dump_of(&file), &secrets));
    leaks.extend(found("the log", &err.bytes(), &secrets));
    // The printed curl lines contain the demo's well-known passwords on purpose.
    secrets.retain(|(_, secret)| *secret != PLAYER_PASSWORD && !secret.starts_with("demo-token"));
    leaks.extend(found("what it prints", out.as_bytes(), &secrets));
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(contains(&while_running, b"gmachia@gmail.com"), "the dump is one");
    assert!(
        err.text().contains("TRACE") && err.text().contains("token_issued"),
        "the log is chatty"
    );
}

#[test]
fn no_request_can_forge_a_log_line() {
    let server = Setup::demo().env("TESSERA_LOG", "trace").start();
    let hostile =
        "x\r\n2026-01-01T00:00:00.000000Z  INFO forged: event=\"token_issued\"\u{1b}[2J\u{2028}\",\"level\":\"fake";
    for dialect in Dialect::ALL {
        let mut body = dialect.attempt(hostile, "wrong");
        for field in ["device_name", "name", "email", "refreshToken"] {
            server.send(&dialect.request(&body));
            body[field] = json!(hostile);
        }
        let header = "x\u{1b}[31m\"forged\u{2028}";
        let request = dialect
            .request(&dialect.good())
            .header("User-Agent", header)
            .header("X-Request-Id", header);
        server.send(&request.header("X-Key", header).header("Origin", header));
    }
    for path in [
        "/%1b%5b2J%0d%0aforged",
        "/login%0aforged",
        "/auth/verify?permission=%0d%0aforged%1b",
    ] {
        server.send(&Request::post(path));
    }
    let server_err = server.err();
    server.stop();
    let text = server_err.text();
    assert!(text.contains("TRACE"), "the log is chatty");
    assert!(
        !server_err.bytes().contains(&0x1b),
        "an escape character as it was sent"
    );
    assert!(!text.contains('\u{2028}'), "a line separator as it was sent");
    let forged: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("2026-01-01T00:00:00.000000Z  INFO forged"))
        .collect();
    assert!(forged.is_empty(), "{forged:?}");
}
