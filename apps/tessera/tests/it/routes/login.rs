//! `POST /login`, `POST /logout` (contract, section 3).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, is_json_answer};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Session, lives, logout, session, sign_in, verify};
use crate::support::vectors::{cases, fill};
use crate::support::{jws, now_ms};

const LOGIN: Dialect = Dialect::Login;
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;
const BYE: &str = r#"{"status":"OK","info":"Successful logout."}"#;

fn assert_documented(response: &Response, username: &str, role: u8) -> (Session, i64) {
    let held = Session::of(response);
    is_json_answer(response);
    let expires = response.json()["expires"].as_i64().expect("an integer");
    let expected = format!(
        r#"{{"key":"{}","username":"{username}","expires":{expires},"token":"{}","role":{role}}}"#,
        held.key, held.token
    );
    assert_eq!(response.text(), expected);
    (held, expires)
}

fn log_in(server: &Server, username: &str, password: &str, from: &str) -> Response {
    server.send(
        &LOGIN
            .request(&json!({"username": username, "password": password}))
            .coming_from(from),
    )
}

#[test]
fn the_documents_request_gets_the_documents_answer() {
    let (_, expires) = assert_documented(&sign_in(Server::shared(), LOGIN), "100@mydomain.com", 2);
    assert!((expires - now_ms() - WEEK_MS).abs() < 60_000, "{expires}");
}

#[test]
fn the_documents_http_example_and_curl_line_work_byte_for_byte() {
    let server = Server::shared();
    let example = "{\n  \"username\": \"100@mydomain.com\",\n  \"password\": \"secret\"\n}\n";
    let line = r#"{"username":"100@mydomain.com","password":"secret"}"#;
    for body in [example, line] {
        let sent = format!(
            "POST /login HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.address(),
            body.len()
        );
        let (held, _) = assert_documented(&server.raw(sent.as_bytes()).expect("an answer"), "100@mydomain.com", 2);
        let sent = format!(
            "POST /logout HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nX-Access-Token: {}\r\nX-Key: {}\r\n\r\n",
            server.address(),
            held.token,
            held.key
        );
        let response = server.raw(sent.as_bytes()).expect("an answer");
        assert_eq!((response.status, response.text()), (200, BYE));
        is_json_answer(&response);
    }
}

