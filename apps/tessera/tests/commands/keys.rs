//! `tessera key`.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use token_jwt::{Algorithm, SigningKey, SystemRandom};

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::other_process::OtherProcess;
use crate::support::client::Request;
use crate::support::poll;
use crate::support::server::Server;

const EDDSA: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n\
                     [[flavour]]\nname = \"more\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\npath = \"/more\"\n\
                     [[flavour]]\nname = \"device\"\ndialect = \"device\"\n";
const IDENTITIES: &str = "[forward_auth.jwt]\naudience = \"services\"\n\
                          [[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n";
const RS256: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"RS256\"\n";

fn token(server: &Server) -> String {
    let body = json!({ "email": "w@x.dk", "password": PASSWORD });
    let response = server.send(&Request::post("/api/v2/mechanics/tokens").json(body));
    assert_eq!(response.status, 200, "{response:?}");
    response.member("token")
}

fn status(server: &Server, token: &str) -> u16 {
    let request = Request::get("/auth/verify").header("Authorization", format!("Bearer {token}"));
    server.send(&request).status
}

/// The name of the key that signed a token.
fn kid(token: &str) -> String {
    let header = token.split('.').next().expect("a header");
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON");
    header["kid"].as_str().expect("a kid").to_owned()
}

/// The keys of a flavour: name and state.
fn keys(admin: &AdminFolder, flavour: &str) -> Vec<(String, String)> {
    let list = admin.json("key", &["list", "--flavour", flavour], "");
    let keys = list["keys"].as_array().expect("keys");
    let text = |key: &Value, member: &str| key[member].as_str().expect("a text").to_owned();
    keys.iter().map(|key| (text(key, "kid"), text(key, "state"))).collect()
}

fn states(admin: &AdminFolder) -> Vec<String> {
    keys(admin, "shops").into_iter().map(|(_, state)| state).collect()
}

/// The secret of a private JWK, new each time.
pub fn private_jwk() -> String {
    let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new()).expect("a key");
    String::from_utf8(key.to_private_jwk().expose().to_vec()).expect("text")
}

#[test]
fn the_master_key_is_replaced_after_another_writer() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let key = admin.path("new.key");
    let bytes: Vec<u8> = (0..32).map(|i| i * 7 + 3).collect();
    std::fs::write(&key, STANDARD.encode(bytes)).expect("a file");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    let writer = OtherProcess::on(admin.url()).writes();
    admin.done("master-key", &["replace", "--yes", "--new-key-file", "new.key"], "");
    writer.join().expect("the writer ends");
}

/// The key set may be kept for five minutes (docs/oauth.md).
#[test]
fn a_public_key_that_signs_before_services_have_read_it_is_warned_of() {
    let admin = AdminFolder::new().with(EDDSA);
    let rotate = |span| admin.json("key", &["rotate", "--flavour", "shops", "--publish-for", span], "");
    assert_eq!(rotate("5s")["warning"], Value::Null, "the first key signs at once");
    let warning = rotate("9m")["warning"].to_string();
    assert!(
        warning.contains("5 minutes") && warning.contains("--publish-for 10m"),
        "{warning}"
    );
    let again = ["rotate", "--flavour", "shops", "--publish-for", "10m"];
    let sentence = admin.refused("key", &again, "");
    assert!(
        sentence.contains("has a new key already") && sentence.contains("--emergency"),
        "{sentence}"
    );
    assert_eq!(states(&admin), ["current", "next"], "nothing has changed");
    admin.done("key", &["rotate", "--flavour", "shops", "--emergency", "--yes"], "");
    assert_eq!(rotate("10m")["warning"], Value::Null);
    let shown = admin.done("key", &["rotate", "--flavour", "more", "--publish-for", "5s"], "");
    assert!(!shown.contains("warning"), "{shown}");
}

