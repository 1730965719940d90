//! `POST /api/v1/integration/auth/token` (contract, section 5).

use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, is_json_answer};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{at, basic, bearer, client, lives, verify};

const INTEGRATION: Dialect = Dialect::Integration;

fn ask(server: &Server, change: Value) -> Response {
    let mut body = INTEGRATION.good();
    let members = body.as_object_mut().expect("an object");
    members.extend(change.as_object().expect("an object").clone());
    members.retain(|_, value| value != "(absent)");
    server.send(&INTEGRATION.request(&body))
}

fn other_consumer() -> Value {
    json!({"key": "other-key", "token": "other-token-2b8d40e6"})
}

/// The exact answer, from the values that differ between clients.
fn documented(token: &str, id: i64, name: &str, email: &str, time: &str, base: &str) -> String {
    let pair = |id_of_pair: i64, key: &str, value: &str| {
        format!(
            r#"{{"client_id":{id},"clients_organization_id":{id},"created_at":"{time}","id":{id_of_pair},"key":"{key}","updated_at":"{time}","value":"{value}"}}"#
        )
    };
    format!(
        concat!(
            r#"{{"token":"{token}","person":{{"id":{id},"name":"{name}","external_name":null,"person_status":null,"#,
            r#""avatar":"{base}/assets/default-avatar.gif","avatar_file_name":null,"client_key_values":[{first},{second}],"#,
            r#""created_at":"{time}","email":"{email}","type":"Client","organization_id":171,"roles":null,"owner":null,"#,
            r#""conversations_feed_order":false,"organization_logo":"{base}/assets/default-avatar.gif","#,
            r#""backup_active":null,"backup_email":null,"backup_stay_in":null,"organization_name":"Ping Pong","#,
            r#""organization_subdomain":"pingpong","description":null,"granted":false}},"permissions_map":null,"#,
            r#""subdomain":"api","environment":"production","organization_timezone_offset":-14400}}"#
        ),
        token = token,
        id = id,
        name = name,
        email = email,
        time = time,
        base = base,
        first = pair(2 * id - 1, "name", name),
        second = pair(2 * id, "email", email),
    )
}

fn assert_documented(server: &Server, response: &Response, name: &str, email: &str) {
    assert_eq!(response.status, 200, "{response:?}");
    is_json_answer(response);
    let body = response.json();
    let id = at(&body, "/person/id").as_i64().expect("an integer");
    let time = at(&body, "/person/created_at").as_str().expect("a text").to_owned();
    assert!(is_utc(&time), "{time}");
    let expected = documented(&response.member("token"), id, name, email, &time, &server.url());
    assert_eq!(response.text(), expected);
}

/// `2019-10-03T19:10:16Z`.
fn is_utc(text: &str) -> bool {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    form == "0000-00-00T00:00:00Z"
}

#[test]
fn the_documents_request_gets_the_documents_answer() {
    let server = Server::shared();
    let response = server.send(&INTEGRATION.request(&INTEGRATION.good()));
    assert_documented(server, &response, "Andrew Wiggin", "andrew.wiggin@letsta.lk");
}

