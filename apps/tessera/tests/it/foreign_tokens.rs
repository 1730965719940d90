//! Tokens that must be rejected: of another flavour, in another header, misspelt, or read from the database.

use auth_core::TokenDigest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    at, bare, basic, bearer, client, device, lives, logout, refresh, revoke, session, sign_in, verify, workshop,
};
use crate::support::vectors::{cases, fill};
use crate::support::{jws, poll};

/// Every way to present a token.
fn every_carrier(token: &str, key: &str) -> [(&'static str, Vec<(&'static str, String)>); 6] {
    let access = ("X-Access-Token", token.to_owned());
    [
        ("bearer", vec![bearer(token)]),
        ("bare", vec![bare(token)]),
        ("basic", vec![basic(token)]),
        ("access", vec![access.clone()]),
        ("access with a key", vec![access, ("X-Key", key.to_owned())]),
        ("bearer with a key", vec![bearer(token), ("X-Key", key.to_owned())]),
    ]
}

#[test]
fn a_token_is_accepted_only_by_its_own_flavour_in_its_own_headers() {
    let server = Server::shared();
    let held = session(server);
    let tokens = [
        (
            "mechanics",
            workshop(server).token,
            &["bearer", "bare", "bearer with a key"][..],
        ),
        ("login", held.token.clone(), &["access with a key"]),
        ("device", device(server), &["bearer", "bearer with a key"]),
        (
            "integration",
            client(server, "stranger@letsta.lk"),
            &["bearer", "basic", "bearer with a key"],
        ),
    ];
    for (flavour, token, own) in &tokens {
        for (carrier, headers) in every_carrier(token, &held.key) {
            let response = verify(server, headers);
            let expected = if own.contains(&carrier) { 200 } else { 401 };
            assert_eq!(response.status, expected, "{flavour} as {carrier}");
            if expected == 200 {
                assert_eq!(response.header("X-Auth-Flavour"), Some(*flavour));
            }
        }
    }
}

#[test]
fn no_flavour_refreshes_or_revokes_another_flavours_tokens() {
    let server = Server::shared();
    let (shop, held) = (workshop(server), session(server));
    let (device, client) = (device(server), client(server, "ends@letsta.lk"));
    for token in [&shop.token, &shop.refresh, &device, &client] {
        for (_, headers) in every_carrier(token, &held.key) {
            Dialect::Login.refuses(&logout(server, headers), 401);
        }
    }
    for token in [&shop.token, &shop.refresh, &held.token, &client] {
        for (_, headers) in every_carrier(token, &held.key) {
            Dialect::Device.refuses(&revoke(server, headers), 401);
        }
    }
    for token in [&shop.token, &held.token, &held.key, &device, &client] {
        Dialect::Mechanics.refuses(&refresh(server, token), 401);
    }
    for (_, headers) in every_carrier(&shop.refresh, &held.key) {
        assert_eq!(verify(server, headers).status, 401);
    }
    assert!(lives(server, [bearer(&shop.token)]) && lives(server, held.headers()));
    assert!(lives(server, [bearer(&device)]) && lives(server, [basic(&client)]));
}

/// Two flavours of every strategy over one realm, so that one person can have a token of each.
const ONE_PERSON: &str = r#"
[[flavour]]
name = "one"
dialect = "device"
path = "/one"
realm = "players"
[[flavour]]
name = "two"
dialect = "device"
path = "/two"
realm = "players"
[[flavour]]
name = "three"
dialect = "device"
path = "/three"
realm = "players"
issuer = "jwt"
[[flavour]]
name = "four"
dialect = "device"
path = "/four"
realm = "players"
issuer = "jwt"
[[flavour]]
name = "five"
dialect = "login"
path = "/five"
realm = "players"
exp_unit = "seconds"
[[flavour]]
name = "six"
dialect = "login"
path = "/six"
realm = "players"
"#;

