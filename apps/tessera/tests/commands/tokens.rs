//! `tessera token`.

use std::thread;

use serde_json::{Value, json};

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::other_process::OtherProcess;
use crate::support::client::{Request, Response};
use crate::support::poll;
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

fn list(admin: &AdminFolder, more: &[&str]) -> Value {
    admin.json(
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
    let admin = AdminFolder::new();
    let id = admin.account("players", "g@x.dk");
    let server = admin.serve();
    let token = device_token(&server, "g@x.dk", "Peter's \u{202e}tablet");
    let listed = list(&admin, &[]);
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
    let text = admin.done("token", &["list", "--account", &id.to_string()], "");
    assert!(
        text.contains("Peter's \\u{202e}tablet") && text.contains("when revoked"),
        "{text}"
    );
    let secret = token.split('|').next_back().expect("a secret");
    assert!(!text.contains(secret) && !listed.to_string().contains(secret));
}

#[test]
fn a_list_is_limited_and_continues_on_the_next_page() {
    let admin = AdminFolder::new();
    admin.account("players", "g@x.dk");
    let server = admin.serve();
    for device in ["a", "b", "c", "d", "e"] {
        device_token(&server, "g@x.dk", device);
    }
    let all = ids(&list(&admin, &[]));
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|a, b| a > b), "newest first: {all:?}");
    let first = list(&admin, &["--limit", "3"]);
    assert_eq!(ids(&first), all[..3]);
    let next = first["next"].to_string();
    let second = list(&admin, &["--limit", "3", "--before", &next]);
    assert_eq!((ids(&second).as_slice(), &second["next"]), (&all[3..], &Value::Null));
    for limit in ["0", "1001", "-1"] {
        let args = ["list", "--account", "1", &format!("--limit={limit}")];
        assert_eq!(admin.run("token", &args, "").code, Some(2), "{limit}");
    }
}

#[test]
fn one_token_is_revoked_and_the_others_stay_active() {
    let admin = AdminFolder::new();
    admin.account("players", "g@x.dk");
    let server = admin.serve();
    let (kept, ended) = (
        device_token(&server, "g@x.dk", "kept"),
        device_token(&server, "g@x.dk", "ended"),
    );
    let id = ended.split('|').next().expect("a number");
    assert_eq!(admin.json("token", &["revoke", "--id", id], "")["id"].to_string(), id);
    let sentence = admin.refused("token", &["revoke", "--id", id], "");
    assert!(sentence.contains("no active token"), "{sentence}");
    server.stop();
    let server = admin.serve();
    assert_eq!(
        (verify(&server, &kept).status, verify(&server, &ended).status),
        (200, 401)
    );
    assert_eq!(list(&admin, &[])["tokens"].as_array().map(Vec::len), Some(1));
}

/// One that is in the way for longer than the database itself waits: a person should not have to try again.
#[test]
fn commands_wait_for_another_writer() {
    let admin = AdminFolder::new();
    admin.account("players", "g@x.dk");
    let server = admin.serve();
    let token = device_token(&server, "g@x.dk", "d");
    server.stop();
    let writer = OtherProcess::on(admin.url()).writes();
    let id = token.split('|').next().expect("a number");
    let (revoke, replace) = (
        ["revoke", "--id", id],
        ["rotate", "--flavour", "mechanics", "--emergency", "--yes"],
    );
    let put = ["put", "--realm", "players", "--name", "r", "--permission", "p"];
    thread::scope(|scope| {
        scope.spawn(|| admin.done("token", &revoke, ""));
        scope.spawn(|| admin.done("key", &replace, ""));
        scope.spawn(|| admin.done("role", &put, ""));
        scope.spawn(|| admin.done("audit", &["restart", "--yes"], ""));
    });
    writer.join().expect("the writer ends");
}

