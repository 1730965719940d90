//! `POST /api/v2/mechanics/tokens` (contract, section 2).

use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, is_json_answer};
use crate::support::jws;
use crate::support::server::Server;
use crate::support::sign_in::{Workshop, at, bare, bearer, refresh, sign_in, verify, workshop};

const MECHANICS: Dialect = Dialect::Mechanics;

/// The exact answer; only the two tokens differ between answers.
fn assert_documented(response: &Response) -> Workshop {
    let held = Workshop::of(response);
    is_json_answer(response);
    let expected = format!(
        concat!(
            r#"{{"status":"ok","token":"{}","refreshToken":"{}","user":{{"name":"Workshop Name","countryId":1,"#,
            r#""locale":"da","vatFactor":0.25,"requireAutomaticPayment":true}}}}"#
        ),
        held.token, held.refresh
    );
    assert_eq!(response.text(), expected);
    held
}

#[test]
fn the_documents_request_gets_the_documents_answer() {
    assert_documented(&sign_in(Server::shared(), MECHANICS));
}

#[test]
fn the_documents_curl_line_works_byte_for_byte() {
    let server = Server::shared();
    let body = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;
    let sent = format!(
        "POST /api/v2/mechanics/tokens HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
         Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    assert_documented(&server.raw(sent.as_bytes()).expect("an answer"));
}

#[test]
fn the_token_has_the_contracts_header_and_claims_and_no_others() {
    let token = workshop(Server::shared()).token;
    let (header, claims) = jws::parts(&token);
    let kid = jws::header(&token)["kid"].as_str().expect("a key id").to_owned();
    assert!(header.starts_with(r#"{"typ":"JWT","alg":"HS256""#), "{header}");
    assert_eq!(jws::names(&jws::header(&token)), ["alg", "kid", "typ"]);
    assert!(!kid.is_empty() && kid.is_ascii());
    let parsed = jws::claims(&token);
    assert_eq!(jws::names(&parsed), ["exp", "iat", "sid", "user_id"], "{claims}");
    assert_eq!(parsed["user_id"], json!(281_950));
    let (issued, ends) = (
        parsed["iat"].as_i64().expect("seconds"),
        parsed["exp"].as_i64().expect("seconds"),
    );
    assert_eq!(ends - issued, 900);
    assert!((issued - crate::support::now_ms() / 1000).abs() < 60, "{claims}");
    assert!(parsed["sid"].is_string());
}

#[test]
fn a_refresh_token_is_64_lower_case_hexadecimal_characters_and_never_the_same() {
    let (one, other) = (workshop(Server::shared()), workshop(Server::shared()));
    for held in [&one, &other] {
        assert_eq!(held.refresh.len(), 64);
        assert!(
            held.refresh.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{}",
            held.refresh
        );
    }
    assert_ne!(one.refresh, other.refresh);
    assert_ne!(jws::claims(&one.token)["sid"], jws::claims(&other.token)["sid"]);
}

#[test]
fn the_token_is_presented_with_bearer_or_without_a_scheme() {
    let (server, held) = (Server::shared(), workshop(Server::shared()));
    for header in [bearer(&held.token), bare(&held.token)] {
        let response = verify(server, [header]);
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(response.header("X-Auth-Subject"), Some("281950"));
    }
}

#[test]
fn a_refresh_gets_a_fresh_token_of_the_same_session_and_the_next_refresh_token() {
    let server = Server::shared();
    let first = workshop(server);
    let second = assert_documented(&refresh(server, &first.refresh));
    let third = assert_documented(&refresh(server, &second.refresh));
    let sid = |held: &Workshop| jws::claims(&held.token)["sid"].clone();
    assert_eq!((sid(&first), sid(&first)), (sid(&second), sid(&third)));
    assert!(first.refresh != second.refresh && second.refresh != third.refresh && first.refresh != third.refresh);
    assert_eq!(verify(server, [bearer(&third.token)]).status, 200);
}

#[test]
fn a_repeat_within_the_grace_gets_the_identical_successor() {
    let server = Server::shared();
    let first = workshop(server);
    let second = assert_documented(&refresh(server, &first.refresh));
    for _ in 0..3 {
        let again = assert_documented(&refresh(server, &first.refresh));
        assert_eq!(again.refresh, second.refresh);
        assert_eq!(jws::claims(&again.token)["sid"], jws::claims(&second.token)["sid"]);
    }
    assert_documented(&refresh(server, &second.refresh));
}

#[test]
fn a_client_that_lost_the_answer_asks_again_and_loses_nothing() {
    let server = Server::shared();
    let first = workshop(server);
    let request = Request::post(MECHANICS.path()).json(json!({"refreshToken": first.refresh}));
    for _ in 0..3 {
        let mut connection = server.connect();
        connection.write(&request.bytes(server.address()));
        drop(connection);
    }
    let second = assert_documented(&refresh(server, &first.refresh));
    let again = assert_documented(&refresh(server, &first.refresh));
    assert_eq!(again.refresh, second.refresh);
    assert_documented(&refresh(server, &second.refresh));
}

#[test]
fn an_older_generation_ends_that_session_and_no_other() {
    let server = Server::shared();
    let (first, bystander) = (workshop(server), workshop(server));
    let second = assert_documented(&refresh(server, &first.refresh));
    let third = assert_documented(&refresh(server, &second.refresh));
    MECHANICS.refuses(&refresh(server, &first.refresh), 401);
    for held in [&first, &second, &third] {
        MECHANICS.refuses(&refresh(server, &held.refresh), 401);
        assert_eq!(verify(server, [bearer(&held.token)]).status, 401);
    }
    assert_eq!(verify(server, [bearer(&bystander.token)]).status, 200);
    assert_documented(&refresh(server, &bystander.refresh));
}

#[test]
fn three_rotations_in_one_second_do_not_hide_a_replay() {
    let server = Server::shared();
    let mut held = vec![workshop(server)];
    for _ in 0..3 {
        let next = assert_documented(&refresh(server, &held.last().expect("one").refresh));
        held.push(next);
    }
    MECHANICS.refuses(&refresh(server, &held[1].refresh), 401);
    MECHANICS.refuses(&refresh(server, &held[3].refresh), 401);
}

#[test]
fn only_an_active_refresh_token_refreshes_and_a_guess_does_no_harm() {
    let server = Server::shared();
    let held = workshop(server);
    let unknown = "0123456789abcdef".repeat(4);
    let half = format!("{}{}", &held.refresh[..32], "0".repeat(32));
    let wrong = server.send(
        &MECHANICS
            .request(&MECHANICS.attempt("workshop@email.dk", "wrong"))
            .coming_from("10.1.0.1"),
    );
    for text in [
        unknown.as_str(),
        "",
        " ",
        "x",
        "\u{0}",
        &held.refresh.to_uppercase(),
        &format!(" {}", held.refresh),
        &format!("{}0", held.refresh),
        &held.refresh[..63],
        &held.token,
        "1|63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU",
    ] {
        let response = refresh(server, text);
        MECHANICS.refuses(&response, 401);
        assert_eq!(response.comparable(), wrong.clone().comparable(), "{text:?}");
    }
    assert_documented(&refresh(server, &held.refresh));
    // Only a former holder of a token knows its first half. Such a text never succeeds, and ends no other session.
    let other = workshop(server);
    assert_eq!(refresh(server, &half).status, 401);
    assert_documented(&refresh(server, &other.refresh));
}

#[test]
fn a_refresh_beside_credentials_is_malformed() {
    let (server, held) = (Server::shared(), workshop(Server::shared()));
    let mut body = MECHANICS.good();
    body["refreshToken"] = held.refresh.as_str().into();
    MECHANICS.refuses(&server.send(&MECHANICS.request(&body)), 400);
    for value in [json!(null), json!(1), json!([held.refresh]), json!({})] {
        let response = server.send(&Request::post(MECHANICS.path()).json(json!({"refreshToken": value})));
        MECHANICS.refuses(&response, 400);
    }
    assert_documented(&refresh(server, &held.refresh));
}

#[test]
fn a_wrong_password_and_an_unknown_workshop_get_the_same_bytes() {
    let server = Server::shared();
    let attempt = |name: &str, password: &str| {
        let request = MECHANICS
            .request(&MECHANICS.attempt(name, password))
            .coming_from("10.1.0.2");
        server.send(&request).comparable()
    };
    let wrong = attempt("workshop@email.dk", "qwertz");
    assert_eq!(
        MECHANICS.refuses(&wrong, 401),
        "The provided credentials were incorrect."
    );
    assert_eq!(wrong.header("WWW-Authenticate"), Some(r#"Bearer realm="workshops""#));
    for (name, password) in [
        ("nobody@email.dk", "qwerty"),
        ("100@mydomain.com", "secret"),
        ("workshop@email.dk", "QWERTY"),
    ] {
        assert_eq!(attempt(name, password), wrong, "{name}");
    }
}

#[test]
fn every_field_has_its_refusals() {
    let server = Server::shared();
    let without = |field: &str| {
        let mut body = MECHANICS.good();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    let with = |field: &str, value: Value| {
        let mut body = MECHANICS.good();
        body[field] = value;
        body
    };
    let long = "a".repeat(255);
    for (body, text) in [
        (without("email"), "The field 'email' is missing."),
        (without("password"), "The field 'password' is missing."),
        (with("email", json!("")), "The field 'email' must not be empty."),
        (
            with("email", json!(" \u{2003}")),
            "The field 'email' must not be empty.",
        ),
        (with("password", json!("")), "The field 'password' must not be empty."),
        (
            with("password", json!("   ")),
            "The field 'password' must not be empty.",
        ),
        (with("email", json!(null)), "The field 'email' must be a string."),
        (
            with("email", json!(["workshop@email.dk"])),
            "The field 'email' must be a string.",
        ),
        (with("password", json!(1)), "The field 'password' must be a string."),
        (
            with("password", json!({"$ne": ""})),
            "The field 'password' must be a string.",
        ),
        (
            with("email", json!(long)),
            "The field 'email' may have at most 254 bytes.",
        ),
        (
            with("email", json!("a\r\nb")),
            "The field 'email' must not contain control characters.",
        ),
        (json!({}), "The field 'email' is missing."),
    ] {
        assert_eq!(MECHANICS.refuses(&server.send(&MECHANICS.request(&body)), 400), text);
    }
}

#[test]
fn a_wrong_type_is_never_a_match() {
    let server = Server::shared();
    for password in [
        json!(["qwerty"]),
        json!({"password": "qwerty"}),
        json!(true),
        json!(null),
        json!(0),
    ] {
        let mut body = MECHANICS.good();
        body["password"] = password;
        MECHANICS.refuses(&server.send(&MECHANICS.request(&body)), 400);
    }
}

#[test]
fn the_workshops_data_come_from_the_account_and_not_from_the_request() {
    let server = Server::shared();
    let mut body = MECHANICS.good();
    for (name, value) in [
        ("user_id", json!(1)),
        ("sid", json!("1.0.1")),
        ("exp", json!(9_999_999_999_i64)),
        ("role", json!(0)),
    ] {
        body[name] = value;
    }
    let held = assert_documented(&server.send(&MECHANICS.request(&body)));
    assert_eq!(at(&jws::claims(&held.token), "/user_id"), &json!(281_950));
}