#[test]
fn a_rotation_fails_no_token() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let old = token(&server);
    let (stop, checked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(status(&server, &old), 200, "after {checked:?} checks");
                checked.fetch_add(1, Ordering::Relaxed);
            }
        });
        let rotated = admin.json("key", &["rotate", "--flavour", "shops", "--publish-for", "5s"], "");
        let next = rotated["kid"].as_str().expect("a kid").to_owned();
        assert_eq!(states(&admin), ["current", "next"]);
        let followed = poll(1500, || {
            let fresh = token(&server);
            assert_eq!(status(&server, &fresh), 200, "signed by {}", kid(&fresh));
            kid(&fresh) == next
        });
        stop.store(true, Ordering::Relaxed);
        assert!(followed, "the server does not sign with the new key");
    });
    assert!(checked.into_inner() > 0);
    assert_eq!(states(&admin), ["overlapping", "current"]);
    assert_eq!(status(&server, &old), 200);
}

/// The names of the keys that everybody can fetch.
fn published(server: &Server) -> Vec<String> {
    let set = server.get("/.well-known/jwks.json").json();
    let keys = set["keys"].as_array().expect("keys");
    keys.iter()
        .map(|key| key["kid"].as_str().expect("a kid").to_owned())
        .collect()
}

#[test]
fn everybody_can_fetch_a_key_before_it_signs_and_none_that_an_emergency_has_retired() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let old = kid(&token(&server));
    assert_eq!(published(&server).len(), 2, "one for each flavour with public keys");
    let rotated = admin.json("key", &["rotate", "--flavour", "shops", "--publish-for", "1h"], "");
    let next = rotated["kid"].as_str().expect("a kid").to_owned();
    assert!(poll(1000, || published(&server).contains(&next)));
    assert!(published(&server).contains(&old), "it signs");
    assert_eq!(kid(&token(&server)), old);
    let replaced = admin.json("key", &["rotate", "--flavour", "shops", "--emergency", "--yes"], "");
    let fresh = replaced["kid"].as_str().expect("a kid").to_owned();
    assert!(poll(1000, || published(&server).contains(&fresh)));
    let left = published(&server);
    assert!(!left.contains(&old) && !left.contains(&next), "{left:?}");
    assert_eq!(left.len(), 2, "the other flavour's is as it was");
}

#[test]
fn an_emergency_revokes_what_the_old_keys_have_signed() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let old = token(&server);
    admin.done("key", &["rotate", "--flavour", "shops", "--emergency", "--yes"], "");
    assert_eq!(states(&admin), ["retired", "current"]);
    assert!(poll(1000, || status(&server, &old) == 401));
    let fresh = token(&server);
    assert_eq!(status(&server, &fresh), 200);
    assert_ne!(kid(&fresh), kid(&old));
    server.stop();
    let server = admin.serve();
    assert_eq!((status(&server, &old), status(&server, &fresh)), (401, 200));
}

#[test]
fn a_replaced_key_can_be_retired_and_the_last_one_cannot() {
    let admin = AdminFolder::new().with(EDDSA);
    let retire = |kid: &str| ["retire".to_owned(), format!("--kid={kid}")];
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    let only = keys(&admin, "shops")[0].0.clone();
    for now in [&[][..], &["--now", "--yes"]] {
        let args = retire(&only);
        let args: Vec<_> = args.iter().map(String::as_str).chain(now.iter().copied()).collect();
        assert!(admin.refused("key", &args, "").contains("tessera key rotate"));
    }
    admin.done("key", &["rotate", "--flavour", "shops", "--publish-for", "1h"], "");
    let [one, two] = retire(&only);
    let sentence = admin.refused("key", &[&one, &two, "--now", "--yes"], "");
    assert!(
        sentence.contains("the only key of shops/EdDSA that signs"),
        "{sentence}"
    );
    assert_eq!(states(&admin), ["current", "next"]);
    let next = keys(&admin, "shops")[1].0.clone();
    let [one, two] = retire(&next);
    let sentence = admin.refused("key", &[&one, &two, "--now", "--yes"], "");
    assert!(sentence.contains("no other key of shops/EdDSA goes on"), "{sentence}");
    let sentence = admin.refused("key", &["retire", "--kid", "-nobody"], "");
    assert!(
        sentence.contains("-nobody") && sentence.contains("tessera key list"),
        "{sentence}"
    );
}

