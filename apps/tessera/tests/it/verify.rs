//! `/auth/verify` (contract, section 6): forward authentication for a proxy.

use serde::Deserialize;

use crate::support::client::{Request, Response};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bare, basic, bearer, client, device, lives, session, verify, workshop};
use crate::support::vectors::{cases, fill};
use crate::support::{dialect, jws, poll};

const IDENTITY_HEADERS: [&str; 5] = [
    "X-Auth-Subject",
    "X-Auth-Flavour",
    "X-Auth-Realm",
    "X-Auth-Token-Id",
    "X-Auth-Permissions",
];
const ALL_TEN: &str = "consultarTitulo registrarJuego consultarJuego editarJuego eliminarJuego registrarOferta \
                       consultarOferta editarOferta eliminarOferta consultarUsuario";

fn identity_headers(response: &Response) -> [Option<&str>; 5] {
    IDENTITY_HEADERS.map(|name| response.header(name))
}

fn with_query(server: &Server, query: &str, token: &str) -> Response {
    server.send(&Request::get(&format!("/auth/verify?{query}")).headers([bearer(token)]))
}

#[test]
fn an_active_token_of_each_flavour_is_accepted_with_five_identity_headers() {
    let server = Server::shared();
    let held = session(server);
    for (headers, flavour, realm, permissions) in [
        (vec![bearer(&workshop(server).token)], "mechanics", "workshops", ""),
        (held.headers().to_vec(), "login", "pbx", ""),
        (vec![bearer(&device(server))], "device", "players", ALL_TEN),
        (
            vec![basic(&client(server, "said@letsta.lk"))],
            "integration",
            "org:171",
            "",
        ),
    ] {
        let response = verify(server, headers);
        assert_eq!(response.status, 200, "{response:?}");
        let [subject, flavour_header, realm_header, id, permissions_header] = identity_headers(&response);
        assert!(
            subject.is_some_and(|subject| subject.parse::<i64>().is_ok_and(|n| n > 0)),
            "{response:?}"
        );
        assert_eq!((flavour_header, realm_header), (Some(flavour), Some(realm)));
        assert!(id.is_some_and(|id| !id.is_empty()), "{response:?}");
        assert_eq!(permissions_header, Some(permissions));
        assert_eq!(response.header("Cache-Control"), Some("no-store"));
        assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
        assert!(response.body.is_empty());
    }
}