#[test]
fn the_documents_curl_line_works_byte_for_byte() {
    let server = Server::shared();
    let body = "{\n   \"email\":\"andrew.wiggin@letsta.lk\",\n   \"name\":\"Andrew Wiggin\",\n   \"consumer\":{\n      \
                \"key\":\"demo-key\",\n      \"token\":\"demo-token-7f3c9a51\"\n   },\n   \"organization_id\":171\n}";
    let sent = format!(
        "POST /api/v1/integration/auth/token HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    let response = server.raw(sent.as_bytes()).expect("an answer");
    assert_documented(server, &response, "Andrew Wiggin", "andrew.wiggin@letsta.lk");
}

#[test]
fn a_new_and_a_known_client_get_the_same_answer_and_every_token_works() {
    let server = Server::shared();
    let first = ask(server, json!({"email": "repeat@letsta.lk", "name": "Repeat"}));
    assert_documented(server, &first, "Repeat", "repeat@letsta.lk");
    for _ in 0..50 {
        let again = ask(server, json!({"email": "repeat@letsta.lk", "name": "Repeat"}));
        assert_eq!(
            again.text(),
            first.text(),
            "a new token for each call would grow without bound"
        );
    }
    assert!(lives(server, [basic(&first.member("token"))]));
}

#[test]
fn a_known_clients_data_come_back_as_stored() {
    let server = Server::shared();
    ask(server, json!({"email": "Stored@Letsta.lk", "name": "First Name"}));
    for email in ["stored@letsta.lk", " STORED@LETSTA.LK ", "Stored@Letsta.lk"] {
        let again = ask(server, json!({"email": email, "name": "Second Name"}));
        assert_documented(server, &again, "First Name", "Stored@Letsta.lk");
    }
}

#[test]
fn nothing_crosses_organisations() {
    let server = Server::shared();
    let refused = ask(server, json!({"consumer": {"key": "nobody", "token": "x"}}));
    INTEGRATION.refuses(&refused, 401);
    for change in [
        json!({"organization_id": 172}),
        json!({"consumer": other_consumer()}),
        json!({"organization_id": 999}),
        json!({"organization_id": i64::MAX}),
        json!({"organization_id": 1}),
    ] {
        let response = ask(server, change.clone());
        assert_eq!(response.comparable(), refused.clone().comparable(), "{change}");
    }
    let here = ask(server, json!({"email": "both@letsta.lk", "name": "Here"}));
    let there = ask(
        server,
        json!({"email": "both@letsta.lk", "name": "There", "organization_id": 172, "consumer": other_consumer()}),
    );
    assert_eq!(there.status, 200, "{there:?}");
    let (here, there) = (here.json(), there.json());
    assert_ne!(at(&here, "/person/id"), at(&there, "/person/id"));
    assert_ne!(here["token"], there["token"]);
    assert_eq!(at(&there, "/person/name"), "There");
    assert_eq!(at(&there, "/person/organization_name"), "Other");
    assert_eq!(at(&there, "/person/organization_subdomain"), "other");
    assert_eq!(there["organization_timezone_offset"], json!(0));
    let realm = |token: &Value| {
        let response = verify(server, [bearer(token.as_str().expect("a text"))]);
        response.header("X-Auth-Realm").map(str::to_owned)
    };
    assert_ne!(realm(&here["token"]), realm(&there["token"]));
}

#[test]
fn both_parts_of_a_consumer_must_match_and_no_answer_shows_which_did_not() {
    let server = Server::shared();
    let tries = [
        json!({"key": "demo-key", "token": "wrong"}),
        json!({"key": "nobody", "token": "demo-token-7f3c9a51"}),
        json!({"key": "demo-token-7f3c9a51", "token": "demo-key"}),
        json!({"key": "demo-key", "token": "other-token-2b8d40e6"}),
        json!({"key": "DEMO-KEY", "token": "demo-token-7f3c9a51"}),
        json!({"key": "demo-key", "token": "demo-token-7f3c9a51 "}),
        json!({"key": "demo-key", "token": "demo-token-7f3c9a5"}),
    ];
    let answers = tries.map(|consumer| {
        let mut body = INTEGRATION.good();
        body["consumer"] = consumer;
        server
            .send(&INTEGRATION.request(&body).coming_from("10.4.0.1"))
            .comparable()
    });
    assert_eq!(INTEGRATION.refuses(&answers[0], 401), "Credenciales inválidas.");
    let challenge = r#"Basic realm="clients", charset="UTF-8", Bearer realm="clients""#;
    assert_eq!(answers[0].header("WWW-Authenticate"), Some(challenge));
    crate::support::the_one(answers);
}

#[test]
fn every_field_has_its_refusals() {
    let server = Server::shared();
    for change in [
        json!({"email": "(absent)"}),
        json!({"email": ""}),
        json!({"email": " "}),
        json!({"email": "no address"}),
        json!({"email": "a@b@c"}),
        json!({"email": "bücher@bücher.example"}),
        json!({"email": "a@b.dk\r\nX: y"}),
        json!({"email": 7}),
        json!({"email": format!("{}@b.dk", "a".repeat(300))}),
        json!({"name": "(absent)"}),
        json!({"name": ""}),
        json!({"name": "a\u{0}b"}),
        json!({"name": null}),
        json!({"name": "n".repeat(256)}),
        json!({"consumer": "(absent)"}),
        json!({"consumer": "demo-key"}),
        json!({"consumer": [{"key": "demo-key", "token": "demo-token-7f3c9a51"}]}),
        json!({"consumer": {"key": "demo-key"}}),
        json!({"consumer": {"token": "demo-token-7f3c9a51"}}),
        json!({"consumer": {"key": "", "token": "demo-token-7f3c9a51"}}),
        json!({"consumer": {"key": "demo-key", "token": " "}}),
        json!({"consumer": {"key": ["demo-key"], "token": "demo-token-7f3c9a51"}}),
        json!({"organization_id": "(absent)"}),
        json!({"organization_id": "171"}),
        json!({"organization_id": 171.0}),
        json!({"organization_id": -1}),
        json!({"organization_id": 0}),
        json!({"organization_id": null}),
        json!({"organization_id": true}),
        json!({"organization_id": 9_223_372_036_854_775_808_u64}),
        json!({"organization_id": [171]}),
    ] {
        let response = ask(server, change.clone());
        assert_eq!(response.status, 422, "{change}: {response:?}");
        INTEGRATION.refuses(&response, 422);
    }
    for text in ["1e2", "1.71e2", "171.5", "1e999", "99999999999999999999999"] {
        let body = INTEGRATION.good().to_string().replace(":171", &format!(":{text}"));
        let response = server.send(&Request::post(INTEGRATION.path()).json(body));
        assert!(matches!(response.status, 400 | 422), "{text}: {response:?}");
        INTEGRATION.refuses_somehow(&response);
    }
}

#[test]
fn a_client_cannot_give_itself_more_rights() {
    let server = Server::shared();
    let response = ask(
        server,
        json!({
            "email": "mass@letsta.lk",
            "name": "Mass",
            "id": 1,
            "roles": ["admin"],
            "owner": true,
            "granted": true,
            "person": {"id": 1, "granted": true, "organization_id": 172},
            "permissions_map": {"*": true},
            "organization_timezone_offset": 0,
        }),
    );
    assert_documented(server, &response, "Mass", "mass@letsta.lk");
    let token = response.member("token");
    assert_eq!(verify(server, [bearer(&token)]).header("X-Auth-Permissions"), Some(""));
}

#[test]
fn another_persons_address_gives_no_access_to_their_tokens() {
    let server = Server::shared();
    for email in ["workshop@email.dk", "gmachia@gmail.com", "100@mydomain.com"] {
        let token = client(server, email);
        let response = verify(server, [bearer(&token)]);
        assert_eq!(response.header("X-Auth-Flavour"), Some("integration"));
        assert_ne!(response.header("X-Auth-Subject"), Some("281950"));
    }
}

#[test]
fn the_clients_token_is_presented_as_basic_with_an_x_or_as_a_bearer() {
    let server = Server::shared();
    let token = client(server, "carrier@letsta.lk");
    for header in [basic(&token), bearer(&token)] {
        assert_eq!(verify(server, [header]).status, 200);
    }
    let encoded = |text: &str| {
        use base64::Engine;
        (
            "Authorization",
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)),
        )
    };
    for header in [
        encoded(&token),
        encoded(&format!("{token}:")),
        encoded(&format!("{token}:x")),
        encoded(&format!("{token}:Y")),
        encoded(&format!("{token}:X:X")),
        encoded(&format!("{token}::X")),
        encoded(&format!("X:{token}")),
        encoded(":X"),
        encoded(&format!(" {token}:X")),
        encoded(&format!("{token}:X\n")),
        ("Authorization", format!("Basic {token}:X")),
        ("Authorization", format!("{}=", basic(&token).1)),
        ("Authorization", basic(&token).1.trim_end_matches('=').to_owned() + "!"),
        ("Authorization", token.clone()),
        ("X-Access-Token", token.clone()),
    ] {
        let response = verify(server, [header.clone()]);
        assert_eq!(response.status, 401, "{header:?}");
    }
}