#[test]
fn the_token_ends_when_it_says_in_the_documents_milliseconds() {
    let (held, expires) = assert_documented(&sign_in(Server::shared(), LOGIN), "100@mydomain.com", 2);
    let (header, claims) = jws::parts(&held.token);
    assert!(header.starts_with(r#"{"typ":"JWT","alg":"HS256""#), "{header}");
    let parsed = jws::claims(&held.token);
    assert_eq!(parsed["exp"], json!(expires));
    assert_eq!(jws::names(&parsed), ["exp", "sid"], "{claims}");
}

#[test]
fn the_key_is_a_random_uuid() {
    let server = Server::shared();
    let (one, other) = (session(server), session(server));
    assert_ne!(one.key, other.key);
    let groups: Vec<&str> = one.key.split('-').collect();
    assert_eq!(
        groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    assert!(
        one.key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-')),
        "{}",
        one.key
    );
    assert!(
        groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']),
        "{}",
        one.key
    );
}

#[test]
fn each_role_has_its_number_and_the_user_name_comes_as_stored() {
    let server = Server::shared();
    for (typed, stored, role) in [
        ("100@mydomain.com", "100@mydomain.com", 2),
        (" ADMIN@MyDomain.com ", "admin@mydomain.com", 1),
        ("ROOT", "root", 0),
    ] {
        assert_documented(&log_in(server, typed, "secret", "10.2.0.1"), stored, role);
    }
}

#[test]
fn a_missing_user_name_is_a_400_an_unknown_user_a_404_and_a_missing_password_a_401() {
    let server = Server::shared();
    let send = |body: Value| server.send(&LOGIN.request(&body).coming_from("10.2.0.2"));
    for body in [
        json!({"password": "secret"}),
        json!({"email": "root", "password": "secret"}),
        json!({"username": "", "password": "secret"}),
        json!({"username": "  ", "password": "secret"}),
        json!({}),
    ] {
        assert_eq!(LOGIN.refuses(&send(body), 400), "User name is required");
    }
    for body in [
        json!({"username": "100@mydomain.com", "password": "wrong"}),
        json!({"username": "100@mydomain.com", "password": ""}),
        json!({"username": "100@mydomain.com", "password": " "}),
        json!({"username": "100@mydomain.com"}),
    ] {
        let response = send(body);
        assert_eq!(LOGIN.refuses(&response, 401), "Invalid credentials");
        assert_eq!(
            response.header("WWW-Authenticate"),
            Some(r#"X-Access-Token realm="pbx""#)
        );
    }
    let unknown = send(json!({"username": "nobody@mydomain.com", "password": "secret"}));
    assert_eq!(LOGIN.refuses(&unknown, 404), "User not found");
    for username in [
        json!(null),
        json!(100),
        json!(["root"]),
        json!("a\u{0}b"),
        json!("a".repeat(255)),
    ] {
        LOGIN.refuses(&send(json!({"username": username, "password": "secret"})), 400);
    }
    LOGIN.refuses(&send(json!({"username": "root", "password": ["secret"]})), 400);
}

#[test]
fn unknown_users_can_be_concealed_to_the_byte() {
    let toml = "[[flavour]]\nname = \"login\"\ndialect = \"login\"\nconceal_unknown_users = true\n";
    let server = Server::with_config(toml);
    let attempt = |name: &str| server.send(&LOGIN.request(&LOGIN.attempt(name, "wrong"))).comparable();
    let known = attempt("100@mydomain.com");
    assert_eq!(LOGIN.refuses(&known, 401), "Invalid credentials");
    for name in ["nobody@mydomain.com", "workshop@email.dk"] {
        assert_eq!(attempt(name), known, "{name}");
    }
}

#[test]
fn a_logout_ends_its_session_at_once_and_no_other() {
    let server = Server::shared();
    let (ended, other) = (session(server), session(server));
    assert!(lives(server, ended.headers()));
    let response = logout(server, ended.headers());
    assert_eq!((response.status, response.text()), (200, BYE));
    is_json_answer(&response);
    assert!(!lives(server, ended.headers()));
    assert_eq!(LOGIN.refuses(&logout(server, ended.headers()), 401), "Bad caller");
    assert!(lives(server, other.headers()));
    assert_eq!(logout(server, other.headers()).status, 200);
}

#[test]
fn a_logout_takes_both_headers_of_one_session_or_nothing() {
    let server = Server::shared();
    let (one, other) = (session(server), session(server));
    let token = |held: &Session| ("X-Access-Token", held.token.clone());
    let key = |held: &Session| ("X-Key", held.key.clone());
    let forged = ("X-Access-Token", jws::forged(&one.token));
    let tries: [Vec<(&'static str, String)>; 8] = [
        vec![token(&one)],
        vec![token(&one), key(&other)],
        vec![token(&other), key(&one)],
        vec![key(&one)],
        vec![],
        vec![forged, key(&one)],
        vec![token(&one), key(&one), key(&one)],
        vec![token(&one), token(&one), key(&one)],
    ];
    for headers in tries {
        let sent = headers.iter().any(|(name, _)| *name == "X-Access-Token");
        let response = logout(server, headers);
        assert_eq!(LOGIN.refuses(&response, 401), "Bad caller");
        let challenge = response.header("WWW-Authenticate").expect("a challenge");
        assert_eq!(challenge.contains("error=\"invalid_token\""), sent, "{challenge}");
    }
    assert!(lives(server, one.headers()) && lives(server, other.headers()));
}

#[test]
fn the_documents_sample_token_is_rejected() {
    let server = Server::shared();
    let sample = [
        (
            "X-Access-Token",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJleHAiOjE0NDIwMDIxNzkzNTh9.pKXWfzXqbp8FMbOKocNaSlT1bYq4Xqzol-0kEXOY0_s"
                .to_owned(),
        ),
        ("X-Key", "8fd26a17-eb28-4c74-aa6f-a3794f4f466c".to_owned()),
    ];
    LOGIN.refuses(&logout(server, sample), 401);
}

#[test]
fn a_logout_does_not_look_at_a_body() {
    let server = Server::shared();
    for (content_type, body) in [
        ("text/plain", "whatever"),
        ("application/json", "{\"broken"),
        ("application/json", "{}"),
    ] {
        let held = session(server);
        let request = Request::post("/logout")
            .headers(held.headers())
            .header("Content-Type", content_type)
            .body(body);
        assert_eq!(server.send(&request).status, 200, "{body}");
        assert!(!lives(server, held.headers()));
    }
}

#[derive(Deserialize)]
struct KeyCase {
    name: String,
    template: String,
    expect: String,
}

/// White space at the end of a header line and a line feed are not part of a value over a socket: there these two
/// vectors are the canonical key, or a broken request.
const OF_THE_LINE: [&str; 2] = ["key-05", "key-06"];

#[test]
fn a_key_has_one_spelling_for_verifying_and_for_logging_out() {
    let server = Server::shared();
    let (held, other) = (session(server), session(server));
    let wide: String = held
        .key
        .chars()
        .map(|c| {
            char::from_u32(c as u32 + 0xFEE0)
                .filter(|_| c.is_ascii_digit())
                .unwrap_or(c)
        })
        .collect();
    let short = held.key[..held.key.len() - 1].to_owned();
    let values = [
        ("key_upper", held.key.to_uppercase()),
        ("key_nohyphen", held.key.replace('-', "")),
        ("key_short", short),
        ("key_fullwidth", wide),
        ("other_key", other.key.clone()),
        ("key", held.key.clone()),
    ];
    let cases: Vec<KeyCase> = cases("uuid_key_cases.json", 15);
    let send = |key: &str, target: &str| {
        let request = Request::post(target)
            .header("X-Access-Token", &held.token)
            .header("X-Key", key);
        server
            .raw(&request.bytes(server.address()))
            .map(|response| response.status)
    };
    for case in &cases {
        let status = send(&fill(&case.template, &values), "/auth/verify");
        let allowed: &[u16] = match case.expect.as_str() {
            "valid" => &[200],
            "invalid" if OF_THE_LINE.contains(&case.name.as_str()) => &[200, 400],
            "invalid" => &[401],
            "same-as-canonical or invalid" => &[200, 401],
            other => panic!("{other}"),
        };
        assert!(
            status.is_some_and(|status| allowed.contains(&status)),
            "{}: {status:?}",
            case.name
        );
    }
    assert_eq!(send(&values[2].1, "/logout"), Some(401));
    assert_eq!(send(&held.key, "/logout"), Some(200));
    for case in &cases {
        let status = send(&fill(&case.template, &values), "/auth/verify");
        assert!(
            matches!(status, Some(400 | 401)),
            "{} after the logout: {status:?}",
            case.name
        );
    }
    assert!(lives(server, other.headers()));
}

#[test]
fn a_session_revoked_by_one_spelling_of_its_key_is_refused_under_every_other() {
    let server = Server::shared();
    let held = session(server);
    let upper = [
        ("X-Access-Token", held.token.clone()),
        ("X-Key", held.key.to_uppercase()),
    ];
    let accepted = verify(server, upper.clone()).status == 200;
    assert_eq!(logout(server, upper.clone()).status == 200, accepted);
    if accepted {
        assert!(!lives(server, held.headers()));
    }
    logout(server, held.headers());
    assert!(!lives(server, upper));
}

#[test]
fn exp_can_be_in_seconds_and_expires_stays_in_milliseconds() {
    let toml = "[[flavour]]\nname = \"login\"\ndialect = \"login\"\nexp_unit = \"seconds\"\nlifetime = \"1h\"\n";
    let server = Setup::demo().config(toml).start();
    let (held, expires) = assert_documented(&sign_in(&server, LOGIN), "100@mydomain.com", 2);
    assert_eq!(jws::claims(&held.token)["exp"].as_i64(), Some(expires / 1000));
    assert!((expires - now_ms() - 3_600_000).abs() < 60_000, "{expires}");
    assert!(lives(&server, held.headers()));
    assert_eq!(logout(&server, held.headers()).status, 200);
}
