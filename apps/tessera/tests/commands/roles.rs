//! `tessera role`, `tessera organisation`.

use serde_json::json;

use crate::admin_folder::AdminFolder;

#[test]
fn a_role_shows_its_latest_permissions_in_order_and_each_once() {
    let admin = AdminFolder::new();
    admin.jugador(&["old"]);
    let expected = json!({ "realm": "players", "name": "jugador", "permissions": ["zeta", "alpha", "mid"] });
    assert_eq!(admin.jugador(&["zeta", "alpha", "zeta", "mid"]), expected);
    let show = ["show", "--realm", "players", "--name", "jugador"];
    assert_eq!(admin.json("role", &show, ""), expected);
    assert_eq!(
        admin.done("role", &show, ""),
        "role jugador in players permits\n  zeta\n  alpha\n  mid\n"
    );
    admin.jugador(&[]);
    assert_eq!(
        admin.done("role", &show, ""),
        "role jugador in players permits nothing\n"
    );
}

#[test]
fn an_invalid_role_is_refused() {
    let admin = AdminFolder::new();
    for permission in ["", "*", "a b", "a,b", "ñ"] {
        let args = ["put", "--realm", "players", "--name", "x", "--permission", permission];
        assert!(
            admin.refused("role", &args, "").contains("--permission"),
            "{permission:?}"
        );
    }
    for name in ["", " x", "a\nb"] {
        let args = ["put", "--realm", "players", "--name", name];
        assert!(admin.refused("role", &args, "").contains("--name"), "{name:?}");
    }
    let show = ["show", "--realm", "players", "--name", "x"];
    assert!(admin.refused("role", &show, "").contains("no role \"x\""));
}

#[test]
fn an_organisation_shows_as_it_was_put() {
    let admin = AdminFolder::new();
    let put = [
        "put",
        "--id",
        "171",
        "--name",
        "Ping Pong",
        "--subdomain",
        "pingpong",
        "--utc-offset",
        "-14400",
    ];
    let expected = json!({ "id": 171, "name": "Ping Pong", "subdomain": "pingpong", "utc_offset": -14400 });
    assert_eq!(admin.json("organisation", &put, ""), expected);
    for (name, subdomain, named) in [
        (" ", "s", "--name"),
        ("a\u{7}", "s", "--name"),
        ("N", "", "--subdomain"),
        ("N", "Ping", "--subdomain"),
        ("N", "-a", "--subdomain"),
        ("N", "a.b", "--subdomain"),
    ] {
        let subdomain = format!("--subdomain={subdomain}");
        let args = ["put", "--id", "1", "--name", name, &subdomain, "--utc-offset", "0"];
        assert!(
            admin.refused("organisation", &args, "").contains(named),
            "{name:?} {subdomain:?}"
        );
    }
}
