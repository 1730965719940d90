//! What the dialects say of themselves and what they do are the same: a body fits the schema of a request exactly if the
//! decoder takes it, and every example fits its schema.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use std::sync::LazyLock;

use dialects::description::{Content, Operation, Schema};
use dialects::device::{self, Device};
use dialects::integration::{self, Integration};
use dialects::login::{self, Login};
use dialects::mechanics::{self, Mechanics};
use dialects::{Endpoint, Payload};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

const SIGN_IN: &str = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;
const REFRESH: &str = r#"{"refreshToken":"0123"}"#;
const LOGIN: &str = r#"{"username":"100@mydomain.com","password":"secret"}"#;
const DEVICE: &str = r#"{"email_or_username":"gmachia","password":"p","device_name":"iPhone 4s"}"#;
const CLIENT: &str = r#"{"email":"a@b.dk","name":"A","consumer":{"key":"k","token":"t"},"organization_id":171}"#;

/// Whether a decoder takes a body.
type Takes = fn(&Payload<'_>) -> bool;

/// An endpoint that takes a body: its schema, its decoder, and bodies that it takes.
type Reader = (Validator, Takes, &'static [&'static str]);

static READERS: LazyLock<[Reader; 4]> = LazyLock::new(|| {
    let first = |operations: &[(Endpoint, Operation)]| validator(&operations[0].1.bodies[0].schemas[0]);
    [
        (
            first(&Mechanics::new("r").operations(SIGN_IN)),
            |payload| mechanics::TokenRequest::decode(payload).is_ok(),
            &[SIGN_IN, REFRESH],
        ),
        (
            first(&Login::new("r", false).operations(LOGIN)),
            |payload| login::LoginRequest::decode(payload).is_ok(),
            &[LOGIN],
        ),
        (
            first(&Device::new("r").operations(DEVICE)),
            |payload| device::TokenRequest::decode(payload).is_ok(),
            &[DEVICE],
        ),
        (
            first(&Integration::new("r", "http://x").operations(CLIENT)),
            |payload| integration::TokenRequest::decode(payload).is_ok(),
            &[CLIENT],
        ),
    ]
});

fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    operations.extend(Mechanics::new("r").operations(SIGN_IN).map(|(_, operation)| operation));
    operations.extend(Login::new("r", false).operations(LOGIN).map(|(_, operation)| operation));
    operations.extend(Device::new("r").operations(DEVICE).map(|(_, operation)| operation));
    operations.extend(
        Integration::new("r", "http://x")
            .operations(CLIENT)
            .map(|(_, operation)| operation),
    );
    operations
}

fn validator(schema: &Schema) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema.value).unwrap()
}

fn is_taken(takes: Takes, body: &Value) -> bool {
    takes(&Payload::json(body.to_string().as_bytes()))
}

/// A value that some field has or must not have.
fn value() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        " ",
        "x",
        "a@b.dk",
        " a@b.dk ",
        "a@b",
        "@b",
        "a@",
        "a@b@c",
        "a b@c.dk",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@bücher.dk",
        "x\0",
        "x\n",
        "\n",
        "\t",
        "\u{7f}x",
        "\u{85}",
        "\u{a0}",
        "\u{2003}",
        "\u{2028}x",
        "\u{3000}",
        "\u{feff}",
        "é",
        "👍",
        "171",
    ];
    let long = |length| Value::String("a".repeat(length));
    let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
    values.extend([253, 254, 255, 256].map(long));
    values.push(format!("{}@b.dk", "a".repeat(249)).into());
    values.push(format!("{}@b.dk", "a".repeat(250)).into());
    values.push(format!("a@{}.dk", "b".repeat(63)).into());
    values.push(format!("a@{}.dk", "b".repeat(64)).into());
    values.extend([
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(["x"]),
        json!({"key": "k", "token": "t"}),
    ]);
    values.extend([
        json!(0),
        json!(1),
        json!(-1),
        json!(171),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(0.5),
        json!(1e300),
    ]);
    values.extend([
        json!({"key": "", "token": "t"}),
        json!({"key": "k"}),
        json!({"key": "k", "token": " "}),
    ]);
    prop::sample::select(values)
}

/// A change of a body: a field gets this value, or is removed.
fn changes() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    let names = [
        "email",
        "password",
        "refreshToken",
        "username",
        "email_or_username",
        "device_name",
        "name",
        "consumer",
        "organization_id",
        "unknown",
    ];
    let change = (
        prop::sample::select(names.to_vec()),
        prop::option::weighted(0.8, value()),
    );
    prop::collection::vec(change, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_body_fits_the_schema_exactly_if_the_decoder_takes_it(
        endpoint in 0..4_usize, sample in any::<prop::sample::Index>(), changes in changes(),
    ) {
        let (schema, takes, samples) = &READERS[endpoint];
        let mut body: Value = serde_json::from_str(samples[sample.index(samples.len())]).unwrap();
        let fields = body.as_object_mut().unwrap();
        for (name, value) in changes {
            match value {
                Some(value) => fields.insert(name.into(), value),
                None => fields.remove(name),
            };
        }
        // The device dialect takes several user names if they are equal, which no schema can say.
        let names = ["email_or_username", "email", "username"].map(|name| fields.get(name).cloned());
        let mut names = names.into_iter().flatten();
        let first = names.next();
        prop_assume!(endpoint != 2 || names.all(|name| Some(name) == first));
        let fits = schema.is_valid(&body);
        prop_assert_eq!(is_taken(*takes, &body), fits, "{}", body);
    }
}

#[test]
fn every_format_of_a_body_has_one_schema() {
    for operation in operations() {
        let mut schemas = operation.bodies.iter().map(|content| &content.schemas);
        let first = schemas.next();
        assert!(schemas.all(|schemas| Some(schemas) == first), "{}", operation.summary);
    }
}

#[test]
fn every_example_fits_its_schema() {
    let mut compared = 0;
    let mut compare = |content: &Content| {
        for example in &content.examples {
            let value: Value = serde_json::from_str(&example.body).unwrap();
            let schema = validator(&content.schemas[0]);
            assert!(schema.is_valid(&value), "{}: {value}", content.schemas[0].name);
            compared += 1;
        }
    };
    for operation in operations() {
        operation.bodies.iter().for_each(&mut compare);
        operation
            .responses
            .iter()
            .flat_map(|response| &response.contents)
            .for_each(&mut compare);
    }
    assert!(compared >= 60, "{compared}");
}

/// The status codes of the four pages in `docs/dialects`, less 403, 404 and 405, which no operation answers.
#[test]
fn every_status_of_a_dialects_page_is_described() {
    let statuses =
        |operation: &Operation| -> Vec<u16> { operation.responses.iter().map(|response| response.status).collect() };
    let [mechanics, login, logout, create, revoke, client] = &operations()[..] else {
        panic!("six operations")
    };
    assert_eq!(statuses(mechanics), [200, 400, 401, 408, 413, 415, 429, 500, 503]);
    assert_eq!(statuses(login), [200, 400, 401, 404, 408, 413, 415, 429, 500, 503]);
    assert_eq!(statuses(logout), [200, 401, 429, 500, 503]);
    assert_eq!(statuses(create), [200, 400, 401, 408, 413, 415, 422, 429, 500, 503]);
    assert_eq!(statuses(revoke), [200, 401, 429, 500, 503]);
    assert_eq!(statuses(client), [200, 400, 401, 408, 413, 415, 422, 429, 500, 503]);
    let concealed = &Login::new("r", true).operations(LOGIN)[0].1;
    assert_eq!(statuses(concealed), [200, 400, 401, 408, 413, 415, 429, 500, 503]);
}
