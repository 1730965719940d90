//! `X-Auth-Jwt` (`[forward_auth.jwt]`): who calls, signed, for the services behind a proxy.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store_diesel::{DieselStore, StoreOptions};
use token_jwt::{ClaimsVerifier, KeySet, Policy, UnixTime};

use crate::support::client::{Request, Response};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, bare, basic, bearer, client, device, logout, session, verify, workshop};
use crate::support::{jws, now_ms, poll};

const HEADER: &str = "X-Auth-Jwt";

/// The four flavours, one of which signs with the same algorithm.
const SETTINGS: &str = "\
    [forward_auth.jwt]\naudience = \"https://internal.example.com\"\n\
    [[flavour]]\nname = \"mechanics\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n\
    [[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"HS256\"\npath = \"/shops\"\n\
    [[flavour]]\nname = \"login\"\ndialect = \"login\"\n\
    [[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
    [[flavour]]\nname = \"handsets\"\ndialect = \"device\"\nissuer = \"jwt\"\nalgorithm = \"EdDSA\"\npath = \"/handsets\"\n\
    [[flavour]]\nname = \"integration\"\ndialect = \"integration\"\n";

fn identity(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    response.header(HEADER).expect("a signed identity").to_owned()
}

fn published(server: &Server) -> Vec<Value> {
    let set = server.get("/.well-known/jwks.json").json();
    set["keys"].as_array().expect("keys").clone()
}

/// The keys that are published for identities.
fn own_keys(server: &Server) -> Vec<Value> {
    let mut keys = published(server);
    keys.retain(|key| key["flavour"] == "forward_auth.jwt");
    keys
}

/// As a service behind the proxy verifies it, with our own library and the published keys alone.
fn verified(server: &Server, identity: &str) -> Value {
    let keys = KeySet::from_jwk_set(&json!({ "keys": own_keys(server) }).to_string()).expect("a key set");
    let policy = Policy::default()
        .token_type("forward-auth+jwt")
        .issuer(server.url())
        .audience("https://internal.example.com");
    let verifier = ClaimsVerifier::new(keys, policy);
    let verified = verifier.verify::<Value>(identity, UnixTime::from_millis(now_ms()));
    verified.expect("it verifies").into_claims()
}

#[test]
fn there_is_no_signed_identity_unless_it_is_asked_for() {
    let server = Server::shared();
    let response = verify(server, [bearer(&device(server))]);
    assert_eq!((response.status, response.header(HEADER)), (200, None));
    assert_eq!(own_keys(server), Vec::<Value>::new());
}

#[test]
fn a_signed_identity_says_the_same_as_the_headers_and_verifies_with_the_published_keys() {
    let server = Server::with_config(SETTINGS);
    let held = session(&server);
    for headers in [
        vec![bearer(&workshop(&server).token)],
        held.headers().to_vec(),
        vec![bearer(&device(&server))],
        vec![basic(&client(&server, "identity@letsta.lk"))],
    ] {
        let response = verify(&server, headers);
        let claims = verified(&server, &identity(&response));
        let text = |name: &str| claims[name].as_str().expect("a text").to_owned();
        for (header, claim) in [
            ("X-Auth-Subject", "sub"),
            ("X-Auth-Flavour", "flavour"),
            ("X-Auth-Realm", "realm"),
            ("X-Auth-Token-Id", "token_id"),
        ] {
            assert_eq!(response.header(header), Some(&*text(claim)), "{header}");
        }
        let permissions = claims["permissions"].as_array().expect("a list").iter();
        let permissions: Vec<_> = permissions.map(|name| name.as_str().expect("a name")).collect();
        assert_eq!(response.header("X-Auth-Permissions"), Some(&*permissions.join(" ")));
        let seconds = |name: &str| claims[name].as_i64().expect("a date");
        assert_eq!(seconds("exp") - seconds("iat"), 60);
    }
}

#[test]
fn its_keys_are_published_as_those_of_no_flavour() {
    let server = Server::with_config(SETTINGS);
    let header = jws::header(&identity(&verify(&server, [bearer(&device(&server))])));
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("forward-auth+jwt"), &json!("EdDSA"))
    );
    let [key] = &own_keys(&server)[..] else {
        panic!("not one key: {:?}", published(&server));
    };
    assert_eq!(key["kid"], header["kid"]);
    let others = published(&server)
        .into_iter()
        .filter(|other| other["kid"] != key["kid"]);
    let flavours: Vec<_> = others.map(|other| other["flavour"].clone()).collect();
    assert_eq!(flavours, ["handsets", "mechanics"]);
}

