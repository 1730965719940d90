//! What standard clients of OAuth 2.0 find: key set, metadata, introspection, revocation.

mod audience;
mod caller;
mod introspection;
mod key_set;
mod metadata;
mod revocation;
mod unavailable;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::client::{Request, Response};
use crate::support::server::Server;

const INTROSPECT: &str = "/oauth/introspect";
const REVOKE: &str = "/oauth/revoke";

/// The demo's resource server.
const DEMO: (&str, &str) = ("demo-rs", "demo-rs-secret");

/// Of every token that is not active.
const INACTIVE: &str = r#"{"active":false}"#;

fn basic((id, secret): (&str, &str)) -> (&'static str, String) {
    let encoded = STANDARD.encode(format!("{id}:{secret}"));
    ("Authorization", format!("Basic {encoded}"))
}

/// A form without credentials.
fn form(path: &str, pairs: &[(&str, &str)]) -> Request {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    Request::post(path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body)
}

/// A form of the demo's resource server.
fn asked(path: &str, pairs: &[(&str, &str)]) -> Request {
    form(path, pairs).headers([basic(DEMO)])
}

pub(crate) fn introspect(server: &Server, pairs: &[(&str, &str)]) -> Response {
    server.send(&asked(INTROSPECT, pairs))
}

pub(crate) fn revoke(server: &Server, token: &str) {
    let response = server.send(&asked(REVOKE, &[("token", token)]));
    assert_eq!((response.status, response.text()), (200, "{}"), "{response:?}");
}

/// Whether the token is active; an inactive one must be answered with nothing else.
fn is_active(server: &Server, pairs: &[(&str, &str)]) -> bool {
    let response = introspect(server, pairs);
    assert_eq!(response.status, 200, "{response:?}");
    let active = response.json()["active"] == true;
    assert!(active || response.text() == INACTIVE, "{response:?}");
    active
}

/// A refusal in the shape of RFC 6749 section 5.2.
fn refused(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.json()["error"], code, "{response:?}");
    crate::support::dialect::is_json_answer(response);
    crate::support::dialect::refusal_headers(response);
}
