//! `GET /.well-known/oauth-authorization-server` (RFC 8414; contract, section 6).

use serde_json::json;

use crate::support::client::Request;
use crate::support::server::{Server, Setup};

const PATH: &str = "/.well-known/oauth-authorization-server";

#[test]
fn the_metadata_leads_to_every_endpoint() {
    let server = Server::shared();
    let response = server.get(PATH);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    assert_eq!(response.header("Cache-Control"), Some("public, max-age=300"));
    let metadata = response.json();
    assert_eq!(metadata["issuer"], server.url());
    let set = metadata["jwks_uri"].as_str().expect("a text");
    let path = set.strip_prefix(&server.url()).expect("an address of this server");
    assert_eq!(server.get(path).status, 200);
    for (endpoint, path) in [("introspection", "/oauth/introspect"), ("revocation", "/oauth/revoke")] {
        assert_eq!(
            metadata[format!("{endpoint}_endpoint")],
            format!("{}{path}", server.url())
        );
        let methods = &metadata[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert_eq!(methods, &json!(["client_secret_basic", "client_secret_post"]));
        assert_eq!(server.send(&Request::post(path)).status, 415, "it is there");
    }
    let tag = response.header("ETag").expect("a tag");
    let known = server.send(&Request::get(PATH).header("If-None-Match", tag));
    assert_eq!((known.status, known.body.len()), (304, 0));
}

/// RFC 8414 section 3.1 has the issuer's path behind the well-known one. What a client sends in `Host` changes nothing.
#[test]
fn the_issuer_is_the_configured_address_and_has_its_metadata_behind_the_well_known_path() {
    let server = Setup::demo()
        .config("[http]\npublic_url = \"https://api.example.com/auth/\"\n")
        .start();
    for path in [PATH.to_owned(), format!("{PATH}/auth")] {
        let request = Request::get(&path)
            .header("Host", "evil.example")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Proto", "ftp");
        let metadata = server.send(&request).json();
        assert_eq!(metadata["issuer"], "https://api.example.com/auth");
        assert_eq!(
            metadata["jwks_uri"],
            "https://api.example.com/auth/.well-known/jwks.json"
        );
    }
    assert_eq!(server.get(&format!("{PATH}/other")).status, 404);
}
