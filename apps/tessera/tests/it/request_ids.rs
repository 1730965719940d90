//! Every answer names its request, and every line that is logged for it has that name and the client's address.

use std::collections::HashSet;

use serde_json::json;

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, bearer, device};

const HEADER: &str = "X-Request-Id";

fn behind_a_proxy() -> Setup {
    Setup::demo().env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
}

fn id(response: &Response) -> String {
    let id = response.header(HEADER);
    id.unwrap_or_else(|| panic!("no request id: {response:?}")).to_owned()
}

/// The lines that the server has logged for a request.
fn lines(server: &Server, id: &str) -> Vec<String> {
    let name = format!("id={id}");
    let text = server.err().text();
    let lines = text.lines().filter(|line| line.contains(&name));
    lines.map(str::to_owned).collect()
}

/// The line with this event of this request, once it is written.
fn line(server: &Server, id: &str, event: &str) -> String {
    let event = format!("event=\"{event}\"");
    let mut found = None;
    poll(500, || {
        found = lines(server, id).into_iter().find(|line| line.contains(&event));
        found.is_some()
    });
    found.unwrap_or_else(|| panic!("no {event} for {id}:\n{}", server.err().text()))
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    let server = Server::demo();
    let mut ids = HashSet::new();
    let big = "x".repeat(20_000);
    for request in [
        Request::get("/healthz"),
        Request::get("/readyz"),
        Request::get("/nothing"),
        Request::get("/login"),
        Request::get("/auth/verify"),
        Request::post("/login").json("{"),
        Request::post("/login").json(&big),
        Dialect::Mechanics.request(&Dialect::Mechanics.good()),
        Dialect::Device.request(&Dialect::Device.attempt("gmachia", "wrong")),
        Request::new("OPTIONS", "/login")
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "POST"),
        Request::new("OPTIONS", "/login")
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "DELETE"),
    ] {
        let response = server.send(&request);
        let id = id(&response);
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        assert!(ids.insert(id), "{response:?}");
    }
    let page = server.send(&Request::get("/healthz").header("Origin", "https://app.example.com"));
    let exposed = page.header("Access-Control-Expose-Headers").unwrap_or_default();
    assert!(exposed.to_ascii_lowercase().contains("x-request-id"), "{exposed}");
}

#[test]
fn a_trusted_proxy_names_its_requests_and_nobody_else_does() {
    let (server, open) = (behind_a_proxy().start(), Server::demo());
    let given = |server: &Server, name: &str| id(&server.send(&Request::get("/healthz").header(HEADER, name)));
    let uuid = "4f1d0c9e-8b1a-4d36-9a59-0b1c2d3e4f50";
    assert_eq!(given(&server, uuid), uuid);
    assert_ne!(given(&open, uuid), uuid);
    for bad in ["", "a b", "a\"b", "a=b", "}: forged", &"f".repeat(65)] {
        assert_ne!(given(&server, bad), bad);
    }
    let twice = Request::get("/healthz").header(HEADER, "a").header(HEADER, "b");
    assert_eq!(id(&server.send(&twice)).len(), 32);
}

#[test]
fn token_events_have_the_request_and_the_address_of_the_client() {
    let server = behind_a_proxy().start();
    let from = |request: Request| server.send(&request.coming_from("203.0.113.77"));
    let has_source = |response: &Response, event: &str| {
        let line = line(&server, &id(response), event);
        assert!(line.contains("source=203.0.113.77"), "{line}");
    };
    let issued = from(Dialect::Mechanics.request(&Dialect::Mechanics.good()));
    has_source(&issued, "login_ok");
    has_source(&issued, "token_issued");
    let first = Workshop::of(&issued).refresh;
    let refreshing = |token: &str| from(Dialect::Mechanics.request(&json!({ "refreshToken": token })));
    let refreshed = refreshing(&first);
    has_source(&refreshed, "token_refreshed");
    let second = Workshop::of(&refreshed).refresh;
    has_source(&refreshing(&second), "token_refreshed");
    has_source(&refreshing(&first), "refresh_reused");
    let token = device(&server);
    has_source(
        &from(Request::post("/api/tokens/revoke").headers([bearer(&token)])),
        "token_revoked",
    );
}

#[test]
fn a_missing_permission_is_named_in_the_log() {
    let server = Server::demo();
    let token = device(&server);
    let path = "/auth/verify?permission=consultarJuego&permission=borrarTodo&permission=otro";
    let refused = server.send(&Request::get(path).headers([bearer(&token)]));
    assert_eq!(refused.status, 403);
    let line = line(&server, &id(&refused), "permission_missing");
    assert!(
        line.contains("missing=\"borrarTodo otro\"") && line.contains("subject="),
        "{line}"
    );
    assert!(!line.contains(&token), "{line}");
}

#[test]
fn the_lines_of_a_request_have_its_id_whatever_is_selected() {
    for selected in ["warn", "auth_core=warn", "error,auth_core=info"] {
        let server = behind_a_proxy().env("TESSERA_LOG", selected).start();
        let attempt = |_| server.send(&Dialect::Device.request(&Dialect::Device.attempt("gmachia", "wrong")));
        let refused = (0..12).map(attempt).find(|response| response.status == 429);
        line(&server, &id(&refused.expect("a lock")), "login_throttled");
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The ids of the request and of its trace in the line of a refused login.
fn ids_in_the_log(server: &Server, request: Request) -> [String; 2] {
    let response = server.send(&request);
    let line = line(server, &id(&response), "login_failed");
    ["id=", "trace="].map(|name| {
        let rest = line.split(name).nth(1).unwrap_or_else(|| panic!("no {name} in {line}"));
        rest.split([' ', '}']).next().unwrap_or_default().to_owned()
    })
}

fn wrong_login() -> Request {
    Dialect::Login.request(&Dialect::Login.attempt("nobody@mydomain.com", "wrong"))
}

#[test]
fn the_lines_of_a_request_have_the_trace_that_its_caller_names() {
    let server = Server::demo();
    let named = wrong_login().header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let [own, trace] = ids_in_the_log(&server, named);
    assert_eq!(trace, TRACE);
    assert_ne!(own, TRACE, "its own id is not the caller's to choose");
    let [own, trace] = ids_in_the_log(&server, wrong_login());
    assert_eq!(own, trace, "without one, both have the same digits");
}

#[test]
fn a_trace_that_is_not_named_as_the_standard_has_it_is_not_taken() {
    let server = Server::demo();
    for bad in [
        format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-00f067aa0ba902b7-01 forged=\"yes\""),
        TRACE.to_owned(),
        "x".repeat(10_000),
    ] {
        let [own, trace] = ids_in_the_log(&server, wrong_login().header("traceparent", &bad));
        assert_eq!(own, trace, "{bad}");
    }
    let good = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let twice = wrong_login().header("traceparent", &good).header("traceparent", &good);
    let [own, trace] = ids_in_the_log(&server, twice);
    assert_eq!(own, trace, "two of them");
    assert!(!server.err().text().contains("forged"));
}
