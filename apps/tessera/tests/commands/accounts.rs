//! `tessera account`.

use serde_json::json;

use crate::admin_folder::{AdminFolder, PASSWORD, WORKSHOP};

fn add<'a>(realm: &'a str, login: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["add", "--realm", realm, "--login", login, "--password-stdin"], more].concat()
}

#[test]
fn an_account_shows_as_it_was_created() {
    let admin = AdminFolder::new();
    admin.done("role", &["put", "--realm", "players", "--name", "jugador"], "");
    let more = [
        "--alias",
        "gmachia",
        "--role",
        "jugador",
        "--attributes",
        r#"{"a":[1]}"#,
        "--id",
        "77",
    ];
    let made = admin.json("account", &add("players", " GMachia@gmail.com ", &more), PASSWORD);
    let mut shown = admin.json("account", &["show", "--realm", "players", "--login", "GMACHIA"], "");
    assert_eq!(shown["password"].take(), true);
    let at = shown["created_at"].clone();
    let expected = json!({
        "id": 77, "realm": "players", "login": "GMachia@gmail.com", "alias": "gmachia", "role": "jugador",
        "disabled": false, "created_at": at, "attributes": { "a": [1] },
    });
    assert_eq!(made, expected);
    shown.as_object_mut().expect("an object").remove("password");
    assert_eq!(shown, expected);
    let text = admin.done("account", &["show", "--id", "77"], "");
    assert!(
        text.contains("login       GMachia@gmail.com\n") && text.contains("role        jugador\n"),
        "{text}"
    );
}

#[test]
fn a_name_is_in_use_in_every_spelling_and_as_login_or_alias() {
    let admin = AdminFolder::new();
    admin.done("account", &add("pbx", "josé@x.dk", &["--alias", "jo"]), PASSWORD);
    for (login, more) in [
        ("JOSE\u{301}@X.DK", &[][..]),
        ("JO", &[]),
        ("other", &["--alias", "José@x.dk"]),
    ] {
        let sentence = admin.refused("account", &add("pbx", login, more), PASSWORD);
        assert!(sentence.contains("already"), "{sentence}");
    }
    admin.done("account", &add("players", "josé@x.dk", &[]), PASSWORD);
}

#[test]
fn an_account_that_could_not_sign_in_is_refused() {
    let admin = AdminFolder::new();
    for (realm, login, more, named) in [
        ("pbx", " ", &[][..], "--login"),
        ("pbx", "a\u{1b}b", &[], "--login"),
        ("pbx", &"x".repeat(255), &[], "--login"),
        ("pbx", "a", &["--alias", " "], "--alias"),
        ("Workshops", "a", &[], "--realm"),
        ("org:171", "a", &[], "--realm"),
        ("pbx", "a", &["--attributes", "[]"], "--attributes"),
        ("pbx", "a", &["--attributes", "@/does/not/exist"], "/does/not/exist"),
        ("pbx", "a", &["--role", "unknown"], "tessera role put"),
    ] {
        let sentence = admin.refused("account", &add(realm, login, more), PASSWORD);
        assert!(sentence.contains(named), "{sentence}");
    }
}

#[test]
fn a_password_has_to_follow_the_policy_and_a_refused_one_creates_no_account() {
    let admin = AdminFolder::new();
    for (password, named) in [
        ("", "empty"),
        ("seven77", "at least 8"),
        ("x".repeat(73).as_str(), "72"),
        ("🔐".repeat(64).as_str(), "72"),
        ("abc\0defgh", "NUL"),
        ("password1", "common"),
        ("first line\nsecond line", "more than one line"),
    ] {
        let sentence = admin.refused("account", &add("pbx", "a", &[]), password);
        assert!(sentence.contains(named), "{sentence}");
        assert!(password.len() < 7 || !sentence.contains(password), "{sentence}");
        assert!(
            admin
                .refused("account", &["show", "--realm", "pbx", "--login", "a"], "")
                .contains("no account")
        );
    }
    for (login, password) in [
        ("a", "ñandúñan"),
        ("b", "  with spaces  "),
        ("c", &"x".repeat(72)),
        ("d", "8 letters\r\n"),
    ] {
        admin.done("account", &add("pbx", login, &[]), password);
    }
}

