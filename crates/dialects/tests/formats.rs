//! For any bytes: no decoder panics, and every answer parses to the values it was made from.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use dialects::device::{self, Device};
use dialects::integration::{self, Client, Integration, Organization};
use dialects::login;
use dialects::mechanics::{self, WorkshopUser};
use dialects::{Answer, MAX_BODY, Payload, RejectionFormatter};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(payload in payload()) {
        decode_all(&payload);
    }

    #[test]
    fn no_text_made_of_json_and_form_pieces_makes_a_decoder_panic(payload in pieces()) {
        decode_all(&payload);
    }

    #[test]
    fn json_is_decoded_to_the_values_sent(name in name(), password in ".*[^ \\s].*", device in name()) {
        let body = json!({"email": name, "password": password, "device_name": device}).to_string();
        prop_assume!(body.len() <= MAX_BODY);
        let request = device::TokenRequest::decode(&Payload::json(body.as_bytes())).unwrap();
        prop_assert_eq!(request.email_or_username, name);
        prop_assert_eq!(request.password.expose_secret(), password);
        prop_assert_eq!(request.device_name, device);
    }

    #[test]
    fn a_form_is_decoded_to_the_values_sent(name in name(), password in ".*[^ \\s].*") {
        let escape = |text: &str| text.bytes().map(|b| format!("%{b:02x}")).collect::<String>();
        let body = format!("username={}&password={}&device_name=d", escape(&name), escape(&password));
        prop_assume!(body.len() <= MAX_BODY);
        let request = device::TokenRequest::decode(&Sent::new("application/x-www-form-urlencoded", body).payload()).unwrap();
        prop_assert_eq!(request.email_or_username, name);
        prop_assert_eq!(request.password.expose_secret(), password);
    }

    #[test]
    fn a_multipart_body_is_decoded_to_the_values_sent(name in name(), password in "[^\r\n-]*[^ \\s\r\n-]") {
        let part = |key: &str, value: &str| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
        };
        let parts = [part("username", &name), part("password", &password), part("device_name", "d")];
        let sent = Sent::new("multipart/form-data; boundary=B", format!("{}--B--\r\n", parts.concat()));
        let request = device::TokenRequest::decode(&sent.payload()).unwrap();
        prop_assert_eq!(request.email_or_username, name);
        prop_assert_eq!(request.password.expose_secret(), password);
    }

    #[test]
    fn the_answer_of_mechanics_parses_to_the_same_values(
        token in ".*", refresh in ".*", name in ".*", country in any::<i64>(), thousandths in 0..1_000_000, auto in any::<bool>(),
    ) {
        let vat = f64::from(thousandths) / 1000.0;
        let user = json!({"name": name, "countryId": country, "locale": "da", "vatFactor": vat,
            "requireAutomaticPayment": auto});
        let typed = WorkshopUser::from_attributes(user.as_object().unwrap()).unwrap();
        let expected = json!({"status": "ok", "token": token, "refreshToken": refresh, "user": user});
        prop_assert_eq!(parsed(&mechanics::TokenResponse::new(&token, &refresh, &typed).answer()), expected);
    }

    #[test]
    fn the_answer_of_login_parses_to_the_same_values(key in ".*", username in ".*", expires in any::<i64>(), token in ".*") {
        let response = login::LoginResponse {
            key: &key, username: &username, expires, token: token.as_str().into(), role: 2,
        };
        let expected = json!({"key": key, "username": username, "expires": expires, "token": token, "role": 2});
        prop_assert_eq!(parsed(&response.answer()), expected);
    }

    #[test]
    fn the_answer_of_device_parses_to_the_same_values(token in ".*", permissions in prop::collection::btree_set(".*", 0..8)) {
        let response = device::TokenResponse::new(&token, permissions.iter().map(String::as_str));
        prop_assert_eq!(parsed(&response.answer()), json!({"token": token, "permisos": permissions}));
    }

    #[test]
    fn the_answer_of_integration_parses_to_the_same_values(
        token in ".*", name in ".*", email in ".*", id in 1..=i64::MAX / 2, created_at_ms in 0_i64..253_402_300_800_000,
    ) {
        let client = Client { id, name: &name, email: &email, created_at_ms };
        let organization = Organization { id: 171, name: &name, subdomain: &email, timezone_offset: -14400 };
        let dialect = Integration::new("clients", "http://127.0.0.1:8080");
        let shown = parsed(&dialect.response(&token, &client, &organization).unwrap().answer());
        prop_assert_eq!(&shown["token"], &json!(token));
        let person = &shown["person"];
        prop_assert_eq!(&person["id"], &json!(id));
        prop_assert_eq!(&person["name"], &json!(name));
        prop_assert_eq!(&person["client_key_values"][1]["value"], &json!(email));
        prop_assert_eq!(&person["client_key_values"][1]["id"], &json!(2 * id));
    }
}

fn decode_all(sent: &Sent) {
    let payload = sent.payload();
    let rejections = [
        mechanics::TokenRequest::decode(&payload).err(),
        login::LoginRequest::decode(&payload).err(),
        device::TokenRequest::decode(&payload).err(),
        integration::TokenRequest::decode(&payload).err(),
    ];
    for rejection in rejections.into_iter().flatten() {
        let answer = Device::new("players").answer(&rejection);
        assert!((400..500).contains(&answer.status), "{rejection:?}");
    }
}

#[derive(Debug)]
struct Sent {
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Sent {
    fn new(content_type: &str, body: String) -> Self {
        Self {
            content_type: Some(content_type.to_owned()),
            body: body.into_bytes(),
        }
    }

    fn payload(&self) -> Payload<'_> {
        Payload {
            content_type: self.content_type.as_deref(),
            content_encoding: None,
            body: &self.body,
        }
    }
}

fn payload() -> impl Strategy<Value = Sent> {
    let body = prop::collection::vec(any::<u8>(), 0..300);
    (content_type(), body).prop_map(|(content_type, body)| Sent { content_type, body })
}

/// Bodies that get further into the decoders than random bytes.
fn pieces() -> impl Strategy<Value = Sent> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\u0000",
        "\\ud800",
        "null",
        "1e999",
        "-0",
        "171",
        "\"email\":",
        "\"email\"",
        "\"password\":\"p\"",
        "\"username\":\"u\",",
        "\"device_name\":\"d\"",
        "\"consumer\":{",
        "\"organization_id\":171",
        "email=a",
        "&",
        "password=%",
        "%ff",
        "%41",
        "+",
        "--B\r\n",
        "--B--\r\n",
        "--B--",
        "\r\n\r\n",
        "\r\n",
        "\0",
        "Content-Disposition: form-data; name=\"email\"",
        "; filename=\"x\"",
        "Content-Type: text/plain; charset=x",
        "ñ",
        "\u{feff}",
        "a@b.dk",
        "x",
    ]);
    let body = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes());
    (content_type(), body).prop_map(|(content_type, body)| Sent { content_type, body })
}

fn content_type() -> impl Strategy<Value = Option<String>> {
    let common = prop::sample::select(vec![
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=B",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
    ]);
    prop_oneof![
        8 => common.prop_map(|text| Some(text.to_owned())),
        1 => "multipart/form-data;.*".prop_map(Some),
        1 => ".*".prop_map(Some),
        1 => Just(None),
    ]
}

/// A text that every rule for names allows.
fn name() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{0,20}[a-zñ]"
}

fn parsed(answer: &Answer) -> Value {
    let members: Map<String, Value> = serde_json::from_slice(&answer.body).unwrap();
    Value::Object(members)
}
