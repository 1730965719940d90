//! Tokens of the four flavours, and how each is presented.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Request, Response};
use super::dialect::Dialect;
use super::server::Server;

/// The tokens of a workshop.
#[derive(Clone, Debug)]
pub struct Workshop {
    pub token: String,
    pub refresh: String,
}

impl Workshop {
    pub fn of(response: &Response) -> Self {
        assert_eq!(response.status, 200, "{response:?}");
        Self {
            token: response.member("token"),
            refresh: response.member("refreshToken"),
        }
    }
}

/// The token and key of a PBX user.
#[derive(Clone, Debug)]
pub struct Session {
    pub key: String,
    pub token: String,
}

impl Session {
    pub fn of(response: &Response) -> Self {
        assert_eq!(response.status, 200, "{response:?}");
        Self {
            key: response.member("key"),
            token: response.member("token"),
        }
    }

    pub fn headers(&self) -> [(&'static str, String); 2] {
        [("X-Access-Token", self.token.clone()), ("X-Key", self.key.clone())]
    }
}

pub fn sign_in(server: &Server, dialect: Dialect) -> Response {
    let response = server.send(&dialect.request(&dialect.good()));
    assert_eq!(response.status, 200, "{response:?}");
    response
}

pub fn workshop(server: &Server) -> Workshop {
    Workshop::of(&sign_in(server, Dialect::Mechanics))
}

pub fn session(server: &Server) -> Session {
    Session::of(&sign_in(server, Dialect::Login))
}

pub fn device(server: &Server) -> String {
    sign_in(server, Dialect::Device).member("token")
}

/// The token of a client of organisation 171.
pub fn client(server: &Server, email: &str) -> String {
    let mut body = Dialect::Integration.good();
    body["email"] = email.into();
    let response = server.send(&Dialect::Integration.request(&body));
    assert_eq!(response.status, 200, "{response:?}");
    response.member("token")
}

pub fn refresh(server: &Server, token: &str) -> Response {
    refresh_at(server, Dialect::Mechanics.path(), token)
}

pub fn refresh_at(server: &Server, path: &str, token: &str) -> Response {
    server.send(&Request::post(path).json(json!({"refreshToken": token})))
}

pub fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

pub fn bare(token: &str) -> (&'static str, String) {
    ("Authorization", token.to_owned())
}

/// As the integration document's clients do.
pub fn basic(token: &str) -> (&'static str, String) {
    (
        "Authorization",
        format!("Basic {}", STANDARD.encode(format!("{token}:X"))),
    )
}

pub fn verify(server: &Server, headers: impl IntoIterator<Item = (&'static str, String)>) -> Response {
    server.send(&Request::get("/auth/verify").headers(headers))
}

/// Whether `/auth/verify` says 200; otherwise it must say 401.
pub fn lives(server: &Server, headers: impl IntoIterator<Item = (&'static str, String)>) -> bool {
    let response = verify(server, headers);
    assert!(matches!(response.status, 200 | 401), "{response:?}");
    response.status == 200
}

pub fn logout(server: &Server, headers: impl IntoIterator<Item = (&'static str, String)>) -> Response {
    server.send(&Request::post("/logout").headers(headers))
}

pub fn revoke(server: &Server, headers: impl IntoIterator<Item = (&'static str, String)>) -> Response {
    server.send(&Request::post("/api/tokens/revoke").headers(headers))
}

/// The member of an answer's object at this path.
pub fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value
        .pointer(pointer)
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
}
