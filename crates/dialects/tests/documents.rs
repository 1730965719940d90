//! Every example in the four documents is decoded and printed exactly as in its document.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use std::path::Path;

use dialects::device::{self, Device};
use dialects::integration::{self, Client, ClientKeyValue, Integration, Null, Organization, Person};
use dialects::login::{self, Login};
use dialects::mechanics::{self, Mechanics, WorkshopUser};
use dialects::{Answer, Payload};
use secrecy::ExposeSecret;
use serde_json::Value;

#[test]
fn the_examples_are_the_documents_own() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/documents"));
    let mut compared = 0;
    for (document, names) in [
        ("mechanics.md", &["mechanics_request", "mechanics_response"][..]),
        ("login.rst", &["login_request", "login_response", "logout_response"]),
        ("device.md", &["device_request", "device_response"]),
        ("integration.md", &["integration_request", "integration_response"]),
    ] {
        let text = std::fs::read_to_string(folder.join(document)).unwrap();
        // As a shell would pass it, with a value for the one placeholder that is not JSON.
        let text = without_space(&text.replace("\\\"", "\"").replace("{organization_id}", "171"));
        for name in names {
            assert!(text.contains(&without_space(&example(name))), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, std::fs::read_dir(examples()).unwrap().count());
}

#[test]
fn mechanics_reads_and_prints_its_document() {
    let sent = example("mechanics_request");
    let request = mechanics::TokenRequest::decode(&labelled("application/json; charset=utf-8", &sent)).unwrap();
    let mechanics::TokenRequest::Password { email, password } = request else {
        panic!("not a password request")
    };
    assert_eq!(
        (email.as_str(), password.expose_secret()),
        ("workshop@email.dk", "qwerty")
    );

    let shown: Value = serde_json::from_str(&example("mechanics_response")).unwrap();
    let user = WorkshopUser::from_attributes(shown["user"].as_object().unwrap()).unwrap();
    let response = mechanics::TokenResponse::new(text(&shown["token"]), text(&shown["refreshToken"]), &user);
    assert_prints(&response.answer(), "mechanics_response");
    assert_eq!(
        Mechanics::TOKENS.path(Mechanics::DEFAULT_PATH),
        "/api/v2/mechanics/tokens"
    );
}

#[test]
fn login_reads_and_prints_its_document() {
    let sent = example("login_request");
    let request = login::LoginRequest::decode(&labelled("application/json", &sent)).unwrap();
    assert_eq!(request.username, "100@mydomain.com");
    assert_eq!(request.password.expose_secret(), "secret");

    let shown: Value = serde_json::from_str(&example("login_response")).unwrap();
    let response = login::LoginResponse {
        key: "8fd26a17-eb28-4c74-aa6f-a3794f4f466c",
        username: "100@mydomain.com",
        expires: 1_442_002_179_358,
        token: text(&shown["token"]).into(),
        role: login::role_number(Some("user")),
    };
    assert_prints(&response.answer(), "login_response");
    assert_prints(&login::logout_answer(), "logout_response");
    assert_eq!(Login::LOGIN.path(Login::DEFAULT_PATH), "/login");
    assert_eq!(Login::LOGOUT.path(Login::DEFAULT_PATH), "/logout");
}

/// The command line in the document labels JSON as a form and gives no boundary.
#[test]
fn device_reads_and_prints_its_document() {
    let sent = example("device_request");
    let request = device::TokenRequest::decode(&labelled("multipart/form-data", &sent)).unwrap();
    assert_eq!(request.email_or_username, "gmachia@gmail.com");
    assert_eq!(request.password.expose_secret(), "9yUQc%ewEf^(Tw4");
    assert_eq!(request.device_name, "iPhone 4s");

    let shown: Value = serde_json::from_str(&example("device_response")).unwrap();
    let permissions = shown["permisos"].as_array().unwrap().iter().map(text);
    let response = device::TokenResponse::new(text(&shown["token"]), permissions);
    assert_prints(&response.answer(), "device_response");
    assert_eq!(Device::CREATE.path(Device::DEFAULT_PATH), "/api/tokens/create");
    assert_eq!(Device::REVOKE.path(Device::DEFAULT_PATH), "/api/tokens/revoke");
}

#[test]
fn integration_reads_its_document() {
    let sent = example("integration_request");
    let request = integration::TokenRequest::decode(&labelled("application/json", &sent)).unwrap();
    assert_eq!(request.email, "andrew.wiggin@letsta.lk");
    assert_eq!(request.name, "Andrew Wiggin");
    assert_eq!(request.consumer.key, "[consumer_key]");
    assert_eq!(request.consumer.token.expose_secret(), "[consumer_token]");
    assert_eq!(request.organization_id, 171);
    assert_eq!(
        Integration::TOKEN.path(Integration::DEFAULT_PATH),
        "/api/v1/integration/auth/token"
    );
}

/// With the numbers in the document. They come from a system that numbers memberships and key values separately, and
/// that stored the client one second before its values.
#[test]
fn integration_prints_its_document() {
    let pair = |id, key, value| ClientKeyValue {
        client_id: 7_089_264,
        clients_organization_id: 3_320_982,
        created_at: "2019-10-03T19:10:16Z".to_owned(),
        id,
        key,
        updated_at: "2019-10-03T19:10:16Z".to_owned(),
        value,
    };
    let dialect = Integration::new("clients", "https://api.letsta.lk");
    let client = Client {
        id: 7_089_264,
        name: NAME,
        email: EMAIL,
        created_at_ms: 1_570_129_815_000,
    };
    let derived = dialect.response("[client_token]", &client, &PING_PONG).unwrap();
    let pairs = [pair(10_915_064, "name", NAME), pair(10_915_065, "email", EMAIL)];
    let person = Person {
        client_key_values: pairs,
        external_name: Null,
        ..derived.person.clone()
    };
    let response = integration::TokenResponse { person, ..derived };
    assert_prints(&response.answer(), "integration_response");
}

#[test]
fn integration_prints_every_key_of_its_document_in_its_order() {
    let dialect = Integration::new("clients", "https://api.letsta.lk");
    let client = Client {
        id: 7_089_264,
        name: NAME,
        email: EMAIL,
        created_at_ms: 1_570_129_816_000,
    };
    let response = dialect.response("[client_token]", &client, &PING_PONG).unwrap();
    let expected = compact(&example("integration_response"))
        .replace("2019-10-03T19:10:15Z", "2019-10-03T19:10:16Z")
        .replace("3320982", "7089264")
        .replace("10915064", "14178527")
        .replace("10915065", "14178528");
    assert_eq!(body(&response.answer()), expected);
}

const NAME: &str = "Andrew Wiggin";
const EMAIL: &str = "andrew.wiggin@letsta.lk";
const PING_PONG: Organization<'_> = Organization {
    id: 171,
    name: "Ping Pong",
    subdomain: "pingpong",
    timezone_offset: -14400,
};

fn assert_prints(answer: &Answer, name: &str) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(body(answer), compact(&example(name)), "{name}");
}

fn body(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn labelled<'a>(content_type: &'a str, body: &'a str) -> Payload<'a> {
    Payload {
        content_type: Some(content_type),
        content_encoding: None,
        body: body.as_bytes(),
    }
}

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents"))
}

fn example(name: &str) -> String {
    std::fs::read_to_string(examples().join(name).with_extension("json")).unwrap()
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// JSON text without the white space between its tokens; the order of members stays.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let keep = inside || !c.is_whitespace();
        inside ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        keep
    };
    json.chars().filter(keep).collect()
}
