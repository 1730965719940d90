//! `tessera resource-server`.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::admin_folder::AdminFolder;

const COMMAND: &str = "resource-server";

fn put<'a>(id: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["put", "--id", id][..], more].concat()
}

fn list(admin: &AdminFolder) -> Vec<Value> {
    let list = admin.json(COMMAND, &["list"], "");
    list["resource_servers"].as_array().expect("a list").clone()
}

#[test]
fn a_generated_secret_is_long_has_a_prefix_is_different_each_time_and_is_shown_once() {
    let admin = AdminFolder::new();
    let mut secrets = HashSet::new();
    for id in ["a", "b", "a"] {
        let made = admin.json(COMMAND, &put(id, &["--all-flavours", "--yes"]), "");
        assert_eq!((&made["id"], &made["flavours"]), (&json!(id), &Value::Null));
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        assert_eq!(
            secret.strip_prefix("tsr_r_").map(str::len),
            Some(43),
            "256 bits in base64url"
        );
        assert!(secrets.insert(secret));
    }
    let shown = admin.done(COMMAND, &["list"], "") + &admin.done(COMMAND, &["list", "--json"], "");
    assert!(!shown.contains("tsr_r_"), "{shown}");
}

#[test]
fn a_given_secret_is_not_shown_and_a_short_one_is_refused() {
    let admin = AdminFolder::new();
    let args = put("games-api", &["--flavour", "device", "--secret-stdin"]);
    let made = admin.json(COMMAND, &args, "0123456789abcdef\n");
    assert_eq!(made, json!({ "id": "games-api", "flavours": ["device"] }));
    for secret in ["", "0123456789abcde", "0123456789abcdef\nmore", " 0123456789abcdef"] {
        let sentence = admin.refused(COMMAND, &args, secret);
        assert!(sentence.contains("secret") && !sentence.contains("0123"), "{sentence}");
    }
}

#[test]
fn a_list_says_what_each_may_ask_about_and_until_when_its_old_secret_is_accepted() {
    let admin = AdminFolder::new();
    assert_eq!(list(&admin), Vec::<Value>::new());
    admin.done(COMMAND, &put("b", &["--flavour", "login", "--flavour", "device"]), "");
    admin.done(COMMAND, &put("a", &["--all-flavours"]), "");
    admin.done(COMMAND, &["disable", "--id", "a"], "");
    let rotated = admin.json(COMMAND, &["rotate", "--id", "b", "--overlap", "1h"], "");
    let mut listed = list(&admin);
    for one in &mut listed {
        let created = one.as_object_mut().and_then(|one| one.remove("created_at"));
        assert!(created.is_some_and(|at| at.as_str().is_some_and(|at| at.ends_with('Z'))));
    }
    let until = rotated["previous_secret_until"].clone();
    assert!(until.is_string());
    let expected = [
        json!({"id": "a", "disabled": true, "flavours": null, "previous_secret_until": null}),
        json!({"id": "b", "disabled": false, "flavours": ["device", "login"], "previous_secret_until": until}),
    ];
    assert_eq!(listed, expected);
    admin.done(COMMAND, &["set-audience", "--id", "b", "--all-flavours"], "");
    assert_eq!(list(&admin)[1]["flavours"], Value::Null);
    let text = admin.done(COMMAND, &["list"], "");
    assert!(text.contains("disabled") && text.contains("every flavour"), "{text}");
}

#[test]
fn a_resource_server_has_two_secrets_at_most() {
    let admin = AdminFolder::new();
    admin.done(COMMAND, &put("games-api", &["--all-flavours"]), "");
    admin.done(COMMAND, &["rotate", "--id", "games-api"], "");
    let sentence = admin.refused(COMMAND, &["rotate", "--id", "games-api"], "");
    assert!(
        sentence.contains("accepted until") && sentence.contains("put"),
        "{sentence}"
    );
    let same = put("games-api", &["--all-flavours", "--secret-stdin", "--yes"]);
    admin.done(COMMAND, &same, "0123456789abcdef\n");
    let again = ["rotate", "--id", "games-api", "--secret-stdin"];
    assert!(
        admin
            .refused(COMMAND, &again, "0123456789abcdef\n")
            .contains("give another")
    );
}

#[test]
fn what_is_misspelt_is_refused_with_what_there_is() {
    let admin = AdminFolder::new();
    let sentence = admin.refused(COMMAND, &put("x", &["--flavour", "devise"]), "");
    assert!(sentence.contains("devise") && sentence.contains("device"), "{sentence}");
    for id in ["", " ", "a b", "a:b", "ñ", &"x".repeat(101)] {
        let id = format!("--id={id}");
        let sentence = admin.refused(COMMAND, &["put", &id, "--all-flavours"], "");
        assert!(sentence.contains("--id") && sentence.contains("A-Z"), "{sentence}");
    }
    for action in ["disable", "enable", "rotate"] {
        let sentence = admin.refused(COMMAND, &[action, "--id", "nobody"], "");
        assert!(
            sentence.contains("nobody") && sentence.contains("resource-server put"),
            "{sentence}"
        );
    }
    let sentence = admin.refused(COMMAND, &["set-audience", "--id", "nobody", "--all-flavours"], "");
    assert!(sentence.contains("nobody"), "{sentence}");
    let missing = admin.run(COMMAND, &["put", "--id", "x"], "");
    assert_eq!(missing.code, Some(2), "an audience is needed: {}", missing.err);
}