#[test]
fn the_pictures_are_under_the_public_address_and_answer_with_an_image() {
    let server = Server::shared();
    let body = server.send(&INTEGRATION.request(&INTEGRATION.good())).json();
    for pointer in ["/person/avatar", "/person/organization_logo"] {
        let url = at(&body, pointer).as_str().expect("a text").to_owned();
        let path = url.strip_prefix(&server.url()).expect("under the public address");
        let response = server.get(path);
        assert_eq!(response.status, 200);
        assert_eq!(response.header("Content-Type"), Some("image/gif"));
        assert!(response.body.starts_with(b"GIF8"), "{response:?}");
        assert_eq!(response.header("X-Content-Type-Options"), Some("nosniff"));
    }
}

#[test]
fn links_come_from_the_configuration_and_never_from_the_request() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__PUBLIC_URL", "https://tokens.example.com/auth")
        .start();
    let request = INTEGRATION
        .request(&INTEGRATION.good())
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "gopher")
        .header("Forwarded", "host=evil.example");
    let body = server.send(&request).json();
    let expected = "https://tokens.example.com/auth/assets/default-avatar.gif";
    assert_eq!(at(&body, "/person/avatar"), expected);
    assert_eq!(at(&body, "/person/organization_logo"), expected);
    assert_eq!(
        (&body["subdomain"], &body["environment"]),
        (&json!("api"), &json!("production"))
    );
    // Without the setting, links have the address where the server listens, whatever the request says.
    let request = INTEGRATION.request(&INTEGRATION.good()).header("Host", "evil.example");
    let body = Server::shared().send(&request).json();
    assert!(
        at(&body, "/person/avatar")
            .as_str()
            .is_some_and(|url| url.starts_with(&Server::shared().url()))
    );
}
