//! `tessera operator`.

use serde_json::json;

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::support::server::Setup;

fn add<'a>(login: &'a str, role: &'a str) -> [&'a str; 6] {
    ["add", "--login", login, "--role", role, "--password-stdin"]
}

fn roles(admin: &AdminFolder) -> Vec<(String, String, bool)> {
    let listed = admin.json("operator", &["list"], "");
    let each = listed["operators"].as_array().expect("a list").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    each.map(|one| (text(&one["login"]), text(&one["role"]), one["disabled"] == json!(true)))
        .collect()
}

#[test]
fn operators_have_one_of_three_roles_and_are_listed_by_name() {
    let admin = AdminFolder::new();
    let made = admin.json("operator", &add(" Anna@example.com ", "owner"), PASSWORD);
    assert_eq!(made["login"], "Anna@example.com");
    admin.done("operator", &add("zoe", "viewer"), PASSWORD);
    admin.done("operator", &add("bert", "operator"), PASSWORD);
    let listed = roles(&admin);
    let expected = [("Anna@example.com", "owner"), ("bert", "operator"), ("zoe", "viewer")];
    let expected = expected.map(|(login, role)| (login.to_owned(), role.to_owned(), false));
    assert_eq!(listed, expected);
    let wrong = admin.run("operator", &add("mallory", "root"), PASSWORD);
    assert!(
        wrong.code == Some(2) && wrong.err.contains("viewer, operator and owner"),
        "{}",
        wrong.err
    );
    let taken = admin.refused("operator", &add("ANNA@example.com", "viewer"), PASSWORD);
    assert!(taken.contains("already"), "{taken}");
    admin.refused("operator", &add("carl", "viewer"), "short");
    assert_eq!(roles(&admin).len(), 3, "a refused password creates no operator");
}

#[test]
fn the_last_enabled_owner_stays_unless_it_is_meant() {
    let admin = AdminFolder::new();
    admin.done("operator", &add("anna", "owner"), PASSWORD);
    admin.done("operator", &add("bert", "owner"), PASSWORD);
    admin.done("operator", &["disable", "--login", "bert"], "");
    for act in [
        &["disable", "--login", "ANNA"][..],
        &["set-role", "--login", "anna", "--role", "viewer"],
    ] {
        let sentence = admin.refused("operator", act, "");
        assert!(
            sentence.contains("last enabled owner") && sentence.contains("--yes"),
            "{sentence}"
        );
    }
    assert_eq!(roles(&admin)[0], ("anna".to_owned(), "owner".to_owned(), false));
    admin.done("operator", &["set-role", "--login", "anna", "--role", "owner"], "");
    admin.done("operator", &["enable", "--login", "bert"], "");
    admin.done("operator", &["set-role", "--login", "anna", "--role", "viewer"], "");
    admin.done("operator", &["disable", "--login", "bert", "--yes"], "");
    assert!(roles(&admin)[1].2);
}

#[test]
fn operators_are_changed_by_their_own_commands_alone() {
    let admin = AdminFolder::new();
    admin.done("operator", &add("anna", "owner"), PASSWORD);
    for (command, args) in [
        ("account", &["disable", "--realm", "operators", "--login", "anna"][..]),
        ("account", &["set-role", "--id", "1", "--none"]),
        ("account", &["set-password", "--id", "1", "--password-stdin"]),
        (
            "account",
            &["add", "--realm", "operators", "--login", "eve", "--password-stdin"],
        ),
        ("role", &["put", "--realm", "operators", "--name", "owner"]),
    ] {
        let sentence = admin.refused(command, args, PASSWORD);
        assert!(sentence.contains("tessera operator"), "{sentence}");
    }
    admin.done("account", &["show", "--id", "1"], "");
    admin.done(
        "operator",
        &["set-password", "--login", "anna", "--password-stdin"],
        PASSWORD,
    );
    let unknown = admin.refused("operator", &["enable", "--login", "eve"], "");
    assert!(unknown.contains("tessera operator list"), "{unknown}");
    let audited = admin.json("audit", &["list"], "");
    let entries = audited["entries"].as_array().expect("a list").iter();
    let events: Vec<_> = entries
        .map(|entry| (entry["event"].clone(), entry["command"].clone()))
        .collect();
    let expected = [
        (json!("password_set"), json!("operator set-password")),
        (json!("password_set"), json!("operator add")),
        (json!("account_created"), json!("operator add")),
    ];
    assert_eq!(events, expected);
}

#[test]
fn no_flavour_has_the_realm_or_the_sessions_of_operators() {
    for (setting, named) in [
        ("name = \"a\"\nrealm = \"operators\"", "flavour.a.realm = operators: "),
        ("name = \"console\"", "flavour.name = console: "),
    ] {
        let settings = format!("[[flavour]]\ndialect = \"login\"\n{setting}\n");
        let ended = Setup::plain().config(&settings).run();
        assert!(ended.code == Some(1) && ended.err.contains(named), "{}", ended.err);
    }
}
