//! Changes of accounts and their effect on tokens (contract, sections 1 and 4): an operator changes the database, and
//! the running server follows within a second.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::dialect::{Dialect, PLAYER_PASSWORD};
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    Workshop, basic, bearer, client, device, lives, refresh, session, sign_in, verify, workshop,
};

/// One second, in steps of `poll`.
const A_SECOND: usize = 100;

struct Fixture {
    server: Server,
    operator: Operator,
    _folder: TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("t.db");
    Fixture {
        server: Setup::demo().file(&file).start(),
        operator: Operator::of_file(&file),
        _folder: folder,
    }
}

#[test]
fn a_disabled_accounts_tokens_are_revoked_and_stay_revoked() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let (shop, held, player) = (workshop(&server), session(&server), device(&server));
    for (realm, login) in [
        ("workshops", "workshop@email.dk"),
        ("pbx", "100@mydomain.com"),
        ("players", "gmachia"),
    ] {
        operator.disable(realm, login);
    }
    assert!(poll(A_SECOND, || !lives(&server, [bearer(&shop.token)])));
    assert!(poll(A_SECOND, || !lives(&server, held.headers())));
    assert!(poll(A_SECOND, || !lives(&server, [bearer(&player)])));
    assert_eq!(refresh(&server, &shop.refresh).status, 401);
    for dialect in Dialect::WITH_PASSWORDS {
        let wrong =
            server
                .send(&dialect.request(
                    &dialect.attempt(dialect.good()[dialect.name_field()].as_str().expect("a text"), "wrong"),
                ));
        let right = server.send(&dialect.request(&dialect.good()));
        dialect.refuses(&right, 401);
        assert_eq!(
            right.comparable(),
            wrong.comparable(),
            "the answer shows at {dialect:?} that the account is disabled"
        );
    }
    operator.enable("workshops", "workshop@email.dk");
    assert_eq!(sign_in(&server, Dialect::Mechanics).status, 200);
    assert!(!lives(&server, [bearer(&shop.token)]), "its tokens stay revoked");
    assert_eq!(refresh(&server, &shop.refresh).status, 401);
}

#[test]
fn a_password_change_ends_the_other_sessions_of_that_account() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let (shop, player) = (workshop(&server), device(&server));
    operator.set_password("workshops", "workshop@email.dk", "another password");
    assert!(poll(A_SECOND, || !lives(&server, [bearer(&shop.token)])));
    assert_eq!(refresh(&server, &shop.refresh).status, 401);
    assert!(lives(&server, [bearer(&player)]), "another account's token");
    let mechanics = Dialect::Mechanics;
    assert_eq!(server.send(&mechanics.request(&mechanics.good())).status, 401);
    let body = mechanics.attempt("workshop@email.dk", "another password");
    let held = Workshop::of(&server.send(&mechanics.request(&body)));
    assert!(lives(&server, [bearer(&held.token)]));
}

#[test]
fn a_device_token_does_what_it_was_issued_for_and_its_owner_still_may() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let token = device(&server);
    let may = |permission: &str| {
        let request = Request::get(&format!("/auth/verify?permission={permission}")).headers([bearer(&token)]);
        let status = server.send(&request).status;
        assert!(matches!(status, 200 | 403), "{status}");
        status == 200
    };
    assert!(may("editarJuego") && may("consultarTitulo"));
    operator.put_role("players", "jugador", &["consultarTitulo", "nuevoDerecho"]);
    assert!(poll(A_SECOND, || !may("editarJuego")));
    assert!(may("consultarTitulo"));
    assert!(!may("nuevoDerecho"), "a right that its owner got later");
    assert_eq!(
        verify(&server, [bearer(&token)]).header("X-Auth-Permissions"),
        Some("consultarTitulo")
    );
    let fresh = sign_in(&server, Dialect::Device).json();
    assert_eq!(fresh["permisos"], json!(["consultarTitulo", "nuevoDerecho"]));
    operator.put_role("players", "jugador", &["editarJuego", "consultarTitulo"]);
    assert!(poll(A_SECOND, || may("editarJuego")), "it was issued for that");
    operator.run(
        "account",
        &["set-role", "--realm", "players", "--login", "gmachia", "--none"],
        "",
    );
    assert!(poll(A_SECOND, || !may("editarJuego")));
    assert_eq!(sign_in(&server, Dialect::Device).json()["permisos"], json!([]));
}

