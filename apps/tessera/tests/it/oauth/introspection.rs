//! `POST /oauth/introspect` (RFC 7662; contract, section 6).

use serde_json::{Value, json};

use super::{INACTIVE, INTROSPECT, asked, introspect, is_active};
use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, is_json_answer};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{at, client, device, logout, session, sign_in, workshop};
use crate::support::{jws, now_ms};

fn described(server: &Server, pairs: &[(&str, &str)]) -> Value {
    let response = introspect(server, pairs);
    assert_eq!(response.status, 200, "{response:?}");
    is_json_answer(&response);
    response.json()
}

/// The names of the members, in their order in the text.
fn members(response: &Response) -> Vec<String> {
    let (object, text) = (response.json(), response.text());
    let mut names: Vec<String> = object.as_object().expect("an object").keys().cloned().collect();
    names.sort_by_key(|name| text.find(&format!("\"{name}\":")));
    names
}

/// Times are in seconds, and end when the token does.
fn lives_for(described: &Value, seconds: i64) {
    let time = |name: &str| {
        described[name]
            .as_i64()
            .unwrap_or_else(|| panic!("no {name} in {described}"))
    };
    let now = now_ms() / 1000;
    assert!((time("iat") - now).abs() < 120, "{described}");
    assert!((time("exp") - time("iat") - seconds).abs() <= 1, "{described}");
}

#[test]
fn a_signed_token_is_described_by_what_is_true_of_it_now() {
    let server = Server::shared();
    let token = workshop(server).token;
    let response = introspect(server, &[("token", &token)]);
    let names = [
        "active",
        "iss",
        "sub",
        "aud",
        "token_type",
        "scope",
        "iat",
        "exp",
        "flavour",
        "realm",
        "token_id",
        "sid",
    ];
    assert_eq!(members(&response), names);
    let (described, claims) = (response.json(), jws::claims(&token));
    assert_eq!(described["iss"], server.url());
    assert_eq!(described["sub"], "281950");
    assert_eq!(described["aud"], "demo-rs");
    assert_eq!(described["token_type"], "Bearer");
    assert_eq!(described["scope"], "");
    assert_eq!((&described["iat"], &described["exp"]), (&claims["iat"], &claims["exp"]));
    assert_eq!(described["flavour"], "mechanics");
    assert_eq!(described["realm"], "workshops");
    assert_eq!(described["sid"], claims["sid"]);
    lives_for(&described, 900);
}

/// The token itself counts in milliseconds.
#[test]
fn a_token_with_a_key_is_active_with_its_key_alone_and_ends_in_seconds() {
    let server = Server::shared();
    let (one, other) = (session(server), session(server));
    let described = described(server, &[("token", &one.token), ("key", &one.key)]);
    lives_for(&described, 7 * 24 * 3600);
    assert_eq!(
        described["exp"],
        jws::claims(&one.token)["exp"].as_i64().expect("exp") / 1000
    );
    assert_eq!(at(&described, "/flavour"), "login");
    assert!(
        described.get("token_type").is_none(),
        "it is no bearer token: {described}"
    );
    for key in ["", &other.key, &one.key.to_uppercase(), "x"] {
        assert!(!is_active(server, &[("token", &one.token), ("key", key)]), "{key}");
    }
    assert!(!is_active(server, &[("token", &one.token)]));
    assert!(!is_active(server, &[("token", &one.key), ("key", &one.token)]));
}

#[test]
fn an_opaque_token_is_described_with_its_permissions_and_without_an_end() {
    let server = Server::shared();
    let response = sign_in(server, Dialect::Device);
    let held = response.json()["permisos"].as_array().expect("permissions").clone();
    let held: Vec<&str> = held.iter().map(|name| name.as_str().expect("a name")).collect();
    let described = described(server, &[("token", &response.member("token"))]);
    assert_eq!(described["scope"], held.join(" "));
    assert_eq!(
        described["token_id"].as_str(),
        response.member("token").split('|').next()
    );
    assert!(
        described.get("exp").is_none() && described["iat"].is_i64(),
        "{described}"
    );
    let client = client(server, "introspected@letsta.lk");
    let described = self::described(server, &[("token", &client)]);
    assert_eq!(
        (&described["flavour"], &described["realm"]),
        (&json!("integration"), &json!("org:171"))
    );
    assert_eq!(described["token_type"], "Bearer");
}