#[test]
fn a_workshop_without_its_attributes_is_refused_and_the_error_names_them() {
    let admin = AdminFolder::new();
    let sentence = admin.refused(
        "account",
        &add("workshops", "w", &["--attributes", r#"{"name":"W"}"#]),
        PASSWORD,
    );
    for name in ["countryId", "locale", "vatFactor", "requireAutomaticPayment"] {
        assert!(sentence.contains(&format!("no {name}")), "{sentence}");
    }
    assert!(!sentence.contains("no name"), "{sentence}");
    let wrong = WORKSHOP.replace("0.25", "\"0.25\"");
    let sentence = admin.refused("account", &add("workshops", "w", &["--attributes", &wrong]), PASSWORD);
    assert!(sentence.contains("vatFactor"), "{sentence}");
    std::fs::write(admin.path("w.json"), WORKSHOP).expect("a file");
    let file = format!("@{}", admin.path("w.json").display());
    admin.done("account", &add("workshops", "w", &["--attributes", &file]), PASSWORD);
    admin.done("account", &add("unmounted", "w", &[]), PASSWORD);
}

#[test]
fn attributes_can_be_changed_later() {
    let admin = AdminFolder::new();
    let id = admin.account("workshops", "w").to_string();
    let set = |attributes: &str| {
        let args = ["set-attributes", "--id", &id, "--attributes", attributes];
        admin.run("account", &args, "").code
    };
    let other = WORKSHOP.replace("0.25", "0.5");
    assert_eq!(set(&other), Some(0));
    let attributes = || admin.json("account", &["show", "--id", &id], "")["attributes"].clone();
    assert_eq!(attributes()["vatFactor"], 0.5);
    for wrong in ["{}", "[]", &other.replace("vatFactor", "vat")] {
        assert_eq!(set(wrong), Some(1), "{wrong}");
    }
    assert_eq!(attributes()["vatFactor"], 0.5);
}

#[test]
fn without_a_terminal_and_without_standard_input_there_is_no_password() {
    let admin = AdminFolder::new();
    let args = ["add", "--realm", "pbx", "--login", "a"];
    assert!(admin.refused("account", &args, PASSWORD).contains("--password-stdin"));
}

#[test]
fn the_error_names_the_account_that_was_not_found() {
    let admin = AdminFolder::new();
    for action in ["show", "disable", "enable"] {
        assert!(
            admin
                .refused("account", &[action, "--id", "5"], "")
                .contains("no account 5"),
            "{action}"
        );
        let by_name = [action, "--realm", "pbx", "--login", "unknown"];
        assert!(
            admin.refused("account", &by_name, "").contains("\"unknown\""),
            "{action}"
        );
    }
    let password = ["set-password", "--id", "5", "--password-stdin"];
    assert!(admin.refused("account", &password, PASSWORD).contains("no account 5"));
    assert!(
        admin
            .refused("account", &["set-role", "--id", "5", "--none"], "")
            .contains("no account 5")
    );
}

#[test]
fn state_and_role_are_shown_after_they_were_set() {
    let admin = AdminFolder::new();
    admin.done("role", &["put", "--realm", "pbx", "--name", "admin"], "");
    let id = admin.account("pbx", "a").to_string();
    let shown = |member: &str| admin.json("account", &["show", "--id", &id], "")[member].clone();
    assert_eq!(admin.json("account", &["disable", "--id", &id], "")["disabled"], true);
    assert_eq!(shown("disabled"), true);
    assert_eq!(
        admin.json("account", &["enable", "--realm", "pbx", "--login", "A"], "")["disabled"],
        false
    );
    assert_eq!(shown("disabled"), false);
    admin.done("account", &["set-role", "--id", &id, "--role", "admin"], "");
    assert_eq!(shown("role"), "admin");
    assert!(
        admin
            .refused("account", &["set-role", "--id", &id, "--role", "root"], "")
            .contains("no role \"root\"")
    );
    assert_eq!(shown("role"), "admin");
    admin.done("account", &["set-role", "--id", &id, "--none"], "");
    assert_eq!(shown("role"), serde_json::Value::Null);
}

#[test]
fn a_command_creates_no_database_and_changes_no_tables() {
    let admin = AdminFolder::bare();
    let sentence = admin.refused("account", &add("pbx", "a", &[]), PASSWORD);
    assert!(
        sentence.contains("tessera.db") && sentence.contains("tessera migrate"),
        "{sentence}"
    );
    assert!(!admin.path("tessera.db").exists());
    std::fs::write(admin.path("tessera.db"), "").expect("a file");
    let sentence = admin.refused("account", &add("pbx", "a", &[]), PASSWORD);
    assert!(
        sentence.contains("migrations") && sentence.contains("tessera migrate"),
        "{sentence}"
    );
    let memory = ["show", "--id", "1", "--database-url", "sqlite::memory:"];
    assert!(admin.refused("account", &memory, "").contains("name a file"));
}

#[test]
fn a_command_line_that_cannot_be_understood_ends_with_status_2() {
    let admin = AdminFolder::new();
    for args in [
        &["show"][..],
        &["show", "--login", "a"],
        &["show", "--realm", "r"],
        &["show", "--id", "x"],
        &["fly"],
    ] {
        let ended = admin.run("account", args, "");
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}");
    }
}
