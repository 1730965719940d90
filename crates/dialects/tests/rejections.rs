//! Every rejection in every dialect: its status, its shape, its headers.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use std::mem::discriminant;

use dialects::device::Device;
use dialects::integration::Integration;
use dialects::login::Login;
use dialects::mechanics::Mechanics;
use dialects::{Answer, FieldError, FieldErrorKind, Limit, RejectionFormatter, RequestRejection};
use serde_json::Value;

/// Every rejection with its status in mechanics, login, device, integration.
fn table() -> Vec<(RequestRejection, [u16; 4])> {
    let field_errors = [
        FieldErrorKind::Missing,
        FieldErrorKind::NotText,
        FieldErrorKind::NotInteger,
        FieldErrorKind::NotObject,
        FieldErrorKind::Blank,
        FieldErrorKind::TooLong(Limit::Bytes(254)),
        FieldErrorKind::TooLong(Limit::Characters(255)),
        FieldErrorKind::ControlCharacter,
        FieldErrorKind::NotAnEmail,
        FieldErrorKind::NotAnAddress,
        FieldErrorKind::NotPositive,
        FieldErrorKind::Conflict,
    ];
    let field = |kind| {
        (
            RequestRejection::Field(FieldError {
                field: "some.field",
                kind,
            }),
            [400, 400, 422, 422],
        )
    };
    let mut table: Vec<_> = field_errors.into_iter().map(field).collect();
    table.extend([
        (RequestRejection::Malformed, [400; 4]),
        (RequestRejection::WrongCredentials, [401; 4]),
        (RequestRejection::UnknownUser, [401, 404, 401, 401]),
        (RequestRejection::NotAuthenticated { token_sent: false }, [401; 4]),
        (RequestRejection::NotAuthenticated { token_sent: true }, [401; 4]),
        (RequestRejection::Forbidden, [403; 4]),
        (RequestRejection::NotFound, [404; 4]),
        (RequestRejection::MethodNotAllowed { allow: "POST" }, [405; 4]),
        (RequestRejection::Timeout, [408; 4]),
        (RequestRejection::TooLarge, [413; 4]),
        (RequestRejection::UnsupportedMediaType, [415; 4]),
        (RequestRejection::Throttled { retry_after_seconds: 7 }, [429; 4]),
        (RequestRejection::Internal, [500; 4]),
        (RequestRejection::Busy { retry_after_seconds: 7 }, [503; 4]),
        (RequestRejection::Unavailable { retry_after_seconds: 7 }, [503; 4]),
        (
            RequestRejection::DialectSpecific {
                code: "of_another_dialect",
            },
            [400; 4],
        ),
    ]);
    table
}

#[test]
fn the_table_has_every_rejection() {
    let table = table();
    for sample in RequestRejection::samples() {
        let same_kind = |(row, _): &(RequestRejection, _)| discriminant(row) == discriminant(&sample);
        assert!(table.iter().any(same_kind), "{sample:?}");
    }
}

fn dialects() -> [Box<dyn RejectionFormatter>; 4] {
    [
        Box::new(Mechanics::new("a \"realm\"\r\n")),
        Box::new(Login::new("a \"realm\"\r\n", false)),
        Box::new(Device::new("a \"realm\"\r\n")),
        Box::new(Integration::new("a \"realm\"\r\n", "http://127.0.0.1:8080")),
    ]
}

fn for_each(mut check: impl FnMut(usize, &RequestRejection, u16, &Answer)) {
    for (rejection, statuses) in table() {
        for (at, dialect) in dialects().iter().enumerate() {
            check(at, &rejection, statuses[at], &dialect.answer(&rejection));
        }
    }
}

#[test]
fn each_dialect_has_its_status_for_each_rejection() {
    for_each(|at, rejection, status, answer| assert_eq!(answer.status, status, "{at} {rejection:?}"));
}

#[test]
fn each_body_has_the_error_shape_of_its_dialect() {
    let shapes = [
        r#"{"status":"failed","message":"…"}"#,
        r#"{"status":"error","info":"…"}"#,
        r#"{"error":"…","codigo":…}"#,
        r#"{"error":"…"}"#,
    ];
    for_each(|at, rejection, status, answer| {
        let body = String::from_utf8(answer.body.clone()).unwrap();
        let parsed: Value = serde_json::from_str(&body).unwrap();
        let text = ["message", "info", "error", "error"][at];
        let message = parsed[text].as_str().unwrap();
        let shape = body.replace(message, "…").replace(&format!(":{status}"), ":…");
        assert_eq!(shape, shapes[at], "{rejection:?}");
        assert!(message.len() > 5, "{rejection:?}");
    });
}

#[test]
fn each_answer_has_the_headers_for_its_status() {
    for_each(|at, rejection, status, answer| {
        let has = |name| answer.header(name).is_some();
        assert_eq!(
            has("WWW-Authenticate"),
            matches!(status, 401 | 403),
            "{at} {rejection:?}"
        );
        assert_eq!(
            answer.header("Allow"),
            (status == 405).then_some("POST"),
            "{at} {rejection:?}"
        );
        let waits = matches!(status, 429 | 503);
        assert_eq!(answer.header("Retry-After"), waits.then_some("7"), "{at} {rejection:?}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
    });
}

#[test]
fn each_header_appears_once_and_on_one_line() {
    for_each(|_, rejection, _, answer| {
        let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), answer.headers.len(), "{rejection:?}");
        for (_, value) in &answer.headers {
            assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value:?}");
        }
    });
}

#[test]
fn each_challenge_names_how_tokens_are_presented() {
    let rejection = RequestRejection::NotAuthenticated { token_sent: false };
    let challenges = dialects().map(|dialect| {
        let answer = dialect.answer(&rejection);
        answer.header("www-authenticate").unwrap().to_owned()
    });
    let realm = r#"realm="a \"realm\"%0D%0A""#;
    assert_eq!(
        challenges,
        [
            format!("Bearer {realm}"),
            format!("X-Access-Token {realm}"),
            format!("Bearer {realm}"),
            format!("Basic {realm}, charset=\"UTF-8\", Bearer {realm}"),
        ]
    );
}

#[test]
fn an_unknown_user_and_a_wrong_password_get_the_same_bytes_unless_the_document_differs() {
    let same = dialects().map(|dialect| {
        dialect.answer(&RequestRejection::UnknownUser) == dialect.answer(&RequestRejection::WrongCredentials)
    });
    assert_eq!(same, [true, false, true, true]);
    let concealed = Login::new("pbx", true);
    assert!(concealed.answer(&RequestRejection::UnknownUser) == concealed.answer(&RequestRejection::WrongCredentials));
}

/// Except the answers to single fields, of which a page shows one, and to the rejections of other dialects, which never
/// happen.
#[test]
fn the_page_of_each_dialect_lists_each_answer() {
    let pages = ["mechanics", "login", "device", "integration"].map(page);
    for_each(|at, rejection, status, answer| {
        let body = std::str::from_utf8(&answer.body).unwrap();
        let row = format!("\n| {status} | `{body}` | ");
        let not_listed = matches!(
            rejection,
            RequestRejection::Field(_) | RequestRejection::DialectSpecific { .. }
        );
        assert!(not_listed || pages[at].contains(&row), "{at}: {row}");
    });
}

fn page(dialect: &str) -> String {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dialects");
    std::fs::read_to_string(format!("{pages}/{dialect}.md")).unwrap()
}

#[test]
fn every_rejection_has_a_text_for_logs() {
    for (rejection, _) in table() {
        assert!(!rejection.to_string().is_empty());
    }
}