#[test]
fn a_role_lists_each_permission_once_and_in_its_own_order() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    operator.put_role("players", "jugador", &["z", "a", "m", "a", "z"]);
    assert_eq!(
        sign_in(&server, Dialect::Device).json()["permisos"],
        json!(["z", "a", "m"])
    );
}

#[test]
fn a_login_without_a_known_role_gets_the_lowest_role_and_never_root() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    operator.put_role("pbx", "supervisor", &[]);
    operator.add("pbx", "plain@mydomain.com", "a long password", &[]);
    operator.add("pbx", "odd@mydomain.com", "a long password", &["--role", "supervisor"]);
    for name in ["plain@mydomain.com", "odd@mydomain.com"] {
        let body = json!({"username": name, "password": "a long password"});
        assert_eq!(server.send(&Dialect::Login.request(&body)).json()["role"], 2, "{name}");
    }
}

#[test]
fn a_disabled_consumer_is_refused_at_its_next_call_and_its_clients_keep_their_tokens() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let token = client(&server, "kept@letsta.lk");
    let integration = Dialect::Integration;
    let wrong = server.send(&integration.request(&integration.attempt("demo-key", "wrong")));
    operator.run("consumer", &["disable", "--key", "demo-key"], "");
    let refused = server.send(&integration.request(&integration.good()));
    integration.refuses(&refused, 401);
    assert_eq!(refused.comparable(), wrong.comparable());
    assert!(lives(&server, [basic(&token)]));
    operator.run("consumer", &["enable", "--key", "demo-key"], "");
    assert_eq!(client(&server, "kept@letsta.lk"), token);
}

#[test]
fn a_disabled_clients_token_is_revoked() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let (token, other) = (
        client(&server, "disabled@letsta.lk"),
        client(&server, "other@letsta.lk"),
    );
    operator.disable("org:171", "disabled@letsta.lk");
    assert!(poll(A_SECOND, || !lives(&server, [basic(&token)])));
    assert!(lives(&server, [basic(&other)]));
    let mut body = Dialect::Integration.good();
    body["email"] = "disabled@letsta.lk".into();
    Dialect::Integration.refuses(&server.send(&Dialect::Integration.request(&body)), 401);
}

#[test]
fn a_token_revoked_by_an_operator_is_refused_by_the_server() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let (one, other) = (device(&server), device(&server));
    let id = one.split('|').next().expect("a number");
    operator.run("token", &["revoke", "--id", id], "");
    assert!(poll(A_SECOND, || !lives(&server, [bearer(&one)])));
    assert!(lives(&server, [bearer(&other)]));
}

#[test]
fn a_password_of_more_than_72_bytes_or_with_a_nul_cannot_be_set() {
    let Fixture {
        server,
        operator,
        _folder,
    } = fixture();
    let at_the_limit = "p".repeat(72);
    operator.set_password("players", "gmachia", &at_the_limit);
    let login = |password: &str| {
        let body = Dialect::Device.attempt("gmachia", password);
        server.send(&Dialect::Device.request(&body)).status
    };
    assert_eq!(login(&at_the_limit), 200);
    assert_eq!(login(&format!("{at_the_limit}p")), 401);
    assert_eq!(login(&at_the_limit[..71]), 401);
    assert_eq!(login(PLAYER_PASSWORD), 401);
    for password in ["p".repeat(73), "😀".repeat(19), "with\u{0}nul".into()] {
        let args = [
            "set-password",
            "--realm",
            "players",
            "--login",
            "gmachia",
            "--password-stdin",
        ];
        let setup = args.iter().fold(Setup::command("account"), Setup::arg);
        let file = _folder.path().join("t.db");
        let ended = setup.file(&file).input(&password).run();
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        assert!(!ended.err.contains(&password), "{}", ended.err);
    }
    assert_eq!(login(&at_the_limit), 200);
}
