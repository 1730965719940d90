//! `tessera consumer`.

use std::collections::HashSet;

use serde_json::json;

use crate::admin_folder::AdminFolder;
use crate::support::client::{Request, Response};
use crate::support::server::Server;

fn admin() -> AdminFolder {
    let admin = AdminFolder::new();
    for id in ["171", "172"] {
        admin.organisation(id, "0");
    }
    admin
}

#[test]
fn a_generated_token_is_long_has_a_prefix_and_is_different_each_time() {
    let admin = admin();
    let mut tokens = HashSet::new();
    for key in ["a", "b", "a"] {
        let put = admin.json("consumer", &["put", "--key", key, "--organisation", "171"], "");
        let token = put["token"].as_str().expect("a token").to_owned();
        let secret = token.strip_prefix("tsr_c_").expect("the prefix");
        assert_eq!(secret.len(), 43, "256 bits in base64url");
        assert!(tokens.insert(token));
    }
}

#[test]
fn a_given_token_is_not_shown_and_a_short_one_is_refused() {
    let admin = admin();
    let put = ["put", "--key", "k", "--organisation", "171", "--token-stdin"];
    let answer = admin.json("consumer", &put, "0123456789abcdef\n");
    assert_eq!(answer, json!({ "key": "k", "organisation": 171 }));
    for token in [
        "",
        "0123456789abcde",
        "0123456789abcdef\nmore",
        " 0123456789abcdef",
        "0123456789abcde\tf",
    ] {
        let sentence = admin.refused("consumer", &put, token);
        assert!(sentence.contains("token") && !sentence.contains("0123"), "{sentence}");
    }
}

#[test]
fn a_consumer_belongs_to_one_organisation() {
    let admin = admin();
    admin.done("consumer", &["put", "--key", "k", "--organisation", "171"], "");
    let sentence = admin.refused("consumer", &["put", "--key", "k", "--organisation", "172"], "");
    assert!(
        sentence.contains("belongs to a consumer of organisation 171"),
        "{sentence}"
    );
    let sentence = admin.refused("consumer", &["put", "--key", "k", "--organisation", "173"], "");
    assert!(sentence.contains("171"), "{sentence}");
    let sentence = admin.refused("consumer", &["put", "--key", "new", "--organisation", "173"], "");
    assert!(sentence.contains("tessera organisation put"), "{sentence}");
    for key in ["", " ", "a\nb", &"k".repeat(256)] {
        let key = format!("--key={key}");
        assert!(
            admin
                .refused("consumer", &["put", &key, "--organisation", "171"], "")
                .contains("--key")
        );
    }
}

#[test]
fn a_consumer_shows_whether_it_is_disabled_and_not_its_token() {
    let admin = admin();
    admin.done("consumer", &["put", "--key", "k", "--organisation", "171"], "");
    let shown = |disabled| json!({ "key": "k", "organisation": 171, "disabled": disabled });
    assert_eq!(admin.json("consumer", &["show", "--key", "k"], ""), shown(false));
    admin.done("consumer", &["disable", "--key", "k"], "");
    assert_eq!(admin.json("consumer", &["show", "--key", "k"], ""), shown(true));
    admin.done("consumer", &["enable", "--key", "k"], "");
    assert_eq!(admin.json("consumer", &["show", "--key", "k"], ""), shown(false));
    for action in ["show", "disable", "enable"] {
        let sentence = admin.refused("consumer", &[action, "--key", "unknown"], "");
        assert!(sentence.contains("\"unknown\""), "{sentence}");
    }
}

const TOKEN: &str = "0123456789abcdef";

/// A call of the partner `k` for a client.
fn call(server: &Server, token: &str, email: &str) -> Response {
    let consumer = json!({ "key": "k", "token": token });
    let body = json!({ "email": email, "name": "N", "consumer": consumer, "organization_id": 171 });
    server.send(&Request::post("/api/v1/integration/auth/token").json(body))
}

fn verify(server: &Server, token: &str) -> Response {
    server.send(&Request::get("/auth/verify").header("Authorization", format!("Bearer {token}")))
}

#[test]
fn calls_for_a_disabled_client_do_not_lock_its_partner_out() {
    let admin = admin();
    let put = ["put", "--key", "k", "--organisation", "171", "--token-stdin"];
    admin.done("consumer", &put, TOKEN);
    let server = admin.serve();
    let token = call(&server, TOKEN, "a@b.c").member("token");
    let client = verify(&server, &token)
        .header("X-Auth-Subject")
        .expect("a number")
        .to_owned();
    admin.done("account", &["disable", "--id", &client], "");
    for _ in 0..10 {
        assert_eq!(call(&server, TOKEN, "a@b.c").status, 401);
    }
    assert_eq!(call(&server, TOKEN, "other@b.c").status, 200);
    for _ in 0..10 {
        assert_eq!(call(&server, "wrong", "other@b.c").status, 401);
    }
    assert_eq!(call(&server, TOKEN, "other@b.c").status, 429);
}
