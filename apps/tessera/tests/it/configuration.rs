//! Any dialect works over any issuer that can keep its promises, by a change of the configuration alone.

use serde_json::json;

use crate::support::client::Request;
use crate::support::dialect::Dialect;
use crate::support::jws;
use crate::support::operator::Operator;
use crate::support::server::{DEMO_KEY, Server, Setup};
use crate::support::sign_in::{
    Session, Workshop, at, bare, basic, bearer, lives, refresh, refresh_at, revoke, session, verify, workshop,
};

fn flavour(name: &str, dialect: &str, rest: &str) -> String {
    format!("[[flavour]]\nname = \"{name}\"\ndialect = \"{dialect}\"\n{rest}\n")
}

fn is_opaque(token: &str) -> bool {
    token
        .split_once('|')
        .is_some_and(|(id, secret)| id.parse::<u64>().is_ok() && secret.len() == 40)
}

#[test]
fn the_mechanics_dialect_works_with_opaque_tokens() {
    let server = Server::with_config(&flavour("shops", "mechanics", "issuer = \"opaque\""));
    let first = workshop(&server);
    assert!(is_opaque(&first.token), "{}", first.token);
    for header in [bearer(&first.token), bare(&first.token)] {
        let response = verify(&server, [header]);
        assert_eq!(response.status, 200);
        assert_eq!(response.header("X-Auth-Subject"), Some("281950"));
        assert_eq!(response.header("X-Auth-Flavour"), Some("shops"));
    }
    let second = Workshop::of(&refresh(&server, &first.refresh));
    assert!(is_opaque(&second.token) && second.token != first.token);
    assert_eq!(Workshop::of(&refresh(&server, &first.refresh)).refresh, second.refresh);
    let third = Workshop::of(&refresh(&server, &second.refresh));
    assert!(lives(&server, [bearer(&third.token)]));
    Dialect::Mechanics.refuses(&refresh(&server, &first.refresh), 401);
    for held in [&first, &second, &third] {
        assert!(
            !lives(&server, [bearer(&held.token)]),
            "reuse ends the session with all its tokens"
        );
    }
    let wrong = Dialect::Mechanics.attempt("workshop@email.dk", "wrong");
    Dialect::Mechanics.refuses(&server.send(&Dialect::Mechanics.request(&wrong)), 401);
}

#[test]
fn the_device_dialect_works_with_signed_tokens() {
    let server = Server::with_config(&flavour("phones", "device", "issuer = \"jwt\"\nalgorithm = \"EdDSA\""));
    let create = || server.send(&Dialect::Device.request(&Dialect::Device.good()));
    let (one, other) = (create(), create());
    assert_eq!(one.json()["permisos"].as_array().map(Vec::len), Some(10));
    let (one, other) = (one.member("token"), other.member("token"));
    assert_eq!(jws::header(&one)["alg"], "EdDSA");
    let response = verify(&server, [bearer(&one)]);
    assert_eq!(response.header("X-Auth-Flavour"), Some("phones"));
    assert!(
        response
            .header("X-Auth-Permissions")
            .is_some_and(|list| list.starts_with("consultarTitulo registrarJuego"))
    );
    let may = |permission: &str| {
        let request = Request::get(&format!("/auth/verify?permission={permission}")).headers([bearer(&one)]);
        server.send(&request).status
    };
    assert_eq!((may("editarJuego"), may("nadie")), (200, 403));
    assert_eq!(verify(&server, [bearer(&jws::forged(&one))]).status, 401);
    assert_eq!(revoke(&server, [bearer(&one)]).status, 200);
    assert!(!lives(&server, [bearer(&one)]) && lives(&server, [bearer(&other)]));
    Dialect::Device.refuses(&revoke(&server, [bearer(&one)]), 401);
}

