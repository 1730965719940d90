//! `tessera consumer`.

use std::collections::HashSet;

use serde_json::json;

use crate::admin_folder::AdminFolder;
use crate::support::client::{Request, Response};
use crate::support::poll;
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
        let put = admin.json("consumer", &["put", "--key", key, "--organisation", "171", "--yes"], "");
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
    let shown =
        |disabled| json!({ "key": "k", "organisation": 171, "disabled": disabled, "previous_token_until": null });
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

const NEXT_TOKEN: &str = "another token of k";

/// Two partners of one organisation, `k` and `other`, with one token.
fn partners() -> AdminFolder {
    let admin = admin();
    for key in ["k", "other"] {
        let put = ["put", "--key", key, "--organisation", "171", "--token-stdin"];
        admin.done("consumer", &put, TOKEN);
    }
    admin
}

#[test]
fn a_rotated_partner_has_two_tokens_and_never_three() {
    let admin = partners();
    let server = admin.serve();
    let rotate = ["rotate", "--key", "k", "--overlap", "1h", "--token-stdin"];
    assert!(admin.refused("consumer", &rotate, TOKEN).contains("give another"));
    let rotated = admin.json("consumer", &rotate, NEXT_TOKEN);
    let until = rotated["previous_token_until"].as_str().expect("an end").to_owned();
    let shown = admin.json("consumer", &["show", "--key", "k"], "");
    assert_eq!(shown["previous_token_until"], until);
    for token in [TOKEN, NEXT_TOKEN] {
        assert_eq!(call(&server, token, "a@b.c").status, 200);
    }
    let sentence = admin.refused("consumer", &["rotate", "--key", "k"], "");
    assert!(
        sentence.contains(&until) && sentence.contains("tessera consumer put"),
        "{sentence}"
    );
    for overlap in ["0s", "91d", "soon"] {
        let args = ["rotate", "--key", "k", "--overlap", overlap];
        assert_eq!(admin.run("consumer", &args, "").code, Some(2), "{overlap}");
    }
    let put = ["put", "--key", "k", "--organisation", "171", "--yes"];
    let third = admin.json("consumer", &put, "")["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    for (token, status) in [(TOKEN, 401), (NEXT_TOKEN, 401), (&third, 200)] {
        assert_eq!(call(&server, token, "a@b.c").status, status);
    }
    let generated = admin.json("consumer", &["rotate", "--key", "k"], "");
    let generated = generated["token"].as_str().expect("a token");
    assert_eq!(call(&server, generated, "a@b.c").status, 200);
    let sentence = admin.refused("consumer", &["rotate", "--key", "unknown"], "");
    assert!(sentence.contains("\"unknown\""), "{sentence}");
}

#[test]
fn what_a_stolen_partners_token_has_obtained_can_be_revoked() {
    let admin = partners();
    let server = admin.serve();
    let other = |email: &str| {
        let consumer = json!({ "key": "other", "token": TOKEN });
        let body = json!({ "email": email, "name": "N", "consumer": consumer, "organization_id": 171 });
        server.send(&Request::post("/api/v1/integration/auth/token").json(body))
    };
    let [stolen, both] = ["a@b.c", "both@b.c"].map(|email| call(&server, TOKEN, email).member("token"));
    let kept = other("kept@b.c").member("token");
    assert_eq!(other("both@b.c").status, 200);
    let disabled = admin.json("consumer", &["disable", "--key", "k", "--revoke-tokens", "--yes"], "");
    assert_eq!(disabled, json!({ "key": "k", "disabled": true, "clients": 2 }));
    assert!(poll(1000, || verify(&server, &stolen).status == 401));
    assert!(poll(1000, || verify(&server, &both).status == 401));
    assert_eq!(verify(&server, &kept).status, 200, "the other partner's");
    assert_eq!(call(&server, TOKEN, "a@b.c").status, 401);
    let again = other("both@b.c").member("token");
    assert_eq!(verify(&server, &again).status, 200, "a new token");

    let revoked = admin.json("token", &["revoke", "--organisation", "171", "--yes"], "");
    assert_eq!(revoked, json!({ "organisation": 171, "clients": 3 }));
    for token in [&kept, &again] {
        assert!(poll(1000, || verify(&server, token).status == 401));
    }
    let sentence = admin.refused("token", &["revoke", "--organisation", "172", "--yes"], "");
    assert!(sentence.contains("no clients of an organisation 172"), "{sentence}");
}

#[test]
fn a_partner_over_its_quota_is_told_when_to_call_again() {
    let admin = partners().with("[partners]\ncalls_per_minute = 3\nclients_per_hour = 1\n");
    let server = admin.serve();
    let over = |response: Response| {
        assert_eq!(response.status, 429, "{response:?}");
        let seconds: u64 = response.header("Retry-After").expect("when").parse().expect("seconds");
        assert!(response.json()["error"].is_string(), "{response:?}");
        seconds
    };
    assert_eq!(call(&server, TOKEN, "a@b.c").status, 200);
    assert!(
        (60..=3600).contains(&over(call(&server, TOKEN, "new@b.c"))),
        "a second client"
    );
    assert_eq!(call(&server, TOKEN, "a@b.c").status, 200);
    assert!((1..=60).contains(&over(call(&server, TOKEN, "a@b.c"))), "a fourth call");
}
