//! A dialect reads the fields of its document and no others: under another dialect's name for it, a field is missing.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use dialects::device::{self, Device};
use dialects::integration::{self, Integration};
use dialects::login::{self, Login};
use dialects::mechanics::{self, Mechanics};
use dialects::{Answer, Payload, RejectionFormatter, RequestRejection};
use serde_json::{Value, json};

/// What people call a login name, a password, and so on, in one dialect or another.
const SYNONYMS: &[&[&str]] = &[
    &[
        "email",
        "username",
        "email_or_username",
        "user",
        "login",
        "mail",
        "Email",
        "userName",
    ],
    &["password", "pass", "passwd", "secret", "token", "Password"],
    &["device_name", "deviceName", "device", "name", "label"],
    &["name", "full_name", "username", "client"],
    &[
        "organization_id",
        "organizationId",
        "organisation_id",
        "organization",
        "id",
    ],
    &["consumer", "client", "consumer_key"],
    &["key", "id", "consumer_key", "Key"],
    &["token", "secret", "consumer_token", "password"],
    &["refreshToken", "refresh_token", "refresh", "RefreshToken"],
];

struct Dialect {
    name: &'static str,
    /// A good request.
    body: Value,
    /// Names that this dialect accepts instead of each other.
    aliases: &'static [&'static str],
    /// The answer, where the request is refused.
    refused: fn(&[u8]) -> Option<Answer>,
}

fn refused<T>(formatter: &dyn RejectionFormatter, decoded: Result<T, RequestRejection>) -> Option<Answer> {
    decoded.err().map(|rejection| formatter.answer(&rejection))
}

fn dialects() -> Vec<Dialect> {
    let mechanics: fn(&[u8]) -> _ = |body| {
        let decoded = mechanics::TokenRequest::decode(&Payload::json(body));
        refused(&Mechanics::new("workshops"), decoded)
    };
    let dialect = |name, body, aliases, refused| Dialect {
        name,
        body,
        aliases,
        refused,
    };
    vec![
        dialect("mechanics", json!({"email": "u", "password": "p"}), &[], mechanics),
        dialect("mechanics", json!({"refreshToken": "r"}), &[], mechanics),
        dialect("login", json!({"username": "u", "password": "p"}), &[], |body| {
            refused(
                &Login::new("pbx", false),
                login::LoginRequest::decode(&Payload::json(body)),
            )
        }),
        dialect(
            "device",
            json!({"email_or_username": "u", "password": "p", "device_name": "d"}),
            &["email_or_username", "email", "username"],
            |body| {
                refused(
                    &Device::new("players"),
                    device::TokenRequest::decode(&Payload::json(body)),
                )
            },
        ),
        dialect(
            "integration",
            json!({"email": "a@b.dk", "name": "A", "organization_id": 171, "consumer": {"key": "k", "token": "t"}}),
            &[],
            |body| {
                let decoded = integration::TokenRequest::decode(&Payload::json(body));
                refused(&Integration::new("integration", "https://tessera.example"), decoded)
            },
        ),
    ]
}

/// The body without the field at this path, and the value that it had.
fn without(body: &Value, path: &str) -> (Value, Value) {
    let mut body = body.clone();
    let (object, field) = path.rsplit_once('/').unwrap();
    let value = body.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(field);
    (body, value.unwrap())
}

/// The body with the field at this path under another name.
fn renamed(body: &Value, path: &str, name: &str) -> Option<Value> {
    let (mut body, value) = without(body, path);
    let (object, _) = path.rsplit_once('/').unwrap();
    let fields = body.pointer_mut(object).unwrap().as_object_mut().unwrap();
    let free = !fields.contains_key(name);
    fields.insert(name.to_owned(), value);
    free.then_some(body)
}

fn paths(body: &Value) -> Vec<String> {
    let top = body.as_object().unwrap().keys().map(|name| format!("/{name}"));
    let nested = body.get("consumer").and_then(Value::as_object).into_iter().flatten();
    top.chain(nested.map(|(name, _)| format!("/consumer/{name}"))).collect()
}

#[test]
fn a_field_under_another_name_is_a_missing_field() {
    let mut tried = 0;
    for dialect in dialects() {
        let answer = |body: &Value| (dialect.refused)(body.to_string().as_bytes());
        assert!(answer(&dialect.body).is_none(), "{} accepts its own", dialect.name);
        for path in paths(&dialect.body) {
            let missing = answer(&without(&dialect.body, &path).0).expect("every field is needed");
            let field = path.rsplit('/').next().unwrap();
            let synonyms = SYNONYMS
                .iter()
                .filter(|names| names.contains(&field))
                .copied()
                .flatten();
            for name in synonyms.filter(|name| **name != field && !dialect.aliases.contains(name)) {
                let Some(body) = renamed(&dialect.body, &path, name) else {
                    continue;
                };
                let answer = answer(&body).unwrap_or_else(|| panic!("{}: {name} for {path}", dialect.name));
                assert_eq!(answer.status, missing.status, "{}: {name} for {path}", dialect.name);
                assert_eq!(answer.body, missing.body, "{}: {name} for {path}", dialect.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried}");
}
