//! `tessera token`.

use serde_json::{Value, json};

use crate::desk::{Desk, PASSWORD};
use crate::support::client::{Request, Response};
use crate::support::server::Server;

fn device_token(server: &Server, login: &str, device: &str) -> String {
    let body = json!({ "email_or_username": login, "password": PASSWORD, "device_name": device });
    let response = server.send(&Request::post("/api/tokens/create").json(body));
    assert_eq!(response.status, 200, "{response:?}");
    response.member("token")
}

fn verify(server: &Server, token: &str) -> Response {
    server.send(&Request::get("/auth/verify").header("Authorization", format!("Bearer {token}")))
}

fn list(desk: &Desk, more: &[&str]) -> Value {
    desk.json(
        "token",
        &[&["list", "--realm", "players", "--login", "g@x.dk"], more].concat(),
        "",
    )
}

fn ids(list: &Value) -> Vec<i64> {
    let tokens = list["tokens"].as_array().expect("tokens");
    tokens
        .iter()
        .map(|token| token["id"].as_i64().expect("a number"))
        .collect()
}

#[test]
fn a_list_identifies_tokens_and_shows_no_secret() {
    let desk = Desk::new();
    let id = desk.account("players", "g@x.dk");
    let server = desk.serve();
    let token = device_token(&server, "g@x.dk", "Peter's \u{202e}tablet");
    let listed = list(&desk, &[]);
    assert_eq!((&listed["account"], &listed["next"]), (&json!(id), &Value::Null));
    let one = &listed["tokens"][0];
    let mut members: Vec<_> = one.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["expires_at", "flavour", "id", "issued_at", "label", "last_used_at"]
    );
    assert_eq!(
        (&one["flavour"], &one["label"]),
        (&json!("device"), &json!("Peter's \u{202e}tablet"))
    );
    let text = desk.done("token", &["list", "--account", &id.to_string()], "");
    assert!(
        text.contains("Peter's \\u{202e}tablet") && text.contains("when revoked"),
        "{text}"
    );
    let secret = token.split('|').next_back().expect("a secret");
    assert!(!text.contains(secret) && !listed.to_string().contains(secret));
}

#[test]
fn a_list_is_limited_and_continues_on_the_next_page() {
    let desk = Desk::new();
    desk.account("players", "g@x.dk");
    let server = desk.serve();
    for device in ["a", "b", "c", "d", "e"] {
        device_token(&server, "g@x.dk", device);
    }
    let all = ids(&list(&desk, &[]));
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|a, b| a > b), "newest first: {all:?}");
    let first = list(&desk, &["--limit", "3"]);
    assert_eq!(ids(&first), all[..3]);
    let next = first["next"].to_string();
    let second = list(&desk, &["--limit", "3", "--before", &next]);
    assert_eq!((ids(&second).as_slice(), &second["next"]), (&all[3..], &Value::Null));
    for limit in ["0", "1001", "-1"] {
        let args = ["list", "--account", "1", &format!("--limit={limit}")];
        assert_eq!(desk.run("token", &args, "").code, Some(2), "{limit}");
    }
}

#[test]
fn one_token_is_revoked_and_the_others_stay_active() {
    let desk = Desk::new();
    desk.account("players", "g@x.dk");
    let server = desk.serve();
    let (kept, ended) = (
        device_token(&server, "g@x.dk", "kept"),
        device_token(&server, "g@x.dk", "ended"),
    );
    let id = ended.split('|').next().expect("a number");
    assert_eq!(desk.json("token", &["revoke", "--id", id], "")["id"].to_string(), id);
    let sentence = desk.refused("token", &["revoke", "--id", id], "");
    assert!(sentence.contains("no live token"), "{sentence}");
    server.stop();
    let server = desk.serve();
    assert_eq!(
        (verify(&server, &kept).status, verify(&server, &ended).status),
        (200, 401)
    );
    assert_eq!(list(&desk, &[])["tokens"].as_array().map(Vec::len), Some(1));
}

#[test]
fn all_tokens_of_an_account_are_revoked_and_it_may_sign_in_again() {
    let desk = Desk::new();
    let id = desk.account("players", "g@x.dk").to_string();
    desk.account("players", "other@x.dk");
    let server = desk.serve();
    let mine = [
        device_token(&server, "g@x.dk", "a"),
        device_token(&server, "g@x.dk", "b"),
    ];
    let others = device_token(&server, "other@x.dk", "c");
    desk.done("token", &["revoke", "--account", &id], "");
    assert_eq!(list(&desk, &[])["tokens"], json!([]));
    let again = device_token(&server, "g@x.dk", "d");
    server.stop();
    let server = desk.serve();
    let statuses = mine.each_ref().map(|token| verify(&server, token).status);
    assert_eq!(statuses, [401, 401]);
    assert_eq!(
        (verify(&server, &others).status, verify(&server, &again).status),
        (200, 200)
    );
}

#[test]
fn exactly_one_owner_has_to_be_selected() {
    let desk = Desk::new();
    desk.account("players", "g@x.dk");
    for action in ["list", "revoke"] {
        assert!(
            desk.refused("token", &[action], "").contains("--realm and --login"),
            "{action}"
        );
        assert!(
            desk.refused("token", &[action, "--account", "99"], "")
                .contains("no account 99"),
            "{action}"
        );
        let both = [action, "--account", "1", "--realm", "players", "--login", "g@x.dk"];
        assert_eq!(desk.run("token", &both, "").code, Some(2), "{action}");
    }
    assert_eq!(
        desk.run("token", &["revoke", "--all", "--account", "1"], "").code,
        Some(2)
    );
}

/// A copy of the database lacks what was revoked after it was made. The command revokes everything that is in the copy,
/// and everything that was issued after it.
#[test]
fn no_token_of_a_restored_copy_is_accepted() {
    let desk = Desk::new();
    desk.account("players", "g@x.dk");
    desk.account("workshops", "w@x.dk");
    let server = desk.serve();
    let workshop = |server: &Server| {
        let body = json!({ "email": "w@x.dk", "password": PASSWORD });
        server.send(&Request::post("/api/v2/mechanics/tokens").json(body))
    };
    let (revoked, signed) = (device_token(&server, "g@x.dk", "a"), workshop(&server));
    server.stop();
    std::fs::copy(desk.path("tessera.db"), desk.path("copy.db")).expect("a copy");
    desk.done("token", &["revoke", "--account", "1"], "");
    let server = desk.serve();
    assert_eq!(verify(&server, &revoked).status, 401);
    let later = [device_token(&server, "g@x.dk", "b"), workshop(&server).member("token")];
    server.stop();
    for companion in ["tessera.db-wal", "tessera.db-shm"] {
        let _ = std::fs::remove_file(desk.path(companion));
    }
    std::fs::rename(desk.path("copy.db"), desk.path("tessera.db")).expect("the copy takes its place");
    desk.done("token", &["revoke", "--all"], "");
    let server = desk.serve();
    for token in later.iter().chain([&revoked, &signed.member("token")]) {
        assert_eq!(verify(&server, token).status, 401);
    }
    let refresh = json!({ "refreshToken": signed.member("refreshToken") });
    assert_eq!(
        server
            .send(&Request::post("/api/v2/mechanics/tokens").json(refresh))
            .status,
        401
    );
    assert_eq!(verify(&server, &workshop(&server).member("token")).status, 200);
}
