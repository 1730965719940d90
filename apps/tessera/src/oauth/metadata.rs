//! `/.well-known/oauth-authorization-server`: where this server answers what (RFC 8414).

use std::net::SocketAddr;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use dialects::description::Operation;
use serde_json::json;

use super::document::{self, Document};
use super::{JWK_SET, METADATA, TokenEndpoints};
use crate::http::{described, error_schema};

/// How resource servers sign in.
const AUTH_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The metadata of the server, made once at its start.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// What follows the host in the server's address: empty, or `/` and more.
    path: String,
    /// `None`: no client knows the server by an address.
    document: Option<Document>,
}

/// The address of a server that has no `http.public_url`: where it listens, if that is on loopback. Elsewhere the address
/// that was bound, such as `0.0.0.0`, is not one that a client can use.
pub(crate) fn own_url(scheme: &str, bound: SocketAddr) -> Option<String> {
    bound.ip().is_loopback().then(|| format!("{scheme}://{bound}"))
}

impl Metadata {
    /// The metadata of the server that clients know by this address.
    pub(crate) fn new(issuer: Option<&str>) -> Self {
        Self {
            path: issuer.map(path_of).unwrap_or_default().to_owned(),
            document: issuer.map(written),
        }
    }

    /// Where it is answered. A client that knows the server by an address with a path puts that behind the well-known
    /// one (RFC 8414 section 3.1); behind a proxy which removes it, it is at the plain path.
    pub(crate) fn paths(&self) -> Vec<String> {
        match self.path.as_str() {
            "" => vec![METADATA.to_owned()],
            path => vec![METADATA.to_owned(), format!("{METADATA}{path}")],
        }
    }
}

/// `response_types_supported` is required, and an absent `grant_types_supported` would mean the authorization code; this
/// server has no authorization endpoint, and its dialects are not described here. So both are there, and empty.
fn written(issuer: &str) -> Document {
    let at = |path: &str| format!("{issuer}{path}");
    let [introspect, revoke] = TokenEndpoints::paths();
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": at(JWK_SET),
        "response_types_supported": [],
        "grant_types_supported": [],
        "introspection_endpoint": at(&introspect),
        "introspection_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint": at(&revoke),
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
    });
    Document::new("application/json", metadata.to_string())
}

/// What follows the host in `scheme://host/path`.
fn path_of(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.find('/').map_or("", |at| &host[at..])
}

/// The metadata, 304, or 404 where the server has no address to be known by.
pub(super) async fn answer(metadata: Data<Metadata>, request: HttpRequest) -> HttpResponse {
    match &metadata.document {
        Some(document) => document.answer(&request),
        None => unknown(),
    }
}

fn unknown() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("application/json")
        .body(r#"{"error":"not found","error_description":"the setting http.public_url is not set"}"#)
}

pub(super) fn operation() -> Operation {
    let text = json!({ "type": "string", "format": "uri" });
    let schema = json!({ "type": "object", "required": ["issuer", "response_types_supported"],
        "properties": { "issuer": text, "jwks_uri": text, "introspection_endpoint": text, "revocation_endpoint": text } });
    document::operation("Metadata", "application/json", schema)
        .titled("Where this server answers what")
        .about("The metadata of an authorization server (RFC 8414).")
        .responds(described(
            unknown(),
            "No client knows the server by an address.",
            &error_schema(),
            "unknown",
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_path_has_its_metadata_behind_the_well_known_path() {
        let paths = |url| Metadata::new(Some(url)).paths();
        assert_eq!(paths("https://api.example.com"), [METADATA]);
        assert_eq!(
            paths("https://api.example.com/auth"),
            [METADATA.to_owned(), format!("{METADATA}/auth")]
        );
    }

    #[actix_web::test]
    async fn a_server_that_no_client_can_name_has_no_metadata_and_says_why() {
        let metadata = Data::new(Metadata::new(None));
        let request = actix_web::test::TestRequest::get().to_http_request();
        let response = answer(metadata, request).await;
        assert_eq!(response.status(), 404);
        let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("http.public_url"), "{body:?}");
    }

    #[test]
    fn an_address_that_no_client_can_use_is_no_issuer() {
        let own = |address: &str| own_url("http", address.parse().unwrap());
        assert_eq!(own("127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(own("[::1]:80").as_deref(), Some("http://[::1]:80"));
        assert_eq!(own("0.0.0.0:8080"), None);
        assert_eq!(own("192.0.2.1:8080"), None);
    }
}
