//! `GET /.well-known/jwks.json` (contract, section 6).

use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::jws;
use crate::support::server::Server;
use crate::support::sign_in::Workshop;

const PATH: &str = "/.well-known/jwks.json";

/// Public keys, a key-bound flavour with a public key, shared secrets, and opaque tokens.
const FLAVOURS: &str = "\
    [[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\npath = \"/shops\"\n\
    [[flavour]]\nname = \"curves\"\ndialect = \"mechanics\"\nalgorithm = \"ES256\"\npath = \"/curves\"\n\
    [[flavour]]\nname = \"shared\"\ndialect = \"mechanics\"\npath = \"/shared\"\n\
    [[flavour]]\nname = \"bound\"\ndialect = \"login\"\nalgorithm = \"EdDSA\"\nexp_unit = \"seconds\"\n\
    [[flavour]]\nname = \"device\"\ndialect = \"device\"\n";

fn is_key_set(response: &Response) -> Vec<Value> {
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("Content-Type"), Some("application/jwk-set+json"));
    assert_eq!(response.header("Cache-Control"), Some("public, max-age=300"));
    assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
    let set = response.json();
    assert_eq!(set.as_object().map(|set| set.len()), Some(1), "{set}");
    set["keys"].as_array().expect("keys").clone()
}

fn token(server: &Server, path: &str) -> String {
    let body = json!({"email": "workshop@email.dk", "password": "qwerty"});
    Workshop::of(&server.send(&Request::post(path).json(body))).token
}

/// Of each key the name, the algorithm, and the names of all members.
fn described(keys: &[Value]) -> Vec<(String, String)> {
    let text = |key: &Value, name: &str| key[name].as_str().expect("a text").to_owned();
    let mut described: Vec<_> = keys.iter().map(|key| (text(key, "kid"), text(key, "alg"))).collect();
    described.sort_by(|a, b| a.1.cmp(&b.1));
    described
}

#[test]
fn the_set_has_the_public_keys_of_every_flavour_that_others_may_verify_and_no_other() {
    let server = Server::with_config(FLAVOURS);
    let keys = is_key_set(&server.get(PATH));
    let algorithms: Vec<_> = described(&keys).into_iter().map(|(_, algorithm)| algorithm).collect();
    assert_eq!(algorithms, ["ES256", "EdDSA"], "one key for each flavour");
    for key in &keys {
        let members = key.as_object().expect("an object").keys();
        for member in members {
            assert!(
                ["kid", "kty", "crv", "x", "y", "alg", "use", "flavour"].contains(&member.as_str()),
                "{key}"
            );
        }
        assert_eq!(key["use"], "sig");
        let flavour = if key["alg"] == "EdDSA" { "shops" } else { "curves" };
        assert_eq!(key["flavour"], flavour, "whose tokens it verifies");
    }
    for (path, algorithm) in [("/shops", "EdDSA"), ("/curves", "ES256")] {
        let header = jws::header(&token(&server, path));
        let named = (header["kid"].as_str().expect("a kid").to_owned(), algorithm.to_owned());
        assert!(described(&keys).contains(&named), "{path}: {named:?} in {keys:?}");
    }
}

#[test]
fn where_all_tokens_are_checked_here_the_set_is_empty() {
    assert_eq!(Server::shared().get(PATH).text(), r#"{"keys":[]}"#);
}

#[test]
fn a_cache_that_has_the_set_is_spared_it() {
    let server = Server::shared();
    let whole = server.get(PATH);
    let tag = whole.header("ETag").expect("a tag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 40, "a strong tag: {tag}");
    let asked = |tag: &str| server.send(&Request::get(PATH).header("If-None-Match", tag));
    for known in [&tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), &"*".to_owned()] {
        let response = asked(known);
        assert_eq!(
            (response.status, response.body.len()),
            (304, 0),
            "{known}: {response:?}"
        );
        assert_eq!(response.header("ETag"), Some(&*tag));
        assert_eq!(response.header("Cache-Control"), whole.header("Cache-Control"));
    }
    for unknown in ["\"other\"", "", "x", &tag[1..]] {
        is_key_set(&asked(unknown));
    }
}

#[test]
fn the_set_answers_get_and_head_alone() {
    let server = Server::shared();
    let head = server.send(&Request::new("HEAD", PATH));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("ETag"), server.get(PATH).header("ETag"));
    for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH"] {
        let response = server.send(&Request::new(method, PATH));
        assert_eq!((response.status, response.header("Allow")), (405, Some("GET, HEAD")));
    }
}

#[test]
fn any_page_may_read_the_set() {
    let request = Request::get(PATH).header("Origin", "https://app.example.com");
    let response = Server::shared().send(&request);
    assert_eq!(response.header("Access-Control-Allow-Origin"), Some("*"));
}