#[test]
fn no_flavour_accepts_a_signed_identity() {
    let server = Server::with_config(SETTINGS);
    let token = device(&server);
    let identity = identity(&verify(&server, [bearer(&token)]));
    for headers in [
        vec![bearer(&identity)],
        vec![bare(&identity)],
        vec![basic(&identity)],
        vec![("X-Access-Token", identity.clone()), ("X-Key", session(&server).key)],
    ] {
        assert_eq!(verify(&server, headers.clone()).status, 401, "{headers:?}");
    }
    let ask = |path: &str| {
        let (name, value) = ("Authorization", "Basic ZGVtby1yczpkZW1vLXJzLXNlY3JldA==");
        let form = Request::post(path).header("Content-Type", "application/x-www-form-urlencoded");
        server.send(&form.header(name, value).body(format!("token={identity}")))
    };
    assert_eq!(ask("/oauth/introspect").text(), r#"{"active":false}"#);
    assert_eq!(ask("/oauth/revoke").status, 200);
    assert_eq!(
        verify(&server, [bearer(&token)]).status,
        200,
        "its token was not revoked"
    );
    let refreshed = json!({ "refreshToken": identity });
    let refreshed = server.send(&Request::post("/api/v2/mechanics/tokens").json(refreshed));
    assert_eq!(refreshed.status, 401);
}

#[test]
fn after_a_log_out_no_identity_is_handed_out_also_not_one_that_was_signed_before() {
    let server = Server::with_config(SETTINGS);
    let held = session(&server);
    let first = identity(&verify(&server, held.headers()));
    assert!(!first.is_empty());
    assert_eq!(logout(&server, held.headers()).status, 200);
    let refused = verify(&server, held.headers());
    assert_eq!((refused.status, refused.header(HEADER)), (401, None));
}

#[test]
fn a_refusal_has_no_signed_identity() {
    let server = Server::with_config(SETTINGS);
    let token = device(&server);
    for (query, status) in [("permission=nadie", 403), ("other=x", 400)] {
        let request = Request::get(&format!("/auth/verify?{query}")).headers([bearer(&token)]);
        let response = server.send(&request);
        assert_eq!((response.status, response.header(HEADER)), (status, None));
    }
}

#[test]
fn two_workers_and_a_restart_sign_with_one_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = || {
        let settings = format!("http.workers = 2\n{SETTINGS}");
        Setup::demo().file(&folder.path().join("t.db")).config(settings).start()
    };
    let server = start();
    let kids = of_two_workers(&server);
    assert_eq!(kids[0], kids[1]);
    server.stop();
    assert_eq!(of_two_workers(&start()), kids);
}

/// The `kid` of an identity that each worker has signed. Each hands out its own again, so two `jti` are of two workers.
fn of_two_workers(server: &Server) -> [Value; 2] {
    let body = json!({"email": "workshop@email.dk", "password": "qwerty"});
    let token = Workshop::of(&server.send(&Request::post("/shops").json(body))).token;
    let request = Request::get("/auth/verify").headers([bearer(&token)]);
    // Connections that stay open are shared among the workers.
    let mut connections = Vec::new();
    let mut seen = BTreeMap::new();
    while seen.len() < 2 {
        assert!(connections.len() < 50, "one worker answers all");
        let mut connection = server.connect();
        let identity = identity(&connection.send(&request));
        connections.push(connection);
        let id = jws::claims(&identity)["jti"].as_str().expect("text").to_owned();
        seen.insert(id, jws::header(&identity)["kid"].clone());
    }
    let kids: Vec<Value> = seen.into_values().collect();
    kids.try_into().expect("two of them")
}

/// Changes a database behind the back of its server.
fn execute(url: &str, statements: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(url, &StoreOptions::patient()).await;
        let done = store.expect("a store").dangerous_execute(statements).await;
        done.expect("done");
    });
}

#[test]
fn while_no_key_signs_nobody_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let database = format!("sqlite:{}", file.display());
    let server = Setup::demo().file(&file).config(SETTINGS).start();
    let token = device(&server);
    let becomes = |status: u16| {
        let answered = || verify(&server, [bearer(&token)]);
        assert!(poll(1000, || answered().status == status), "{:?}", answered());
        answered()
    };
    assert!(!identity(&becomes(200)).is_empty());
    let own = "purpose LIKE 'forward_auth.jwt/%'";
    execute(
        &database,
        &format!("CREATE TABLE copy AS SELECT * FROM vault WHERE {own}; DELETE FROM vault WHERE {own}"),
    );
    let refused = becomes(503);
    assert_eq!(refused.header(HEADER), None);
    assert_eq!(refused.header("X-Auth-Subject"), None, "nor the other headers");
    execute(&database, "INSERT INTO vault SELECT * FROM copy");
    assert!(!identity(&becomes(200)).is_empty());
    server.stop();
}

#[test]
fn the_settings_are_checked_at_start() {
    let refused = |toml: &str, more: &[&str]| {
        let setup = more.iter().fold(Setup::demo().config(toml), Setup::arg);
        let ended = setup.run();
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        ended.err
    };
    let error = refused("[forward_auth.jwt]\nlifetime = \"30s\"\n", &[]);
    assert!(error.contains("forward_auth.jwt.audience"), "{error}");
    let error = refused("[forward_auth.jwt]\naudience = \"a\"\nlifetime = \"1h\"\n", &[]);
    assert!(
        error.contains("forward_auth.jwt.lifetime") && error.contains("5s to 300s"),
        "{error}"
    );
    let error = refused("[forward_auth.jwt]\naudience = \"a\"\nalgorithm = \"HS256\"\n", &[]);
    assert!(
        error.contains("forward_auth.jwt.algorithm") && error.contains("EdDSA and ES256"),
        "{error}"
    );
    let error = refused("[forward_auth]\njwt_audience = \"a\"\n", &[]);
    assert!(error.contains("jwt_audience"), "{error}");
    let plain = Setup::plain().config("[forward_auth.jwt]\naudience = \"a\"\n");
    let ended = plain.listen("0.0.0.0:0").run();
    assert!(
        ended.code == Some(1) && ended.err.contains("http.public_url"),
        "{}",
        ended.err
    );
}