#[test]
fn a_key_is_published_for_a_while_or_it_is_an_emergency() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    for args in [
        &["--publish-for", "4s"][..],
        &["--publish-for", "366d"],
        &["--publish-for", "soon"],
    ] {
        let ended = admin.run("key", &[&["rotate", "--flavour", "shops"], args].concat(), "");
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.err);
    }
    let both = ["rotate", "--flavour", "shops", "--emergency", "--publish-for", "5s"];
    assert_eq!(admin.run("key", &both, "").code, Some(2));
    assert_eq!(states(&admin), ["current"]);
}

#[test]
fn an_imported_key_signs_and_belongs_to_one_flavour() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.account("workshops", "w@x.dk");
    let jwk = private_jwk();
    let imported = admin.json("key", &["import", "--flavour", "shops"], &jwk);
    let server = admin.serve();
    let token = token(&server);
    assert_eq!(
        (status(&server, &token), kid(&token).as_str()),
        (200, imported["kid"].as_str().expect("a kid"))
    );
    std::fs::write(admin.path("key.json"), &jwk).expect("a file");
    let path = admin.path("key.json").display().to_string();
    for flavour in ["shops", "more"] {
        let sentence = admin.refused("key", &["import", "--flavour", flavour, "--file", &path], "");
        assert!(sentence.contains("already"), "{sentence}");
    }
    assert_eq!(keys(&admin, "more").len(), 1, "the server's own");
}

/// A shared secret has no thumbprint: it is recognised by its bytes, whatever an operator calls it, and after it retired.
#[test]
fn a_secret_that_is_stored_is_refused_under_another_name() {
    let admin = AdminFolder::new();
    let secret = |kid: &str| {
        let k = "bG9uZyBlbm91Z2ggYW5kIG9mIG1hbnkgZGlmZmVyZW50IGJ5dGVzLCBub3QgYSB3b3JkIGFsb25lOiAwMTIz";
        json!({ "kty": "oct", "k": k, "kid": kid }).to_string()
    };
    let first = admin.json("key", &["import", "--flavour", "mechanics"], &secret("one"));
    admin.done("key", &["rotate", "--flavour", "mechanics", "--emergency", "--yes"], "");
    for flavour in ["mechanics", "login"] {
        for emergency in [&[][..], &["--emergency", "--yes"]] {
            let import = [&["import", "--flavour", flavour], emergency].concat();
            let sentence = admin.refused("key", &import, &secret("another"));
            let kid = first["kid"].as_str().expect("a kid");
            assert!(sentence.contains("already") && sentence.contains(kid), "{sentence}");
        }
    }
    assert_eq!(keys(&admin, "mechanics").len(), 2);
    assert!(keys(&admin, "login").is_empty());
}

#[test]
fn the_public_key_of_tokens_in_milliseconds_is_not_exported() {
    let admin = AdminFolder::new();
    let login = ["export-public", "--flavour", "login"];
    assert!(admin.refused("key", &login, "").contains("no public key"));
    let admin = admin.with("[[flavour]]\nname = \"login\"\ndialect = \"login\"\nalgorithm = \"EdDSA\"\n");
    for command in [&["export-public"][..], &["import"], &["rotate"]] {
        let sentence = admin.refused("key", &[command, &["--flavour", "login"]].concat(), &private_jwk());
        assert!(sentence.contains("milliseconds"), "{sentence}");
    }
}

