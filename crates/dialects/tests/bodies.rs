//! The cases of hostile and odd login bodies, run against all four decoders.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use dialects::{MAX_BODY, Payload, RejectionFormatter, RequestRejection, device, integration, login, mechanics};
use secrecy::ExposeSecret;
use serde::Deserialize;

const CASES: usize = 51;

#[test]
fn mechanics_answers_every_case_as_listed() {
    run(&Flavour {
        rewrite: str::to_owned,
        decode: |payload| match mechanics::TokenRequest::decode(payload)? {
            mechanics::TokenRequest::Password { email, password } => Ok((email, password.expose_secret().into())),
            mechanics::TokenRequest::Refresh { .. } => panic!("no case refreshes"),
        },
        formatter: &mechanics::Mechanics::new("workshops"),
        bad_field: 400,
        reads_forms: false,
    });
}

#[test]
fn login_answers_every_case_as_listed() {
    run(&Flavour {
        rewrite: |body| {
            body.replace("\"email\":", "\"username\":")
                .replace("\"em\\u0061il\":", "\"usern\\u0061me\":")
        },
        decode: |payload| {
            let request = login::LoginRequest::decode(payload)?;
            Ok((request.username, request.password.expose_secret().into()))
        },
        formatter: &login::Login::new("pbx", false),
        bad_field: 400,
        reads_forms: false,
    });
}

#[test]
fn device_answers_every_case_as_listed() {
    run(&Flavour {
        rewrite: |body| match body {
            form if form.starts_with("email=") => format!("{form}&device_name=iPhone+4s"),
            complete if complete.contains("device_name") => complete.to_owned(),
            json => json.replacen("\"password\":", "\"device_name\":\"iPhone 4s\",\"password\":", 1),
        },
        decode: |payload| {
            let request = device::TokenRequest::decode(payload)?;
            Ok((request.email_or_username, request.password.expose_secret().into()))
        },
        formatter: &device::Device::new("players"),
        bad_field: 422,
        reads_forms: true,
    });
}

/// The consumer's token takes the place of the password.
#[test]
fn integration_answers_every_case_as_listed() {
    run(&Flavour {
        rewrite: with_consumer,
        decode: |payload| {
            let request = integration::TokenRequest::decode(payload)?;
            Ok((request.email, request.consumer.token.expose_secret().into()))
        },
        formatter: &integration::Integration::new("clients", "http://127.0.0.1:8080"),
        bad_field: 422,
        reads_forms: false,
    });
}

struct Flavour<'a> {
    /// The case in this flavour's member names.
    rewrite: fn(&str) -> String,
    /// The login name and the password as decoded.
    decode: fn(&Payload<'_>) -> Result<(String, String), RequestRejection>,
    formatter: &'a dyn RejectionFormatter,
    /// The status for a field of the wrong type.
    bad_field: u16,
    reads_forms: bool,
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    body: Option<String>,
    body_hex: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
    expect: String,
}

fn run(flavour: &Flavour<'_>) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/vectors/tokens/login_body_cases.json"
    );
    let Cases { cases } = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(cases.len(), CASES);
    for case in &cases {
        check(flavour, case, &case.bytes(flavour));
    }
    let deep = cases.iter().find(|case| case.name == "deep").unwrap();
    check_deep_that_fits(flavour, deep);
}

fn check(flavour: &Flavour<'_>, case: &Case, body: &[u8]) {
    let outcome = decode(flavour, case, body);
    let allowed = case.allowed(flavour);
    assert!(
        allowed.iter().any(|wanted| wanted.meets(&outcome)),
        "{}: {outcome:?}, not {allowed:?}",
        case.name
    );
    if let Outcome::Accepted { login, password } = outcome
        && allowed.contains(&Wanted::Accepted)
    {
        assert_eq!((login.as_str(), password.as_str()), (LOGIN, PASSWORD), "{}", case.name);
    }
}

fn check_deep_that_fits(flavour: &Flavour<'_>, deep: &Case) {
    let template = deep.body.as_deref().unwrap().replace("20000", "7000");
    let body = fill(&(flavour.rewrite)(&template));
    assert!(body.len() <= MAX_BODY);
    assert_eq!(decode(flavour, deep, body.as_bytes()), Outcome::Refused(400));
}