#[test]
fn a_refusal_says_nothing_but_how_to_authenticate() {
    let server = Server::shared();
    let none: [(&'static str, String); 0] = [];
    let absent = verify(server, none);
    assert_eq!(absent.status, 401);
    let challenge = absent.header("WWW-Authenticate").expect("a challenge");
    assert!(
        challenge.starts_with("Bearer") && !challenge.contains("error"),
        "{challenge}"
    );
    let wrong = [
        bearer("x"),
        bearer("1|63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU"),
        basic("x"),
        bare("a.b.c"),
    ];
    let answers = wrong.map(|header| verify(server, [header]).comparable());
    let answer = crate::support::the_one(answers);
    assert_eq!(answer.status, 401);
    dialect::is_json_answer(&answer);
    assert!(
        answer
            .header("WWW-Authenticate")
            .is_some_and(|value| value.contains("error=\"invalid_token\""))
    );
    assert_eq!(identity_headers(&answer), [None; 5]);
}

#[test]
fn the_requests_own_identity_headers_are_ignored() {
    let server = Server::shared();
    let forged = [
        ("X-Auth-Subject", "root"),
        ("X-Auth-Permissions", "*"),
        ("X-Auth-Flavour", "login"),
        ("X-Auth-Realm", "pbx"),
        ("X-Auth-Token-Id", "1"),
        ("X-Original-URL", "/auth/verify?permission=root"),
        ("X-HTTP-Method-Override", "HEAD"),
    ];
    let request = Request::get("/auth/verify").headers(forged);
    assert_eq!(server.send(&request).status, 401);
    let token = workshop(server).token;
    let plain = verify(server, [bearer(&token)]).comparable();
    assert_eq!(server.send(&request.headers([bearer(&token)])).comparable(), plain);
    assert_eq!(plain.header("X-Auth-Subject"), Some("281950"));
}

#[test]
fn every_method_gets_the_same_answer_and_no_body_is_looked_at() {
    let server = Server::shared();
    let token = device(server);
    let plain = verify(server, [bearer(&token)]).comparable();
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let bare = Request::new(method, "/auth/verify");
        assert_eq!(server.send(&bare).status, 401, "{method}");
        let request = bare.headers([bearer(&token)]);
        let answer = server.send(&request).comparable();
        assert_eq!(
            (answer.status, identity_headers(&answer)),
            (200, identity_headers(&plain)),
            "{method}"
        );
        let with_body = request
            .header("Content-Type", "application/json")
            .body("{\"access_token\": broken");
        assert_eq!(server.send(&with_body).status, 200, "{method} with a body");
    }
}

#[test]
fn a_body_is_not_waited_for() {
    let server = Server::shared();
    let token = device(server);
    for header in [("Content-Length", "1000000000"), ("Transfer-Encoding", "chunked")] {
        let request = Request::post("/auth/verify")
            .headers([bearer(&token)])
            .headers([header]);
        let response = server
            .raw(&request.bytes(server.address()))
            .expect("an answer before any body");
        assert_eq!(response.status, 200, "{header:?}");
    }
    let request = Request::post("/auth/verify")
        .headers([bearer(&token)])
        .headers([("Expect", "100-continue"), ("Content-Length", "5")]);
    assert_eq!(
        server
            .raw(&request.bytes(server.address()))
            .map(|response| response.status),
        Some(200)
    );
}

#[test]
fn every_permission_asked_for_is_needed() {
    let server = Server::shared();
    let token = device(server);
    for (query, status) in [
        ("permission=consultarTitulo", 200),
        ("permission=consultarTitulo&permission=editarJuego", 200),
        ("permission=editarJuego&permission=editarJuego", 200),
        ("permission=consultar%54itulo", 200),
        ("other=x", 400),
        ("Permission=nadie", 400),
        ("permissions=consultarTitulo", 400),
        ("permission[]=consultarTitulo", 400),
        ("permission%20=consultarTitulo", 400),
        ("=consultarTitulo", 400),
        ("consultarTitulo", 400),
        ("permission=consultarTitulo&other", 400),
        ("%70ermission=consultarTitulo", 200),
        ("permission=consultarTitulo&", 200),
        ("permission=consultarTitulo&permission=nadie", 403),
        ("permission=nadie&permission=consultarTitulo", 403),
        ("permission=consultartitulo", 403),
        ("permission=CONSULTARTITULO", 403),
        ("permission=consultarTitul", 403),
        ("permission=consultarTituloX", 403),
        ("permission=*", 403),
        ("permission=", 403),
        ("permission", 403),
        ("permission=&permission=consultarTitulo", 403),
        ("permission=consultarTitulo&permission=", 403),
        ("permission=consultarTitulo%20editarJuego", 403),
        ("permission=consultarTitulo+editarJuego", 403),
        ("permission=consultarTitulo,editarJuego", 403),
        ("permission=consultarTitulo%0d%0aX-Auth-Subject:%20root", 403),
        ("permission=consultarTitulo%00", 403),
        ("permission=%ff", 403),
        ("permission=%22x", 403),
        ("permission=%", 403),
    ] {
        let response = with_query(server, query, &token);
        assert_eq!(response.status, status, "{query}: {response:?}");
        if status == 403 {
            let challenge = response.header("WWW-Authenticate").expect("a challenge");
            assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
            assert_eq!(identity_headers(&response), [None; 5], "{query}");
        }
    }
    assert_eq!(
        with_query(server, "permission=consultarTitulo", &workshop(server).token).status,
        403
    );
    assert_eq!(with_query(server, "permission=consultarTitulo", "x").status, 401);
}

#[test]
fn two_credentials_in_one_request_are_refused() {
    let server = Server::shared();
    let (device, held) = (device(server), session(server));
    let [token, key] = held.headers();
    let good = bearer(&device);
    for headers in [
        vec![good.clone(), token.clone(), key.clone()],
        vec![token.clone(), key.clone(), good.clone()],
        vec![good.clone(), token.clone()],
        vec![good.clone(), ("X-Access-Token", device.clone())],
        vec![good.clone(), good.clone()],
        vec![good.clone(), bearer("bad")],
        vec![bearer("bad"), good.clone()],
        vec![token.clone(), token.clone(), key.clone()],
        vec![token.clone(), key.clone(), key.clone()],
        vec![("Authorization", format!("{}, {}", good.1, good.1))],
    ] {
        let response = verify(server, headers.clone());
        assert_eq!(response.status, 401, "{headers:?}");
    }
    assert!(lives(server, [good]) && lives(server, held.headers()));
}

#[test]
fn a_token_outside_the_three_headers_is_not_looked_at() {
    let server = Server::shared();
    let token = device(server);
    for name in ["access_token", "token", "Authorization", "X-Access-Token"] {
        let target = format!("/auth/verify?{name}={}", token.replace('|', "%7C"));
        assert_eq!(server.get(&target).status, 401, "{name}");
    }
    for header in [
        ("Cookie", format!("token={token}; Authorization=Bearer {token}")),
        ("Proxy-Authorization", format!("Bearer {token}")),
        ("X-Authorization", format!("Bearer {token}")),
        ("X-Api-Key", token.clone()),
    ] {
        assert_eq!(verify(server, [header.clone()]).status, 401, "{header:?}");
    }
}

/// The four documented flavours, and a device flavour whose tokens expire after a second.
const WITH_SHORT_LIVES: &str = r#"
[[flavour]]
name = "mechanics"
dialect = "mechanics"
[[flavour]]
name = "login"
dialect = "login"
[[flavour]]
name = "device"
dialect = "device"
[[flavour]]
name = "integration"
dialect = "integration"
[[flavour]]
name = "short"
dialect = "device"
path = "/short"
lifetime = "1s"
"#;

/// A server with such a flavour, and an expired token of it.
pub fn server_with_an_expired_token() -> (Server, String) {
    let server = Setup::demo().config(WITH_SHORT_LIVES).start();
    let request = Request::post("/short/create").json(dialect::Dialect::Device.good());
    let token = server.send(&request).member("token");
    assert!(lives(&server, [bearer(&token)]), "it lived");
    assert!(poll(500, || !lives(&server, [bearer(&token)])), "it expires");
    (server, token)
}

#[derive(Deserialize)]
struct HeaderCase {
    name: String,
    headers: Vec<(String, String)>,
    expect: String,
    query: Option<String>,
    body: Option<String>,
    content_type: Option<String>,
}

/// The expected statuses of a case, for a token of this flavour.
fn expected(case: &HeaderCase, flavour: &str) -> Vec<u16> {
    let carried = flavour != "login";
    match case.expect.as_str() {
        "200" if !carried => vec![401],
        "200 for a mechanics token, 401 for the others" => vec![if flavour == "mechanics" { 200 } else { 401 }],
        "200 for an integration client token, 401 for the others" => {
            vec![if flavour == "integration" { 200 } else { 401 }]
        }
        list => {
            let numbers = list
                .split(|c: char| !c.is_ascii_digit())
                .filter(|word| !word.is_empty());
            numbers.map(|word| word.parse().expect("a status")).collect()
        }
    }
}

#[test]
fn the_authorization_header_is_read_as_the_vectors_say_whatever_the_flavour() {
    let (server, expired) = server_with_an_expired_token();
    let held = session(&server);
    let weak = workshop(&server).token;
    let cases: Vec<HeaderCase> = cases("bearer_header_cases.json", 43);
    for (flavour, token) in [
        ("device", device(&server)),
        ("mechanics", workshop(&server).token),
        ("integration", client(&server, "vectors@letsta.lk")),
        ("login", held.token.clone()),
    ] {
        let basic_value = |text: String| {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(text)
        };
        let values = [
            ("b64(t:X)", basic_value(format!("{token}:X"))),
            ("b64(t)", basic_value(token.clone())),
            ("t2", held.token.clone()),
            ("t", token.clone()),
            ("expired", expired.clone()),
            ("weak", weak.clone()),
        ];
        for case in &cases {
            let permission = (case.name == "under-scoped").then_some("permission=consultarTitulo".to_owned());
            let query = case
                .query
                .clone()
                .map(|query| fill(&query, &values).replace('|', "%7C"));
            let query = query
                .or(permission)
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let method = if case.body.is_some() { "POST" } else { "GET" };
            let mut request = Request::new(method, &format!("/auth/verify{query}"));
            for (name, value) in &case.headers {
                request = request.header(name, fill(value, &values));
            }
            if let (Some(body), Some(content_type)) = (&case.body, &case.content_type) {
                request = request.header("Content-Type", content_type).body(fill(body, &values));
            }
            let response = server.raw(&request.bytes(server.address()));
            let status = response.as_ref().map(|response| response.status);
            let allowed = expected(case, flavour);
            assert!(
                status.is_some_and(|status| allowed.contains(&status)),
                "{} of {flavour}: {status:?}",
                case.name
            );
            let challenge = response
                .as_ref()
                .and_then(|response| response.header("WWW-Authenticate"));
            match case.name.as_str() {
                "absent" => {
                    assert!(challenge.is_some_and(|value| value.starts_with("Bearer") && !value.contains("error")))
                }
                "expired" => assert!(challenge.is_some_and(|value| value.contains("error=\"invalid_token\""))),
                "under-scoped" => {
                    assert!(challenge.is_some_and(|value| value.contains("error=\"insufficient_scope\"")))
                }
                _ => assert_eq!(challenge.is_some(), matches!(status, Some(401 | 403)), "{}", case.name),
            }
        }
    }
}

#[test]
fn a_token_that_expires_soon_is_announced_where_that_is_asked_for() {
    let header = |server: &Server, token: &str| {
        let answer = verify(server, [bearer(token)]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("X-Auth-Expires-At").map(str::to_owned)
    };
    let server = Setup::demo().env("TESSERA_FORWARD_AUTH__EXPIRY_NOTICE", "15m").start();
    let token = workshop(&server).token;
    let end = jws::claims(&token)["exp"].as_i64().map(|end| end.to_string());
    assert_eq!(header(&server, &token), end);
    assert_eq!(header(&server, &device(&server)), None, "it does not expire");
    let server = Setup::demo().env("TESSERA_FORWARD_AUTH__EXPIRY_NOTICE", "5m").start();
    assert_eq!(header(&server, &workshop(&server).token), None, "not soon");
    let server = Server::shared();
    assert_eq!(header(server, &workshop(server).token), None, "it is off");
}