/// Such as one that applies the same migration.
#[test]
fn a_migration_waits_for_another_writer() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let other = OtherProcess::on(admin.url());
    other.reverts();
    let writer = other.writes();
    thread::scope(|scope| {
        scope.spawn(|| admin.done("migrate", &[], ""));
        scope.spawn(|| admin.serve().stop());
    });
    writer.join().expect("the writer ends");
    assert_eq!(admin.done("migrate", &[], ""), "the schema is up to date\n");
}

#[test]
fn all_tokens_of_an_account_are_revoked_and_it_may_sign_in_again() {
    let admin = AdminFolder::new();
    let id = admin.account("players", "g@x.dk").to_string();
    admin.account("players", "other@x.dk");
    let server = admin.serve();
    let mine = [
        device_token(&server, "g@x.dk", "a"),
        device_token(&server, "g@x.dk", "b"),
    ];
    let others = device_token(&server, "other@x.dk", "c");
    admin.done("token", &["revoke", "--account", &id], "");
    assert_eq!(list(&admin, &[])["tokens"], json!([]));
    let again = device_token(&server, "g@x.dk", "d");
    server.stop();
    let server = admin.serve();
    let statuses = mine.each_ref().map(|token| verify(&server, token).status);
    assert_eq!(statuses, [401, 401]);
    assert_eq!(
        (verify(&server, &others).status, verify(&server, &again).status),
        (200, 200)
    );
}

#[test]
fn exactly_one_owner_has_to_be_selected() {
    let admin = AdminFolder::new();
    admin.account("players", "g@x.dk");
    for action in ["list", "revoke"] {
        assert!(
            admin.refused("token", &[action], "").contains("--realm and --login"),
            "{action}"
        );
        assert!(
            admin
                .refused("token", &[action, "--account", "99"], "")
                .contains("no account 99"),
            "{action}"
        );
        let both = [action, "--account", "1", "--realm", "players", "--login", "g@x.dk"];
        assert_eq!(admin.run("token", &both, "").code, Some(2), "{action}");
    }
    assert_eq!(
        admin.run("token", &["revoke", "--all", "--account", "1"], "").code,
        Some(2)
    );
}