#[test]
fn only_a_private_key_of_the_flavours_algorithm_can_be_imported() {
    let admin = AdminFolder::new().with(EDDSA);
    let of_another_kind = SigningKey::generate(Algorithm::ES256, &SystemRandom::new())
        .expect("a key")
        .to_private_jwk();
    let of_another_kind = String::from_utf8(of_another_kind.expose().to_vec()).expect("text");
    let mut public: Value = serde_json::from_str(&private_jwk()).expect("JSON");
    public.as_object_mut().expect("an object").remove("d");
    for text in [
        "",
        "{}",
        "nonsense",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ]
    .into_iter()
    .chain([of_another_kind.as_str(), &public.to_string()])
    {
        let sentence = admin.refused("key", &["import", "--flavour", "shops"], text);
        assert!(sentence.contains("no private key for EdDSA"), "{sentence}");
    }
    let sentence = admin.refused(
        "key",
        &["import", "--flavour", "shops", "--file", "/does/not/exist"],
        "",
    );
    assert!(sentence.contains("/does/not/exist"), "{sentence}");
    assert!(keys(&admin, "shops").is_empty());
}

/// If no key verifies, nothing is replaced: the operator chose the wrong flavour or database, or repeats an emergency.
#[test]
fn an_emergency_that_replaces_nothing_is_an_error() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.done("key", &["rotate", "--flavour", "more"], "");
    let emergency = ["rotate", "--flavour", "shops", "--emergency", "--yes"];
    for (args, input) in [
        (emergency, String::new()),
        (["import", "--flavour", "shops", "--emergency", "--yes"], private_jwk()),
    ] {
        let sentence = admin.refused("key", &args, &input);
        assert!(sentence.contains("none to replace"), "{sentence}");
    }
    assert!(keys(&admin, "shops").is_empty());
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    admin.done("key", &emergency, "");
    assert_eq!(states(&admin), ["retired", "current"]);
}

#[test]
fn a_key_of_a_removed_flavour_retires_at_once_or_not_at_all() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.done("key", &["rotate", "--flavour", "more"], "");
    let kid = format!("--kid={}", keys(&admin, "more")[0].0);
    assert!(
        admin
            .refused("key", &["retire", &kid, "--now", "--yes"], "")
            .contains("tessera key rotate")
    );
    let admin = admin.with(RS256);
    let sentence = admin.refused("key", &["retire", &kid], "");
    assert!(
        sentence.contains("more/EdDSA") && sentence.contains("--now"),
        "{sentence}"
    );
    admin.done("key", &["retire", &kid, "--now", "--yes"], "");
    let list = admin.json("key", &["list"], "");
    assert_eq!(list["keys"][0]["state"], "retired", "{list}");
}

#[test]
fn rsa_keys_have_to_be_imported() {
    let admin = AdminFolder::new().with(RS256);
    let sentence = admin.refused("key", &["rotate", "--flavour", "shops"], "");
    assert!(sentence.contains("tessera key import --flavour shops"), "{sentence}");
}

