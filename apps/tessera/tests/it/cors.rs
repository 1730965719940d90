//! CORS: requests from pages of other origins (contract, section 1).

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, workshop};

const PAGE: &str = "https://app.example.com";

fn preflight(server: &Server, path: &str, origin: &str, method: &str, headers: &str) -> Response {
    let request = Request::new("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", headers);
    server.send(&request)
}

/// The names in a list header, in lower case.
fn list(response: &Response, name: &str) -> Vec<String> {
    let value = response.header(name).unwrap_or_default();
    value
        .split(',')
        .map(|word| word.trim().to_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn in_the_demo_any_page_may_ask_with_every_header_that_carries_a_token() {
    let server = Server::shared();
    let asked = "authorization,content-type,x-access-token,x-key";
    for path in Dialect::ALL
        .iter()
        .flat_map(|dialect| dialect.paths())
        .chain(&["/auth/verify"])
    {
        let response = preflight(server, path, PAGE, "POST", asked);
        assert!(matches!(response.status, 200 | 204), "{path}: {response:?}");
        assert_eq!(response.header("Access-Control-Allow-Origin"), Some("*"), "{path}");
        assert_eq!(response.header("Access-Control-Allow-Credentials"), None, "{path}");
        assert!(
            list(&response, "Access-Control-Allow-Methods").contains(&"post".into()),
            "{response:?}"
        );
        let allowed = list(&response, "Access-Control-Allow-Headers");
        assert!(
            asked.split(',').all(|name| allowed.contains(&name.to_owned())),
            "{path}: {allowed:?}"
        );
    }
}

#[test]
fn success_and_refusal_can_both_be_read_by_the_page() {
    let server = Server::shared();
    let token = workshop(server).token;
    let mechanics = Dialect::Mechanics;
    let wrong = mechanics
        .request(&mechanics.attempt("workshop@email.dk", "wrong"))
        .coming_from("10.7.0.1");
    for (request, status) in [
        (mechanics.request(&mechanics.good()), 200),
        (wrong, 401),
        (Request::post(mechanics.path()).json("{"), 400),
        (Request::post(mechanics.path()).json("x".repeat(20_000)), 413),
        (
            Request::post(mechanics.path())
                .header("Content-Type", "text/plain")
                .body("x"),
            415,
        ),
        (Request::get(mechanics.path()), 405),
        (Request::post("/logout"), 401),
        (Request::post("/api/tokens/revoke"), 401),
        (Dialect::Device.request(&serde_json::json!({})), 422),
        (Request::get("/auth/verify"), 401),
        (Request::get("/auth/verify").headers([bearer(&token)]), 200),
        (Request::get("/auth/verify?permission=x").headers([bearer(&token)]), 403),
        (Request::get("/nothing/here"), 404),
    ] {
        let response = server.send(&request.header("Origin", PAGE));
        assert_eq!(response.status, status, "{response:?}");
        assert_eq!(
            response.header("Access-Control-Allow-Origin"),
            Some("*"),
            "{response:?}"
        );
        assert_eq!(response.header("Access-Control-Allow-Credentials"), None);
        let exposed = list(&response, "Access-Control-Expose-Headers");
        for name in ["www-authenticate", "retry-after", "token-expires-at"] {
            assert!(
                exposed.contains(&name.to_owned()) || exposed.contains(&"*".to_owned()),
                "{response:?}"
            );
        }
    }
}

fn assert_closed(response: &Response) {
    let named = response
        .headers
        .iter()
        .any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-allow"));
    assert!(!named, "{response:?}");
}

#[test]
fn without_the_demo_no_page_of_another_origin_is_allowed() {
    let server = Setup::plain().start();
    for origin in [PAGE, "null", "http://127.0.0.1", "https://evil.example"] {
        for dialect in Dialect::ALL {
            assert_closed(&preflight(&server, dialect.path(), origin, "POST", "content-type"));
            assert_closed(&server.send(&dialect.request(&dialect.good()).header("Origin", origin)));
        }
    }
}

#[test]
fn configured_origins_are_compared_whole_and_no_other_is_allowed() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__CORS_ORIGINS", format!(r#"["{PAGE}"]"#))
        .start();
    let mechanics = Dialect::Mechanics;
    let asked = preflight(
        &server,
        mechanics.path(),
        PAGE,
        "POST",
        "authorization,x-key,x-access-token",
    );
    assert_eq!(asked.header("Access-Control-Allow-Origin"), Some(PAGE));
    assert_eq!(asked.header("Access-Control-Allow-Credentials"), None);
    let refusal = server.send(&Request::post(mechanics.path()).json("{").header("Origin", PAGE));
    assert_eq!(
        (refusal.status, refusal.header("Access-Control-Allow-Origin")),
        (400, Some(PAGE))
    );
    assert!(list(&refusal, "Vary").contains(&"origin".into()), "{refusal:?}");
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "http://app.example.com",
        "https://APP.example.com.",
        "https://xapp.example.com",
        "null",
    ] {
        assert_closed(&preflight(&server, mechanics.path(), origin, "POST", "content-type"));
        assert_closed(&server.send(&mechanics.request(&mechanics.good()).header("Origin", origin)));
    }
}