/// A copy of the database lacks what was revoked after it was made. The command revokes everything that is in the copy,
/// and everything that was issued after it.
#[test]
fn no_token_of_a_restored_copy_is_accepted() {
    let admin = AdminFolder::new();
    admin.account("players", "g@x.dk");
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let workshop = |server: &Server| {
        let body = json!({ "email": "w@x.dk", "password": PASSWORD });
        server.send(&Request::post("/api/v2/mechanics/tokens").json(body))
    };
    let (revoked, signed) = (device_token(&server, "g@x.dk", "a"), workshop(&server));
    server.stop();
    std::fs::copy(admin.path("tessera.db"), admin.path("copy.db")).expect("a copy");
    admin.done("token", &["revoke", "--account", "1"], "");
    let server = admin.serve();
    assert_eq!(verify(&server, &revoked).status, 401);
    let later = [device_token(&server, "g@x.dk", "b"), workshop(&server).member("token")];
    server.stop();
    for companion in ["tessera.db-wal", "tessera.db-shm"] {
        let _ = std::fs::remove_file(admin.path(companion));
    }
    std::fs::rename(admin.path("copy.db"), admin.path("tessera.db")).expect("the copy takes its place");
    admin.done("token", &["revoke", "--all", "--yes"], "");
    let server = admin.serve();
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

const SHOPS: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n";
const RSA: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"RS256\"\n";
const RSA_KEYS: [&str; 2] = [
    include_str!("../data/rsa_2048_test_key.pem"),
    include_str!("../data/rsa_2048_other_test_key.pem"),
];

/// The keys in the database are retired, also those that the settings do not name: they may be stolen too.
#[test]
fn revoking_everything_retires_keys_that_the_settings_do_not_name() {
    let admin = AdminFolder::new().with(SHOPS);
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let body = json!({ "email": "w@x.dk", "password": PASSWORD });
    let sign_in = || server.send(&Request::post("/api/v2/mechanics/tokens").json(body.clone()));
    let token = sign_in().member("token");
    assert_eq!(verify(&server, &token).status, 200);

    let admin = admin.with("");
    let answer = admin.done("token", &["revoke", "--all", "--yes"], "");
    assert!(answer.contains("1 signing keys are retired"), "{answer}");
    assert!(
        answer.contains("1 of them") && answer.contains("shops/EdDSA"),
        "{answer}"
    );
    assert!(poll(1000, || verify(&server, &token).status == 401));
    assert!(poll(1000, || sign_in().status == 503), "no key of the flavour signs");
    let states = |admin: &AdminFolder| {
        let list = admin.json("key", &["list"], "");
        let keys = list["keys"].as_array().expect("keys").clone();
        let of_shops = keys.into_iter().filter(|key| key["flavour"] == "shops");
        of_shops.map(|key| key["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states(&admin), ["retired"]);

    let admin = admin.with(SHOPS);
    assert!(
        admin
            .run("serve", &["--listen", "127.0.0.1:0"], "")
            .err
            .contains("tessera key rotate --flavour shops")
    );
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    assert!(
        poll(1000, || sign_in().status == 200),
        "the running server has the new key"
    );
    let list = admin.json("token", &["revoke", "--all", "--yes"], "");
    assert_eq!(
        (&list["unused_keys_retired"], &list["unused_keys_were_for"]),
        (&json!(2), &json!(["login/HS256", "mechanics/HS256"]))
    );
}

#[test]
fn revoking_everything_retires_imported_keys_and_names_their_flavours() {
    let admin = AdminFolder::new().with(RSA);
    admin.account("workshops", "w@x.dk");
    admin.done("key", &["import", "--flavour", "shops"], RSA_KEYS[0]);
    let server = admin.serve();
    let body = json!({ "email": "w@x.dk", "password": PASSWORD });
    let sign_in = || server.send(&Request::post("/api/v2/mechanics/tokens").json(body.clone()));
    let token = sign_in().member("token");
    let answer = admin.json("token", &["revoke", "--all", "--yes"], "");
    assert_eq!(
        (&answer["flavours_to_import_keys_for"], &answer["keys_retired"]),
        (&json!(["shops"]), &json!(1))
    );
    assert!(poll(1000, || verify(&server, &token).status == 401));
    admin.done("key", &["import", "--flavour", "shops"], RSA_KEYS[1]);
    assert!(poll(1000, || sign_in().status == 200));
    assert_eq!(verify(&server, &token).status, 401, "signed with the old key");
}

#[test]
fn revoking_everything_says_that_there_was_no_key() {
    let admin = AdminFolder::new();
    let answer = admin.done("token", &["revoke", "--all", "--yes"], "");
    assert!(answer.contains("there was no signing key"), "{answer}");
}

/// A further sign-in revokes the token that was not used for the longest time.
#[test]
fn a_person_holds_so_many_device_tokens_and_no_more() {
    let admin = AdminFolder::new().with("[[flavour]]\nname = \"device\"\ndialect = \"device\"\nmax_tokens = 2\n");
    admin.account("players", "g@x.dk");
    admin.account("players", "other@x.dk");
    let server = admin.serve();
    let other = device_token(&server, "other@x.dk", "a");
    let [first, second, third] = ["a", "b", "c"].map(|device| device_token(&server, "g@x.dk", device));
    assert_eq!(verify(&server, &first).status, 401);
    for token in [&second, &third, &other] {
        assert_eq!(verify(&server, token).status, 200);
    }
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| device_token(&server, "g@x.dk", "at once"));
        }
    });
    assert_eq!(ids(&list(&admin, &[])).len(), 2);
    assert_eq!(verify(&server, &other).status, 200, "another person's");
}