#[test]
fn the_login_dialect_works_with_opaque_tokens_that_end() {
    let server = Server::with_config(&flavour("pbx", "login", "issuer = \"opaque\"\nlifetime = \"1h\""));
    let (one, other) = (session(&server), session(&server));
    assert!(is_opaque(&one.token));
    assert!(lives(&server, one.headers()));
    let mixed = [("X-Access-Token", one.token.clone()), ("X-Key", other.key.clone())];
    assert!(!lives(&server, mixed.clone()));
    let out = |headers: [(&'static str, String); 2]| server.send(&Request::post("/logout").headers(headers)).status;
    assert_eq!((out(mixed), out(one.headers()), out(one.headers())), (401, 200, 401));
    assert!(!lives(&server, one.headers()) && lives(&server, other.headers()));
    let expires = server.send(&Dialect::Login.request(&Dialect::Login.good())).json()["expires"].as_i64();
    assert!(expires.is_some_and(|ms| (ms - crate::support::now_ms() - 3_600_000).abs() < 60_000));
}

#[test]
fn the_integration_dialect_works_with_signed_tokens() {
    let server = Server::with_config(&flavour(
        "partners",
        "integration",
        "issuer = \"jwt\"\nalgorithm = \"ES256\"",
    ));
    let ask = || server.send(&Dialect::Integration.request(&Dialect::Integration.good()));
    let (first, again) = (ask(), ask());
    assert_eq!(at(&first.json(), "/person/id"), at(&again.json(), "/person/id"));
    let tokens = [first.member("token"), again.member("token")];
    let sids = tokens.clone().map(|token| jws::claims(&token)["sid"].clone());
    assert_eq!(sids[0], sids[1], "repeated calls share one session");
    for token in &tokens {
        assert!(lives(&server, [basic(token)]) && lives(&server, [bearer(token)]));
        assert_eq!(verify(&server, [bearer(token)]).header("X-Auth-Realm"), Some("org:171"));
    }
}

#[test]
fn every_algorithm_with_generated_keys_signs_refreshes_and_is_distinguished() {
    let algorithms = ["HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA"];
    let block = |name: &&str| {
        let lower = name.to_lowercase();
        flavour(
            &lower,
            "mechanics",
            &format!("algorithm = \"{name}\"\npath = \"/{lower}\""),
        )
    };
    let server = Server::with_config(&algorithms.iter().map(block).collect::<String>());
    for name in algorithms {
        let path = format!("/{}", name.to_lowercase());
        let sign_in = Request::post(&path).json(Dialect::Mechanics.good());
        let first = Workshop::of(&server.send(&sign_in));
        let second = Workshop::of(&refresh_at(&server, &path, &first.refresh));
        for held in [&first, &second] {
            assert_eq!(jws::header(&held.token)["alg"], name);
            let response = verify(&server, [bearer(&held.token)]);
            assert_eq!(response.header("X-Auth-Flavour"), Some(&path[1..]));
            assert_eq!(
                verify(&server, [bearer(&jws::forged(&held.token))]).status,
                401,
                "{name}"
            );
        }
        let elsewhere = algorithms.iter().filter(|other| **other != name);
        for other in elsewhere.map(|other| format!("/{}", other.to_lowercase())) {
            assert_eq!(
                refresh_at(&server, &other, &second.refresh).status,
                401,
                "{path} at {other}"
            );
        }
        Workshop::of(&refresh_at(&server, &path, &second.refresh));
    }
}

/// Keys only for these tests.
const RSA: [&str; 2] = [
    include_str!("../data/rsa_2048_test_key.pem"),
    include_str!("../data/rsa_2048_other_test_key.pem"),
];

#[test]
fn an_rsa_key_is_imported_for_one_flavour_and_signs_refreshes_and_verifies() {
    let toml = ["RS256", "PS256"].map(|name| {
        let lower = name.to_lowercase();
        flavour(
            &lower,
            "mechanics",
            &format!("algorithm = \"{name}\"\npath = \"/{lower}\""),
        )
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let setup = |setup: Setup| {
        setup
            .config(toml.concat())
            .env("TESSERA_MASTER_KEY", DEMO_KEY)
            .file(&file)
    };
    let refused = setup(Setup::demo()).run();
    assert_eq!(refused.code, Some(1), "no such key is made: {refused:?}");
    assert!(refused.err.contains("tessera key import"), "{}", refused.err);
    let import = |flavour: &str, key: &str| {
        let ended = setup(Setup::command("key").arg("import").arg("--flavour").arg(flavour))
            .input(key)
            .run();
        ended.code
    };
    assert_eq!(import("rs256", RSA[0]), Some(0));
    assert_eq!(import("ps256", RSA[0]), Some(1), "no two flavours share a key");
    assert_eq!(import("ps256", RSA[1]), Some(0));
    let server = setup(Setup::demo()).start();
    for name in ["RS256", "PS256"] {
        let path = format!("/{}", name.to_lowercase());
        let first = Workshop::of(&server.send(&Request::post(&path).json(Dialect::Mechanics.good())));
        let second = Workshop::of(&refresh_at(&server, &path, &first.refresh));
        for held in [&first, &second] {
            assert_eq!(jws::header(&held.token)["alg"], name);
            let response = verify(&server, [bearer(&held.token)]);
            assert_eq!(response.header("X-Auth-Flavour"), Some(&path[1..]));
            assert_eq!(verify(&server, [bearer(&jws::forged(&held.token))]).status, 401);
        }
    }
}

/// Two workshops' APIs, each with its own accounts.
const TWO_REALMS: &str = r#"
[[flavour]]
name = "danish"
dialect = "mechanics"
path = "/dk/tokens"
realm = "workshops"
[[flavour]]
name = "spanish"
dialect = "mechanics"
path = "/es/tokens"
realm = "talleres"
lifetime = "10m"
"#;

#[test]
fn two_mechanics_dialects_over_two_realms_share_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().config(TWO_REALMS).file(&file).start();
    Operator::of_file(&file).add("talleres", "workshop@email.dk", "otra contrasena", &[]);
    let ask = |path: &str, password: &str| {
        let body = json!({"email": "workshop@email.dk", "password": password});
        server.send(&Request::post(path).json(body))
    };
    let (danish, spanish) = (ask("/dk/tokens", "qwerty"), ask("/es/tokens", "otra contrasena"));
    assert_eq!(at(&danish.json(), "/user/locale"), "da");
    let user = r#""user":{"name":"N","countryId":2,"locale":"es","vatFactor":1.0,"requireAutomaticPayment":false}}"#;
    assert!(spanish.text().ends_with(user), "{spanish:?}");
    for (path, password) in [("/dk/tokens", "otra contrasena"), ("/es/tokens", "qwerty")] {
        let response = ask(path, password);
        assert_eq!(response.status, 401, "{path}");
        let realm = if path == "/dk/tokens" { "workshops" } else { "talleres" };
        assert_eq!(
            response.header("WWW-Authenticate"),
            Some(format!("Bearer realm=\"{realm}\"").as_str())
        );
    }
    let (danish, spanish) = (Workshop::of(&danish), Workshop::of(&spanish));
    let flavour_and_realm = |token: &str| {
        let response = verify(&server, [bearer(token)]);
        ["X-Auth-Flavour", "X-Auth-Realm"].map(|name| response.header(name).map(str::to_owned))
    };
    assert_eq!(
        flavour_and_realm(&danish.token),
        [Some("danish".into()), Some("workshops".into())]
    );
    assert_eq!(
        flavour_and_realm(&spanish.token),
        [Some("spanish".into()), Some("talleres".into())]
    );
    assert_ne!(jws::header(&danish.token)["kid"], jws::header(&spanish.token)["kid"]);
    let life = |token: &str| {
        jws::claims(token)["exp"]
            .as_i64()
            .zip(jws::claims(token)["iat"].as_i64())
            .map(|(e, i)| e - i)
    };
    assert_eq!((life(&danish.token), life(&spanish.token)), (Some(900), Some(600)));
    assert_eq!(refresh_at(&server, "/es/tokens", &danish.refresh).status, 401);
    assert_eq!(refresh_at(&server, "/dk/tokens", &spanish.refresh).status, 401);
    for (path, held) in [("/dk/tokens", &danish), ("/es/tokens", &spanish)] {
        let next = Workshop::of(&refresh_at(&server, path, &held.refresh));
        assert!(lives(&server, [bearer(&next.token)]));
    }
    assert_eq!(
        ask("/api/v2/mechanics/tokens", "qwerty").status,
        404,
        "the default's place is free"
    );
}

#[test]
fn a_flavour_can_be_mounted_under_any_path() {
    let toml = flavour("a", "login", "path = \"/deep/down/here\"") + &flavour("b", "device", "path = \"/v1.2/~x_y-z\"");
    let server = Server::with_config(&toml);
    let login = server.send(&Request::post("/deep/down/here/login").json(Dialect::Login.good()));
    let held = Session::of(&login);
    assert_eq!(
        server
            .send(&Request::post("/deep/down/here/logout").headers(held.headers()))
            .status,
        200
    );
    let created = server.send(&Request::post("/v1.2/~x_y-z/create").json(Dialect::Device.good()));
    assert_eq!(created.status, 200);
    for path in ["/login", "/logout", "/api/tokens/create", "/v1x2/~x_y-z/create"] {
        assert_eq!(server.send(&Request::post(path).json("{}")).status, 404, "{path}");
    }
}