#[test]
fn the_public_keys_are_those_that_verify_and_nothing_of_the_private_ones() {
    let admin = AdminFolder::new().with(EDDSA);
    let export = ["export-public", "--flavour", "shops"];
    assert!(admin.refused("key", &export, "").contains("no keys yet"));
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    admin.done("key", &["rotate", "--flavour", "shops", "--emergency", "--yes"], "");
    admin.done("key", &["rotate", "--flavour", "shops", "--publish-for", "1h"], "");
    assert_eq!(states(&admin), ["retired", "current", "next"]);
    let names: Vec<_> = keys(&admin, "shops").into_iter().map(|(kid, _)| kid).collect();
    let set = admin.json("key", &export, "");
    let published = set["keys"].as_array().expect("keys");
    let named: Vec<_> = published
        .iter()
        .map(|key| key["kid"].as_str().expect("a kid"))
        .collect();
    assert_eq!(named, names[1..]);
    for key in published {
        let mut members: Vec<_> = key.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
    let text: Value = serde_json::from_str(&admin.done("key", &export, "")).expect("JSON");
    assert_eq!(text, set);
}

#[test]
fn a_shared_secret_has_no_public_key_and_an_opaque_flavour_has_no_key() {
    let admin = AdminFolder::new();
    let sentence = admin.refused("key", &["export-public", "--flavour", "mechanics"], "");
    assert!(
        sentence.contains("HS256") && sentence.contains("no public key"),
        "{sentence}"
    );
    for action in ["rotate", "import", "export-public", "list"] {
        let sentence = admin.refused("key", &[action, "--flavour", "device"], "");
        assert!(sentence.contains("opaque"), "{sentence}");
        let sentence = admin.refused("key", &[action, "--flavour", "nobody"], "");
        assert!(sentence.contains("mechanics, login"), "{sentence}");
    }
}

#[test]
fn another_master_key_is_refused_and_changes_nothing() {
    let admin = AdminFolder::new().with(EDDSA);
    admin.done("key", &["rotate", "--flavour", "shops"], "");
    let before = keys(&admin, "shops");
    std::fs::write(
        admin.path("other.key"),
        "dGhpcyBpcyBhbm90aGVyIG1hc3RlciBrZXkgICAgICA=\n",
    )
    .expect("a file");
    let path = admin.path("other.key");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("the file is ours");
    let path = path.display().to_string();
    for args in [
        &["rotate", "--flavour", "shops"][..],
        &["export-public", "--flavour", "shops"],
    ] {
        let sentence = admin.refused("key", &[args, &["--master-key-file", &path]].concat(), "");
        assert!(sentence.contains("master key"), "{sentence}");
    }
    assert_eq!(keys(&admin, "shops"), before);
}

/// A variable that is set and is no text was meant to be a key: none is made instead.
#[test]
fn a_master_key_that_is_no_text_is_refused_and_none_is_made() {
    use std::os::unix::ffi::OsStrExt;

    let admin = AdminFolder::new();
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["key", "rotate", "--flavour", "login"])
        .current_dir(admin.path(""))
        .env("TESSERA_MASTER_KEY", std::ffi::OsStr::from_bytes(b"\xff\xfe"))
        .output()
        .expect("the binary starts");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let err = String::from_utf8(ended.stderr).expect("UTF-8");
    assert!(
        err.contains("TESSERA_MASTER_KEY") && err.contains("not Unicode"),
        "{err}"
    );
    assert!(!admin.path("tessera.db.key").exists());
}

/// The keys of `X-Auth-Jwt` are rotated, replaced and listed as those of a flavour.
#[test]
fn the_keys_of_identities_are_rotated_like_those_of_a_flavour() {
    const NAME: &str = "forward_auth.jwt";
    let admin = AdminFolder::new().with(IDENTITIES);
    admin.account("workshops", "w@x.dk");
    let server = admin.serve();
    let signed_by = || {
        let bearer = format!("Bearer {}", token(&server));
        let response = server.send(&Request::get("/auth/verify").header("Authorization", bearer));
        kid(response.header("X-Auth-Jwt").expect("a signed identity"))
    };
    let published = || {
        let set = server.get("/.well-known/jwks.json").json();
        let keys = set["keys"].as_array().expect("keys").iter();
        let own = keys.filter(|key| key["flavour"] == NAME);
        own.map(|key| key["kid"].as_str().expect("a kid").to_owned())
            .collect::<Vec<_>>()
    };
    let first = signed_by();
    assert_eq!(published(), std::slice::from_ref(&first));

    let rotated = admin.json("key", &["rotate", "--flavour", NAME], "");
    let next = rotated["kid"].as_str().expect("a kid").to_owned();
    assert!(
        poll(1500, || published() == [first.clone(), next.clone()]),
        "{:?}",
        published()
    );
    assert_eq!(signed_by(), first, "the next key is published before it signs");
    let states: Vec<_> = keys(&admin, NAME).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["current", "next"]);
    let exported = admin.json("key", &["export-public", "--flavour", NAME], "");
    assert_eq!(exported["keys"].as_array().map(Vec::len), Some(2));

    let replaced = admin.json("key", &["rotate", "--flavour", NAME, "--emergency", "--yes"], "");
    let replaced = replaced["kid"].as_str().expect("a kid").to_owned();
    assert!(poll(1500, || published() == [replaced.clone()]), "{:?}", published());
    assert!(
        poll(1500, || signed_by() == replaced),
        "no identity of a stolen key is handed out"
    );
}
