//! Lists of roles, organisations and consumers, their pages, and the question before dangerous acts.

use serde_json::json;

use crate::admin_folder::AdminFolder;

#[test]
fn empty_lists_say_how_to_create_the_first() {
    let admin = AdminFolder::new();
    for (noun, members) in [
        ("role", "roles"),
        ("organisation", "organisations"),
        ("consumer", "consumers"),
    ] {
        assert!(
            admin
                .done(noun, &["list"], "")
                .contains(&format!("`tessera {noun} put`")),
            "{noun}"
        );
        assert_eq!(admin.json(noun, &["list"], "")[members], json!([]), "{noun}");
    }
}

#[test]
fn accounts_come_in_pages_of_one_realm() {
    let admin = AdminFolder::new();
    assert_eq!(
        admin.done("account", &["list", "--realm", "players"], ""),
        "the realm players has no accounts\n"
    );
    for login in ["a@x.dk", "b@x.dk", "c@x.dk"] {
        admin.account("players", login);
    }
    admin.account("workshops", "d@x.dk");
    admin.done("account", &["disable", "--id", "2"], "");
    let first = admin.done("account", &["list", "--realm", "players", "--limit", "2"], "");
    assert!(first.contains("b@x.dk  -      -     disabled"), "{first}");
    assert!(first.ends_with("there are more: use --after 'b@x.dk'\n"), "{first}");
    let last = admin.json("account", &["list", "--realm", "players", "--after", "B@x.dk"], "");
    assert_eq!(last["accounts"][0]["login"], "c@x.dk");
    assert_eq!(
        (last["accounts"].as_array().map(Vec::len), &last["next"]),
        (Some(1), &json!(null))
    );
}

#[test]
fn roles_are_listed_for_one_realm_or_all() {
    let admin = AdminFolder::new();
    admin.jugador(&["b", "a"]);
    admin.done("role", &["put", "--realm", "pbx", "--name", "caller"], "");
    assert_eq!(
        admin.done("role", &["list"], ""),
        "realm    name     permissions\npbx      caller\nplayers  jugador  b, a\n"
    );
    let of = admin.json("role", &["list", "--realm", "players"], "");
    let expected = json!({ "roles": [{ "realm": "players", "name": "jugador", "permissions": ["b", "a"] }] });
    assert_eq!(of, expected);
}

#[test]
fn organisations_and_consumers_come_in_pages() {
    let admin = AdminFolder::new();
    for id in ["9", "10", "171"] {
        admin.organisation(id, "3600");
        admin.done(
            "consumer",
            &["put", "--key", &format!("key {id}"), "--organisation", id],
            "",
        );
    }
    admin.done("consumer", &["disable", "--key", "key 10"], "");
    let first = admin.done("organisation", &["list", "--limit", "2"], "");
    assert!(first.ends_with("there are more: use --after 10\n"), "{first}");
    let last = admin.json("organisation", &["list", "--limit", "2", "--after", "10"], "");
    let expected = json!({ "id": 171, "name": "N", "subdomain": "s", "utc_offset": 3600 });
    assert_eq!(last, json!({ "organisations": [expected], "next": null }));
    assert_eq!(admin.json("organisation", &["show", "--id", "171"], ""), expected);
    assert!(
        admin
            .refused("organisation", &["show", "--id", "11"], "")
            .contains("no organisation 11")
    );
    let first = admin.done("consumer", &["list", "--limit", "2"], "");
    assert!(first.contains("key 10   disabled  10"), "{first}");
    assert!(first.ends_with("there are more: use --after 'key 171'\n"), "{first}");
    let last = admin.json("consumer", &["list", "--after", "key 171"], "");
    assert_eq!(last["consumers"][0]["key"], "key 9");
    assert_eq!(last["next"], json!(null));
}

#[test]
fn a_resource_server_shows_as_it_is_listed() {
    let admin = AdminFolder::new();
    admin.done("resource-server", &["put", "--id", "games", "--all-flavours"], "");
    let listed = admin.json("resource-server", &["list"], "");
    assert_eq!(
        admin.json("resource-server", &["show", "--id", "games"], ""),
        listed["resource_servers"][0]
    );
    assert!(
        admin
            .refused("resource-server", &["show", "--id", "x"], "")
            .contains("no resource server")
    );
}

#[test]
fn what_signs_out_many_is_not_done_unasked() {
    let admin = AdminFolder::new();
    admin.organisation("171", "0");
    for revoke in [&["revoke", "--all"][..], &["revoke", "--organisation", "171"]] {
        let sentence = admin.refused("token", revoke, "yes\n");
        assert!(
            sentence.starts_with("nothing was changed: ") && sentence.contains("--yes"),
            "{sentence}"
        );
    }
    assert_eq!(
        admin.json("audit", &["list", "--event", "all_sessions_ended"], "")["entries"],
        json!([])
    );
}

#[test]
fn output_into_a_file_has_no_colour() {
    let admin = AdminFolder::new();
    let ended = admin.run_with("doctor", &[], "", &[("TERM", "xterm-256color")]);
    assert!(ended.out.starts_with("ok    settings      "), "{}", ended.out);
    assert!(!ended.out.contains('\u{1b}'), "{}", ended.out);
}
