//! `tessera audit`: what a server and commands have written, checked, listed and followed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use store_diesel::{DieselStore, StoreOptions};

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::support::client::{Request, Response};
use crate::support::poll;
use crate::support::server::Server;

/// About a minute.
const STEPS: usize = 6000;

fn sign_in(server: &Server, password: &str) -> Response {
    let body = json!({ "email": "w@x.dk", "password": password });
    server.send(&Request::post("/api/v2/mechanics/tokens").json(body))
}

fn entries(admin: &AdminFolder, args: &[&str]) -> Vec<Value> {
    let listed = admin.json("audit", &[&["list"], args].concat(), "");
    listed["entries"].as_array().expect("a list").clone()
}

/// Checks the log until all of it is sealed; the verdict.
fn verified(admin: &AdminFolder) -> Value {
    let mut verdict = Value::Null;
    let sealed = poll(STEPS, || {
        verdict = admin.json("audit", &["verify"], "");
        verdict["unsealed"] == 0
    });
    assert!(sealed, "{verdict}");
    verdict
}

fn tamper(admin: &AdminFolder, statements: &'static str) {
    let url = admin.url();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(&url, &StoreOptions::patient()).await;
        let store = store.expect("a database");
        store.dangerous_execute(statements).await.expect("damage");
    });
}

#[test]
fn a_request_leaves_entries_with_the_clients_address_and_the_requests_id() {
    let admin = AdminFolder::new();
    let account = admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let answer = sign_in(&server, PASSWORD.trim());
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.header("X-Request-Id").expect("an id").to_owned();
    let of_request = entries(&admin, &["--request", &id]);
    let [entry] = of_request.as_slice() else {
        panic!("{of_request:?}");
    };
    assert_eq!(entry["event"], "token_issued");
    assert_eq!(entry["subject"], account);
    assert_eq!(
        (&entry["actor"], &entry["source"]),
        (&json!("client"), &json!("127.0.0.1"))
    );
    assert_eq!(entry["flavour"], "mechanics");
    // What is refused is counted, and written by a server that stops.
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "wrong password").status, 401);
    }
    server.stop();
    let refused = entries(&admin, &["--event", "sign_ins_refused"]);
    let [entry] = refused.as_slice() else {
        panic!("{refused:?}");
    };
    assert_eq!(entry["detail"], "3 wrong_password");
    assert_eq!(
        (&entry["subject"], &entry["outcome"]),
        (&json!(account), &json!("refused"))
    );
    let text = format!("{:?}", entries(&admin, &["--limit", "1000"]));
    for secret in [PASSWORD.trim(), "w@x.dk", &answer.member("token")] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    assert_eq!(verified(&admin)["ok"], true);
}

#[test]
fn a_command_leaves_entries_with_the_operator_and_the_command() {
    let admin = AdminFolder::new();
    let account = admin.account("workshops", "w@x.dk");
    admin.done("account", &["disable", "--id", &account.to_string()], "");
    let listed = entries(&admin, &["--event", "account_disabled"]);
    let [entry] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!(
        (&entry["command"], &entry["subject"]),
        (&json!("account disable"), &json!(account))
    );
    let actor = entry["actor"].as_str().expect("text");
    assert!(actor.starts_with("operator ") && actor.contains("(uid "), "{actor}");
    let refused = admin.run("audit", &["list", "--event", "nothing"], "");
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("token_issued"), "{}", refused.err);
}

#[test]
fn verify_names_what_was_tampered_with_and_an_anchor_shows_a_cut_off_end() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    admin.account("workshops", "w@x.dk");
    admin.serve().stop();
    let verdict = verified(&admin);
    assert_eq!((&verdict["ok"], &verdict["faults"]), (&json!(true), &json!([])));
    let anchor = verdict["end"].as_str().expect("an anchor").to_owned();
    admin.done("audit", &["verify", "--anchor", &anchor], "");
    admin.done(
        "audit",
        &["verify", "--anchors", "-"],
        &format!("… event=\"audit_anchor\" anchor={anchor}\n"),
    );
    tamper(
        &admin,
        "UPDATE audit_entries SET actor = 'operator nobody' WHERE event = 'account_created'",
    );
    let ended = admin.run("audit", &["verify", "--json"], "");
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    let verdict: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(verdict["faults"][0]["kind"], "changed", "{verdict}");
    assert!(ended.err.contains("was changed"), "{}", ended.err);
    let later = format!("{}:1:{}", 1_000_000, "0".repeat(32));
    let ended = admin.run("audit", &["verify", "--anchor", &later], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("names a later one"), "{}", ended.out);
    admin.done("audit", &["restart", "--yes"], "");
    admin.serve().stop();
    assert_eq!(verified(&admin)["ok"], true);
    assert_eq!(entries(&admin, &["--event", "audit_restarted"]).len(), 1);
}

#[test]
fn tail_prints_each_new_entry_once() {
    let admin = AdminFolder::new();
    admin.account("workshops", "w@x.dk");
    let mut tail = Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["audit", "tail", "--json", "--lines", "1", "--event", "account_created"])
        .current_dir(admin.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(tail.stdout.take().expect("its output")).lines();
    let mut next = || -> Value {
        let line = lines.next().expect("a line").expect("text");
        serde_json::from_str(&line).expect("JSON")
    };
    let first = next();
    let mut accounts = Vec::new();
    for number in 0..3 {
        accounts.push(admin.account("workshops", &format!("w{number}@x.dk")));
    }
    let followed: Vec<i64> = accounts
        .iter()
        .map(|_| next()["subject"].as_i64().expect("a number"))
        .collect();
    tail.kill().expect("it runs");
    tail.wait().expect("it ends");
    assert_eq!(followed, accounts);
    assert_eq!(first["event"], "account_created");
}