/// RFC 7662 section 2.2: nothing else is said of them. The answers are the same bytes, headers too.
#[test]
fn everything_that_is_not_an_active_access_token_gets_one_answer() {
    let server = Server::shared();
    let (held, ended, gone) = (workshop(server), session(server), device(server));
    assert_eq!(logout(server, ended.headers()).status, 200);
    let revoke = Request::post("/api/tokens/revoke").header("Authorization", format!("Bearer {gone}"));
    assert_eq!(server.send(&revoke).status, 200);
    let (id, _) = gone.split_once('|').expect("a number");
    let (none, cut) = (held.token.rsplit_once('.').expect("a signature").0, &held.token[1..]);
    let texts = [
        gone.clone(),
        format!("{id}|{}", "a".repeat(40)),
        format!("999999999|{}", "a".repeat(40)),
        jws::forged(&held.token),
        format!("{none}."),
        cut.to_owned(),
        held.refresh.clone(),
        "x".repeat(12_000),
        "ñ\u{0}\u{1b}[2J".to_owned(),
        " ".to_owned(),
        "null".to_owned(),
    ];
    let ended = introspect(server, &[("token", &ended.token), ("key", &ended.key)]).comparable();
    assert_eq!(ended.text(), INACTIVE);
    for text in texts {
        let response = introspect(server, &[("token", &text)]);
        assert_eq!(response.comparable(), ended, "{text:?}");
    }
}

#[test]
fn an_expired_token_is_not_active() {
    let server = Setup::demo()
        .config("[[flavour]]\nname = \"short\"\ndialect = \"mechanics\"\nlifetime = \"1s\"\n")
        .start();
    let token = workshop(&server).token;
    assert!(crate::support::poll(1000, || !is_active(&server, &[("token", &token)])));
}

/// RFC 7662 section 2.1: the hint is advice. What is known of the token decides.
#[test]
fn a_lying_hint_changes_nothing() {
    let server = Server::shared();
    let (held, device) = (workshop(server), device(server));
    for hint in ["refresh_token", "access_token", "urn:x:y", "", "%"] {
        assert!(
            is_active(server, &[("token", &held.token), ("token_type_hint", hint)]),
            "{hint}"
        );
        assert!(
            is_active(server, &[("token_type_hint", hint), ("token", &device)]),
            "{hint}"
        );
        assert!(
            !is_active(server, &[("token", &held.refresh), ("token_type_hint", hint)]),
            "{hint}"
        );
    }
}

#[test]
fn the_answer_follows_the_owners_rights() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    let server = Setup::demo().file(&path).start();
    let operator = crate::support::operator::Operator::of_file(&path);
    let token = device(&server);
    let scope = || introspect(&server, &[("token", &token)]).json()["scope"].clone();
    let all = scope();
    let first = all
        .as_str()
        .and_then(|all| all.split(' ').next())
        .expect("a name")
        .to_owned();
    operator.put_role("players", "jugador", &[&first]);
    assert!(crate::support::poll(1000, || scope() == json!(first)), "{}", scope());
    operator.disable("players", "gmachia@gmail.com");
    assert!(crate::support::poll(1000, || !is_active(&server, &[("token", &token)])));
}

/// A token in the address would be in every log on the way (RFC 6750 section 5.3).
#[test]
fn a_token_in_the_query_is_not_read() {
    let server = Server::shared();
    let token = device(server);
    let in_query = asked(&format!("{INTROSPECT}?token={token}"), &[]);
    super::refused(&server.send(&in_query), 400, "invalid_request");
}