#[test]
fn a_token_is_rejected_by_another_flavour_even_for_the_same_person() {
    let server = Setup::demo().config(ONE_PERSON).start();
    let create = |path: &str| {
        let request = Request::post(&format!("/{path}/create")).json(Dialect::Device.good());
        server.send(&request).member("token")
    };
    let paths = ["one", "two", "three", "four"];
    let tokens = paths.map(create);
    for (path, token) in paths.iter().zip(&tokens) {
        assert_eq!(verify(&server, [bearer(token)]).header("X-Auth-Flavour"), Some(*path));
        for other in paths.iter().filter(|other| *other != path) {
            let request = Request::post(&format!("/{other}/revoke")).headers([bearer(token)]);
            assert_eq!(server.send(&request).status, 401, "a token of {path} at {other}");
        }
    }
    let body = r#"{"username":"gmachia","password":"9yUQc%ewEf^(Tw4"}"#;
    let logins = ["five", "six"].map(|path| server.send(&Request::post(&format!("/{path}/login")).json(body)));
    let [five, six] = logins.map(|response| crate::support::sign_in::Session::of(&response));
    for (held, elsewhere) in [(&five, "six"), (&six, "five")] {
        let request = Request::post(&format!("/{elsewhere}/logout")).headers(held.headers());
        assert_eq!(server.send(&request).status, 401, "at {elsewhere}");
        assert_eq!(verify(&server, [bearer(&held.token)]).status, 401);
    }
    let mixed = [("X-Access-Token", five.token.clone()), ("X-Key", six.key.clone())];
    assert_eq!(verify(&server, mixed).status, 401);
    assert!(tokens.iter().all(|token| lives(&server, [bearer(token)])));
    assert!(lives(&server, five.headers()) && lives(&server, six.headers()));
}

