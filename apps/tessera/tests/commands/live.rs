//! Commands while a server runs: it follows their changes without a restart.

use serde_json::json;

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::support::client::{Request, Response};
use crate::support::poll;
use crate::support::server::Server;

/// About 10 seconds, far longer than the second within which the server follows a change.
const STEPS: usize = 1000;

const SET_PASSWORD: [&str; 6] = [
    "set-password",
    "--realm",
    "pbx",
    "--login",
    "p@x.dk",
    "--password-stdin",
];

fn login(server: &Server, name: &str, password: &str) -> Response {
    let body = json!({ "username": name, "password": password });
    server.send(&Request::post("/login").json(body))
}

/// The headers of a signed-in person.
fn session(server: &Server, name: &str) -> [(&'static str, String); 2] {
    let response = login(server, name, PASSWORD);
    assert_eq!(response.status, 200, "{response:?}");
    [
        ("X-Access-Token", response.member("token")),
        ("X-Key", response.member("key")),
    ]
}

fn verify(server: &Server, headers: &[(&'static str, String)]) -> Response {
    server.send(&Request::get("/auth/verify").headers(headers.iter().map(|(name, value)| (*name, value))))
}

fn becomes(server: &Server, headers: &[(&'static str, String)], status: u16) -> bool {
    poll(STEPS, || verify(server, headers).status == status)
}

/// The answer to a consumer that asks for a client's token.
fn client_token(server: &Server, key: &str, token: &str, organisation: i64) -> Response {
    let body = json!({
        "email": "a@b.dk", "name": "A", "organization_id": organisation, "consumer": { "key": key, "token": token },
    });
    server.send(&Request::post("/api/v1/integration/auth/token").json(body))
}

#[test]
fn accounts_created_by_command_sign_in_at_every_dialect() {
    let admin = AdminFolder::new();
    admin.done(
        "role",
        &["put", "--realm", "pbx", "--name", "admin", "--permission", "call:hold"],
        "",
    );
    admin.done(
        "role",
        &[
            "put",
            "--realm",
            "players",
            "--name",
            "jugador",
            "--permission",
            "b",
            "--permission",
            "a",
        ],
        "",
    );
    for (realm, name) in [("workshops", "w@x.dk"), ("pbx", "p@x.dk"), ("players", "g@x.dk")] {
        admin.account(realm, name);
    }
    admin.done(
        "account",
        &["set-role", "--realm", "pbx", "--login", "p@x.dk", "--role", "admin"],
        "",
    );
    admin.done(
        "account",
        &[
            "set-role", "--realm", "players", "--login", "g@x.dk", "--role", "jugador",
        ],
        "",
    );
    let server = admin.serve();
    let body = json!({ "email": "W@x.dk", "password": PASSWORD });
    let workshop = server.send(&Request::post("/api/v2/mechanics/tokens").json(body));
    assert_eq!(
        (workshop.status, workshop.json()["user"]["name"].as_str()),
        (200, Some("W"))
    );
    let pbx = login(&server, "p@x.dk", PASSWORD);
    assert_eq!((pbx.status, pbx.json()["role"].as_i64()), (200, Some(1)));
    let body = json!({ "email_or_username": "g@x.dk", "password": PASSWORD, "device_name": "d" });
    let device = server.send(&Request::post("/api/tokens/create").json(body));
    assert_eq!((device.status, &device.json()["permisos"]), (200, &json!(["b", "a"])));
}

#[test]
fn a_disabled_account_is_refused_and_its_tokens_stay_revoked_when_it_is_enabled() {
    let admin = AdminFolder::new();
    admin.account("pbx", "p@x.dk");
    admin.account("pbx", "other@x.dk");
    let server = admin.serve();
    let (mine, others) = (session(&server, "p@x.dk"), session(&server, "other@x.dk"));
    let account = ["--realm", "pbx", "--login", "p@x.dk"];
    admin.done("account", &[&["disable"], &account[..]].concat(), "");
    assert!(becomes(&server, &mine, 401));
    assert_eq!(login(&server, "p@x.dk", PASSWORD).status, 401);
    assert_eq!(verify(&server, &others).status, 200);
    admin.done("account", &[&["enable"], &account[..]].concat(), "");
    assert_eq!(verify(&server, &mine).status, 401);
    let again = session(&server, "p@x.dk");
    assert_eq!(verify(&server, &again).status, 200);
}

#[test]
fn a_password_change_revokes_sessions() {
    let admin = AdminFolder::new();
    admin.account("pbx", "p@x.dk");
    let server = admin.serve();
    let before = session(&server, "p@x.dk");
    assert_eq!(
        admin.json("account", &SET_PASSWORD, "another good password")["sessions_ended"],
        true
    );
    assert!(becomes(&server, &before, 401));
    assert_eq!(login(&server, "p@x.dk", PASSWORD).status, 401);
    assert_eq!(login(&server, "p@x.dk", "another good password").status, 200);
}

#[test]
fn a_password_change_keeps_sessions_if_so_configured_and_not_overridden() {
    let admin = AdminFolder::new().with("[passwords]\nend_sessions = false\n");
    admin.account("pbx", "p@x.dk");
    let server = admin.serve();
    let before = session(&server, "p@x.dk");
    assert_eq!(
        admin.json("account", &SET_PASSWORD, "another good password")["sessions_ended"],
        false
    );
    assert_eq!(login(&server, "p@x.dk", "another good password").status, 200);
    assert_eq!(verify(&server, &before).status, 200);
    let overridden = [&SET_PASSWORD[..], &["--end-sessions"]].concat();
    assert_eq!(admin.json("account", &overridden, PASSWORD)["sessions_ended"], true);
    assert!(becomes(&server, &before, 401));
}

#[test]
fn active_tokens_follow_the_role_of_their_owner() {
    let admin = AdminFolder::new();
    admin.jugador(&["read", "write"]);
    admin.account("players", "g@x.dk");
    admin.done(
        "account",
        &[
            "set-role", "--realm", "players", "--login", "g@x.dk", "--role", "jugador",
        ],
        "",
    );
    let server = admin.serve();
    let body = json!({ "email_or_username": "g@x.dk", "password": PASSWORD, "device_name": "d" });
    let token = server
        .send(&Request::post("/api/tokens/create").json(body))
        .member("token");
    let headers = [("Authorization", format!("Bearer {token}"))];
    let held = || {
        verify(&server, &headers)
            .header("X-Auth-Permissions")
            .map(str::to_owned)
    };
    assert_eq!(held().as_deref(), Some("read write"));
    admin.jugador(&["write", "more"]);
    assert!(poll(STEPS, || held().as_deref() == Some("write")), "{:?}", held());
    admin.done(
        "account",
        &["set-role", "--realm", "players", "--login", "g@x.dk", "--none"],
        "",
    );
    assert!(
        poll(STEPS, || held().as_deref().unwrap_or_default().is_empty()),
        "{:?}",
        held()
    );
    assert_eq!(verify(&server, &headers).status, 200);
}

#[test]
fn a_revoked_token_is_refused() {
    let admin = AdminFolder::new();
    admin.account("pbx", "p@x.dk");
    let server = admin.serve();
    let (first, second) = (session(&server, "p@x.dk"), session(&server, "p@x.dk"));
    let newest =
        admin.json("token", &["list", "--realm", "pbx", "--login", "p@x.dk"], "")["tokens"][0]["id"].to_string();
    admin.done("token", &["revoke", "--id", &newest], "");
    assert!(becomes(&server, &second, 401));
    assert_eq!(verify(&server, &first).status, 200);
    admin.done("token", &["revoke", "--realm", "pbx", "--login", "p@x.dk"], "");
    assert!(becomes(&server, &first, 401));
}

#[test]
fn a_consumer_created_by_command_signs_clients_in_until_it_is_disabled() {
    let admin = AdminFolder::new();
    for id in ["171", "172"] {
        admin.organisation(id, "3600");
    }
    let put = admin.json("consumer", &["put", "--key", "k", "--organisation", "171"], "");
    let token = put["token"].as_str().expect("a token");
    let server = admin.serve();
    let response = client_token(&server, "k", token, 171);
    assert_eq!(
        (
            response.status,
            response.json()["organization_timezone_offset"].as_i64()
        ),
        (200, Some(3600))
    );
    assert_eq!(client_token(&server, "k", token, 172).status, 401);
    admin.done("consumer", &["disable", "--key", "k"], "");
    assert_eq!(client_token(&server, "k", token, 171).status, 401, "the next call");
    admin.done("consumer", &["enable", "--key", "k"], "");
    assert_eq!(client_token(&server, "k", token, 171).status, 200);
    let client = [("Authorization", format!("Bearer {}", response.member("token")))];
    assert_eq!(verify(&server, &client).status, 200);
    admin.done("account", &["disable", "--realm", "org:171", "--login", "A@b.dk"], "");
    assert!(becomes(&server, &client, 401));
    assert_eq!(client_token(&server, "k", token, 171).status, 401, "a disabled client");
}

#[test]
fn a_partner_changes_its_secret_without_a_failed_call() {
    let admin = AdminFolder::new();
    admin.organisation("171", "0");
    let create = |key: &str| {
        let put = admin.json("consumer", &["put", "--key", key, "--organisation", "171"], "");
        put["token"].as_str().expect("a token").to_owned()
    };
    let server = admin.serve();
    let old = create("partner-1");
    let client = client_token(&server, "partner-1", &old, 171).json()["person"]["id"].clone();
    let new = create("partner-2");
    for (key, token) in [("partner-1", &old), ("partner-2", &new)] {
        let response = client_token(&server, key, token, 171);
        assert_eq!((response.status, &response.json()["person"]["id"]), (200, &client));
    }
    admin.done("consumer", &["disable", "--key", "partner-1"], "");
    assert_eq!(client_token(&server, "partner-1", &old, 171).status, 401);
    assert_eq!(client_token(&server, "partner-2", &new, 171).status, 200);
}