fn decode(flavour: &Flavour<'_>, case: &Case, body: &[u8]) -> Outcome {
    let (content_type, content_encoding) = (case.content_type.as_deref(), case.content_encoding.as_deref());
    match (flavour.decode)(&Payload {
        content_type,
        content_encoding,
        body,
    }) {
        Ok((login, password)) => Outcome::Accepted { login, password },
        Err(rejection) => {
            let answer = flavour.formatter.answer(&rejection);
            assert!(
                serde_json::from_slice::<serde_json::Map<_, _>>(&answer.body).is_ok(),
                "{}",
                case.name
            );
            Outcome::Refused(answer.status)
        }
    }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Accepted { login: String, password: String },
    Refused(u16),
}

/// One of the outcomes that a case allows. The decoder is only the first step of what the server does.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// Decoded to the login and password of the case.
    Accepted,
    /// Refused as wrong credentials, by the decoder or by a later step.
    Rejected,
    /// Refused with this status.
    Status(u16),
    /// Refused with any 4xx.
    Any4xx,
}

impl Wanted {
    fn meets(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Accepted, Outcome::Accepted { .. }) => true,
            (Self::Rejected, Outcome::Accepted { .. } | Outcome::Refused(401)) => true,
            (Self::Status(wanted), Outcome::Refused(status)) => status == wanted,
            (Self::Any4xx, Outcome::Refused(status)) => (400..500).contains(status),
            _ => false,
        }
    }
}

impl Case {
    fn bytes(&self, flavour: &Flavour<'_>) -> Vec<u8> {
        match (&self.body, &self.body_hex) {
            (Some(body), _) => fill(&(flavour.rewrite)(body)).into_bytes(),
            (None, Some(hex)) => unhex(hex),
            // One case only describes its body. What matters is that it is never decompressed.
            (None, None) => vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
        }
    }

    fn allowed(&self, flavour: &Flavour<'_>) -> Vec<Wanted> {
        let expect = match self.expect.split_once("; 200 on the device endpoint") {
            Some(_) if flavour.reads_forms => "200",
            Some((elsewhere, _)) => elsewhere,
            None => &self.expect,
        };
        let alternatives = expect.split(" or ").flat_map(|part| part.split(", "));
        let wanted: Vec<_> = alternatives.map(|text| self.wanted(text, flavour)).collect();
        assert!(!wanted.is_empty());
        wanted
    }

    fn wanted(&self, text: &str, flavour: &Flavour<'_>) -> Wanted {
        let about_a_field = ["email-", "password-", "nul-in-", "crlf-in-", "ansi-in-"];
        match text {
            "200" => Wanted::Accepted,
            "401" => Wanted::Rejected,
            "4xx" => Wanted::Any4xx,
            "400" if about_a_field.iter().any(|start| self.name.starts_with(start)) => {
                Wanted::Status(flavour.bad_field)
            }
            status => Wanted::Status(status.parse().unwrap()),
        }
    }
}

const LOGIN: &str = "gmachia@gmail.com";
const PASSWORD: &str = "9yUQc%ewEf^(Tw4";

/// Fills in the account and writes out `{text*count}`.
fn fill(template: &str) -> String {
    let mut out = template.replace("{e}", LOGIN).replace("{p}", PASSWORD);
    while let Some((start, end, text)) = find_repeat(&out) {
        out.replace_range(start..end, &text);
    }
    out
}

fn find_repeat(text: &str) -> Option<(usize, usize, String)> {
    text.match_indices('*').find_map(|(star, _)| {
        let start = text[..star].rfind('{')?;
        let end = star + text[star..].find('}')?;
        let count = text[star + 1..end].parse().ok()?;
        Some((start, end + 1, text[start + 1..star].repeat(count)))
    })
}

/// Wraps each password value into a consumer and adds the members that only this flavour has.
fn with_consumer(body: &str) -> String {
    const MEMBER: &str = "\"password\":";
    let Some(at) = body.find(MEMBER) else {
        return body.to_owned();
    };
    let (before, value) = (&body[..at], &body[at + MEMBER.len()..]);
    let end = value_end(value);
    let organization = if body.contains("organization_id") {
        ""
    } else {
        "\"organization_id\":171,"
    };
    let consumer = format!("\"consumer\":{{\"key\":\"demo-key\",\"token\":{}}}", &value[..end]);
    format!(
        "{before}\"name\":\"Andrew\",{organization}{consumer}{}",
        with_consumer(&value[end..])
    )
}

/// Where the JSON value at the start of a text ends.
fn value_end(text: &str) -> usize {
    let (mut depth, mut inside, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => inside = !inside,
            ',' | '}' if !inside && depth == 0 => return at,
            '{' | '[' if !inside => depth += 1,
            '}' | ']' if !inside => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn unhex(text: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}