#[test]
fn a_changed_signed_token_is_refused() {
    let server = Server::shared();
    let token = workshop(server).token;
    let parts: Vec<&str> = token.split('.').collect();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let kid = at(&jws::header(&token), "/kid").as_str().expect("a text").to_owned();
    let claims = jws::parts(&token).1;
    let none = encode(&format!(r#"{{"typ":"JWT","alg":"none","kid":"{kid}"}}"#));
    let other = session(server).token;
    let foreign_kid = at(&jws::header(&other), "/kid").as_str().expect("a text").to_owned();
    for forged in [
        jws::forged(&token),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!(
            "{}.{}.{}",
            parts[0],
            encode(&claims.replace("281950", "281951")),
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            parts[0],
            encode(&claims.replace("\"exp\":", "\"exp\":9")),
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            encode(&jws::parts(&token).0.replace(&kid, &foreign_kid)),
            parts[1],
            parts[2]
        ),
        format!("{token}="),
        format!("{token}.x"),
        format!(".{token}"),
        token.to_uppercase(),
        token[..token.len() - 2].to_owned(),
        ".".repeat(8000),
    ] {
        assert_eq!(verify(server, [bearer(&forged)]).status, 401, "{forged}");
        assert_eq!(verify(server, [bare(&forged)]).status, 401, "{forged}");
    }
    assert_eq!(verify(server, [bearer(&token)]).status, 200);
}

#[test]
fn a_login_token_is_not_a_mechanics_token_however_late_it_expires() {
    let server = Server::shared();
    let held = session(server);
    assert!(
        jws::claims(&held.token)["exp"]
            .as_i64()
            .is_some_and(|exp| exp > 100_000_000_000),
        "milliseconds"
    );
    for header in [bearer(&held.token), bare(&held.token), basic(&held.token)] {
        assert_eq!(verify(server, [header]).status, 401);
    }
    assert_eq!(verify(server, [("X-Access-Token", held.token.clone())]).status, 401);
    let kid = |token: &str| at(&jws::header(token), "/kid").clone();
    assert_ne!(
        kid(&held.token),
        kid(&workshop(server).token),
        "no two flavours share a key"
    );
}

#[derive(Deserialize)]
struct OpaqueCase {
    name: String,
    template: String,
    expect: String,
}

/// These two end the header line or the head early; the server then reads the token itself.
const OF_THE_LINE: [&str; 3] = ["opaque-14", "opaque-15", "opaque-16"];

/// Values that a header line cannot have, or that are longer than any head.
const NOT_A_HEAD: [&str; 2] = ["opaque-17", "opaque-60"];

#[test]
fn a_device_token_has_one_spelling_and_every_other_gets_one_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let toml = "[[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
                [[flavour]]\nname = \"short\"\ndialect = \"device\"\npath = \"/short\"\nlifetime = \"1s\"\n";
    let server = Setup::demo().config(toml).file(&file).start();
    let (token, other, revoked) = (device(&server), device(&server), device(&server));
    let expired = server
        .send(&Request::post("/short/create").json(Dialect::Device.good()))
        .member("token");
    assert_eq!(revoke(&server, [bearer(&revoked)]).status, 200);
    assert!(poll(500, || !lives(&server, [bearer(&expired)])));
    let split = |token: &str| {
        token
            .split_once('|')
            .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
            .expect("a bar")
    };
    let ((id, secret), (other_id, other_secret)) = (split(&token), split(&other));
    let ((revoked_id, revoked_secret), (expired_id, expired_secret)) = (split(&revoked), split(&expired));
    let digest = stored_digest(&file, &secret);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let shifted = |zero: u32| -> String {
        id.bytes()
            .map(|b| char::from_u32(zero + u32::from(b - b'0')).expect("a digit"))
            .collect()
    };
    let values = [
        ("id_hex", format!("{:x}", id.parse::<u64>().expect("a number"))),
        ("id_fullwidth", shifted(0xFF10)),
        ("id_arabic", shifted(0x0660)),
        ("secret_upper", secret.to_uppercase()),
        ("secret_lower", secret.to_lowercase()),
        ("secret_first_39", secret[..39].to_owned()),
        ("secret_reversed", secret.chars().rev().collect()),
        ("secret_b64u", URL_SAFE_NO_PAD.encode(&secret)),
        ("other_id", other_id),
        ("other_secret", other_secret),
        ("missing_id", "987654321".to_owned()),
        ("revoked_id", revoked_id),
        ("revoked_secret", revoked_secret),
        ("expired_id", expired_id),
        ("expired_secret", expired_secret),
        ("stored_hash_hex", hex),
        ("stored_hash_b64u", URL_SAFE_NO_PAD.encode(digest)),
        ("id", id),
        ("secret", secret),
    ];
    let cases: Vec<OpaqueCase> = cases("opaque_token_cases.json", 61);
    let mut refusals: Vec<Response> = Vec::new();
    for case in &cases {
        let request =
            Request::get("/auth/verify").header("Authorization", format!("Bearer {}", fill(&case.template, &values)));
        let response = server.raw(&request.bytes(server.address()));
        let status = response.as_ref().map(|response| response.status);
        let name = case.name.as_str();
        match case.expect.as_str() {
            "valid" => assert_eq!(status, Some(200), "{name}"),
            "invalid" if OF_THE_LINE.contains(&name) => {
                assert!(matches!(status, Some(200 | 400)), "{name}: {status:?}")
            }
            "invalid" if NOT_A_HEAD.contains(&name) => assert!(
                matches!(status, None | Some(400 | 401 | 413 | 431)),
                "{name}: {status:?}"
            ),
            "invalid" => {
                assert_eq!(status, Some(401), "{name}");
                refusals.extend(response.map(Response::comparable));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(refusals.len(), 61 - 1 - OF_THE_LINE.len() - NOT_A_HEAD.len());
    crate::support::the_one(refusals);
    assert!(lives(&server, [bearer(&token)]) && lives(&server, [bearer(&other)]));
}

/// The digest of a secret, checked to be the one in the database.
fn stored_digest(file: &std::path::Path, secret: &str) -> Vec<u8> {
    let digest = TokenDigest::of(secret.as_bytes()).as_bytes().to_vec();
    let dump = crate::secrets::dump_of(file);
    assert!(
        dump.windows(digest.len()).any(|window| window == digest),
        "the digest is not what is stored"
    );
    digest
}

#[test]
fn the_documents_sample_tokens_are_rejected() {
    let server = Server::shared();
    let mechanics = "eyJ0fXAiOiJRL1QiLCJhbGcoOiJIUzI1NiJ9.abJ1c2VyX2lkIjoyODE5NTAsInV4cCI6MTQ3NTMxMDMxM30.\
                     U0l2r96BQ0Wj9vgRIu-y2ue8MW3O86wUtpDSMx2NI4w";
    let refresh_token = "be04ef6368e721104ej7fb582356b232364b9d8a59aa6401905cc9b700e79c7a0";
    assert_eq!(verify(server, [bare(mechanics)]).status, 401);
    assert_eq!(
        verify(server, [bearer("1|63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU")]).status,
        401
    );
    assert_eq!(refresh(server, refresh_token).status, 401);
    assert_eq!(sign_in(server, Dialect::Mechanics).status, 200);
}
