//! Request bodies, the same for all four (contract, section 1): formats, limits of size, time-outs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::client::{Connection, Request, Response};
use crate::support::dialect::{Dialect, PLAYER_PASSWORD};
use crate::support::server::{Server, Setup};
use crate::support::vectors::{cases, fill};

#[derive(Deserialize)]
struct BodyCase {
    name: String,
    body: Option<String>,
    body_hex: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
    expect: String,
}

impl BodyCase {
    /// The body for this dialect: its own field names replace those of mechanics.
    fn bytes(&self, dialect: Dialect) -> Vec<u8> {
        if let Some(hex) = &self.body_hex {
            let text = unhex(hex);
            return replace(&text, b"email", dialect.name_field().as_bytes());
        }
        let Some(body) = &self.body else {
            // A real decompression bomb is 413 by its length alone; this one would fit, and must be refused without unpacking it.
            return gzip(dialect.good().to_string().as_bytes());
        };
        let (name, password) = credentials(dialect);
        let body = match dialect {
            Dialect::Mechanics => body.clone(),
            _ => self.with_field_names_of(dialect, body),
        };
        fill(&body, &[("e", name.to_owned()), ("p", password.to_owned())]).into_bytes()
    }

    fn with_field_names_of(&self, dialect: Dialect, body: &str) -> String {
        let field = dialect.name_field();
        let form = self.content_type.as_deref() == Some("application/x-www-form-urlencoded") || self.name == "not-json";
        if form {
            let named = body.replace("email=", &format!("{field}="));
            return named.replace("{p}", "9yUQc%25ewEf%5E%28Tw4") + "&device_name=d";
        }
        let named = body
            .replace("\"email\"", &format!("\"{field}\""))
            .replace("em\\u0061il", &escaped(field));
        if dialect == Dialect::Device && !named.contains("device_name") {
            return named.replace("\"password\":", "\"device_name\":\"d\",\"password\":");
        }
        named
    }

    fn request(&self, dialect: Dialect) -> Request {
        let mut request = Request::post(dialect.path()).coming_from(&format!("10.5.{}.1", dialect as u8));
        if let Some(content_type) = &self.content_type {
            request = request.header("Content-Type", content_type);
        }
        if let Some(encoding) = &self.content_encoding {
            request = request.header("Content-Encoding", encoding);
        }
        request.body(self.bytes(dialect))
    }

    /// The statuses that the vector allows for this dialect.
    fn allowed(&self, dialect: Dialect) -> Vec<u16> {
        let device = dialect == Dialect::Device;
        let listed = |text: &str| -> Vec<u16> { text.split([' ', ',']).filter_map(|word| word.parse().ok()).collect() };
        match (self.name.as_str(), self.expect.as_str()) {
            ("form" | "multipart-label-json-body", _) => vec![if device { 200 } else { 415 }],
            ("bom", _) => (400..500).collect(),
            // The vector says 400 for a missing field or one of the wrong type; the device dialect answers 422.
            (name, "400") if device && (name.starts_with("password-") || name.starts_with("email-")) => vec![422],
            ("nul-in-email" | "crlf-in-email" | "ansi-in-email", _) if device => vec![401, 422],
            (_, expect) => listed(expect),
        }
    }
}

/// `email_or_username` with one character escaped, as the vector has it for `email`.
fn escaped(field: &str) -> String {
    field
        .replacen('a', "\\u0061", 1)
        .replacen('e', "\\u0065", usize::from(!field.contains('a')))
}

fn credentials(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Mechanics | Dialect::Integration => ("workshop@email.dk", "qwerty"),
        Dialect::Login => ("100@mydomain.com", "secret"),
        Dialect::Device => ("gmachia@gmail.com", PLAYER_PASSWORD),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let pairs = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|window| window == from) {
        Some(at) => [&bytes[..at], to, &bytes[at + from.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

/// gzip (RFC 1952) with one stored block.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("one block");
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn login_bodies_are_read_as_the_vectors_say_in_every_dialect_with_passwords() {
    let server = Server::shared();
    let cases: Vec<BodyCase> = cases("login_body_cases.json", 51);
    for dialect in Dialect::WITH_PASSWORDS {
        for case in &cases {
            let response = server.raw(&case.request(dialect).bytes(server.address()));
            let response = response.unwrap_or_else(|| panic!("{} at {dialect:?}: no answer", case.name));
            let allowed = case.allowed(dialect);
            assert!(
                allowed.contains(&response.status),
                "{} at {dialect:?}: {response:?}",
                case.name
            );
            if response.status != 200 {
                dialect.refuses_somehow(&response);
            }
        }
    }
}

/// Bodies that every dialect refuses.
fn broken_bodies(dialect: Dialect) -> Vec<(&'static str, Vec<u8>)> {
    let good = dialect.good().to_string();
    let nested = |open: &str, close: &str, depth: usize| {
        format!(
            "{},\"x\":{}{}}}",
            &good[..good.len() - 1],
            open.repeat(depth),
            close.repeat(depth)
        )
        .into_bytes()
    };
    let first = dialect.name_field();
    vec![
        ("no body", Vec::new()),
        ("no object", b"[]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("null", b"null".to_vec()),
        ("cut short", good.as_bytes()[..good.len() - 1].to_vec()),
        ("something after it", [good.as_bytes(), b"x"].concat()),
        ("two of them", [good.as_bytes(), good.as_bytes()].concat()),
        ("a NUL after it", [good.as_bytes(), b"\0"].concat()),
        (
            "a field twice",
            format!("{{\"{first}\":\"x\",{}", &good[1..]).into_bytes(),
        ),
        (
            "an unknown field twice",
            format!("{{\"zz\":1,\"zz\":1,{}", &good[1..]).into_bytes(),
        ),
        ("a byte order mark", [b"\xef\xbb\xbf", good.as_bytes()].concat()),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (
            "broken UTF-8",
            [b"{\"zz\":\"\xff\",".as_slice(), &good.as_bytes()[1..]].concat(),
        ),
        (
            "an overlong form",
            [b"{\"zz\":\"\xc0\xaf\",".as_slice(), &good.as_bytes()[1..]].concat(),
        ),
        (
            "a raw control character",
            [b"{\"zz\":\"\x01\",".as_slice(), &good.as_bytes()[1..]].concat(),
        ),
        (
            "a raw NUL",
            [b"{\"zz\":\"\0\",".as_slice(), &good.as_bytes()[1..]].concat(),
        ),
        (
            "half a surrogate pair",
            format!("{{\"zz\":\"\\ud800\",{}", &good[1..]).into_bytes(),
        ),
        ("7000 lists", nested("[", "]", 7000)),
        ("10,000 lists without an end", nested("[", "", 10_000)),
        ("2000 objects", nested("{\"a\":", "}", 2000).to_vec()),
        ("NaN", format!("{{\"zz\":NaN,{}", &good[1..]).into_bytes()),
        (
            "a number without end",
            format!("{{\"zz\":1e999,{}", &good[1..]).into_bytes(),
        ),
    ]
}

#[test]
fn a_broken_body_is_a_4xx_in_the_flavours_shape_and_never_a_500() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        for (name, body) in broken_bodies(dialect) {
            let request = Request::post(dialect.path())
                .header("Content-Type", "application/json")
                .body(body);
            let response = server.send(&request);
            assert_eq!(response.status, 400, "{name} at {dialect:?}: {response:?}");
            dialect.refuses(&response, 400);
        }
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let mut body = dialect.good();
        body["zz"] = json!({"deep": [1, 2.5, null, true, {"x": "y"}]});
        body["Email"] = json!(5);
        assert_eq!(server.send(&dialect.request(&body)).status, 200, "{dialect:?}");
    }
}

#[test]
fn the_media_type_is_json_in_any_spelling_of_its_label() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let send = |content_type: Option<&str>| {
            let request = Request::post(dialect.path()).body(dialect.good().to_string());
            let request = content_type
                .iter()
                .fold(request, |request, value| request.header("Content-Type", value));
            server.send(&request)
        };
        for content_type in [
            "application/json",
            "Application/JSON",
            "application/json;charset=UTF-8",
            "application/json; a=b",
        ] {
            assert_eq!(send(Some(content_type)).status, 200, "{content_type} at {dialect:?}");
        }
        for content_type in [
            "text/plain",
            "application/xml",
            "text/json",
            "application/jsonp",
            "json",
            "*/*",
            "application/json, text/plain",
        ] {
            dialect.refuses(&send(Some(content_type)), 415);
        }
        dialect.refuses(&send(None), 415);
        let doubled = Request::post(dialect.path())
            .header("Content-Type", "text/plain")
            .json(dialect.good());
        dialect.refuses_somehow(&server.send(&doubled));
    }
}

#[test]
fn a_compressed_body_is_never_unpacked() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let good = dialect.good().to_string();
        for (encoding, body) in [
            ("gzip", gzip(good.as_bytes())),
            ("deflate", good.clone().into_bytes()),
            ("br", good.clone().into_bytes()),
            ("zstd", good.clone().into_bytes()),
            ("gzip, gzip", good.clone().into_bytes()),
        ] {
            let request = Request::post(dialect.path()).header("Content-Type", "application/json");
            let request = request.header("Content-Encoding", encoding).body(body);
            dialect.refuses(&server.send(&request), 415);
        }
        let plain = Request::post(dialect.path())
            .header("Content-Encoding", "identity")
            .json(&good);
        assert_eq!(server.send(&plain).status, 200, "{dialect:?}");
    }
}

#[test]
fn an_answer_is_never_compressed() {
    let server = Server::shared();
    let request = Dialect::Integration
        .request(&Dialect::Integration.good())
        .header("Accept-Encoding", "gzip, br, zstd, deflate");
    let response = server.send(&request);
    assert_eq!((response.status, response.header("Content-Encoding")), (200, None));
}

#[test]
fn a_body_may_have_16_kib_and_not_one_byte_more() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let good = dialect.good().to_string();
        let padded = |length: usize| good.clone() + &" ".repeat(length - good.len());
        let send = |body: String| server.send(&Request::post(dialect.path()).json(body));
        assert_eq!(send(padded(16 * 1024)).status, 200, "{dialect:?}");
        dialect.refuses(&send(padded(16 * 1024 + 1)), 413);
        let chunked = |body: &str| {
            let head = Request::post(dialect.path()).header("Content-Type", "application/json");
            let head = head.header("Transfer-Encoding", "chunked").bytes(server.address());
            let chunks = body
                .as_bytes()
                .chunks(4000)
                .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
            let sent = [head, chunks.collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat();
            server.raw(&sent).expect("an answer")
        };
        assert_eq!(chunked(&padded(16 * 1024)).status, 200, "{dialect:?}");
        dialect.refuses(&chunked(&padded(16 * 1024 + 1)), 413);
    }
}

#[test]
fn a_longer_body_is_refused_before_it_is_sent() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        for length in ["16385", "10485760", "9223372036854775807"] {
            let head = Request::post(dialect.path())
                .header("Content-Type", "application/json")
                .header("Content-Length", length);
            let response = server
                .raw(&head.bytes(server.address()))
                .expect("an answer without a body");
            dialect.refuses(&response, 413);
        }
        let head = Request::post(dialect.path())
            .header("Content-Type", "application/json")
            .header("Transfer-Encoding", "chunked");
        let mut connection = server.connect();
        connection.write(&head.bytes(server.address()));
        connection.write(format!("{:x}\r\n{}\r\n", 17_000, "A".repeat(17_000)).as_bytes());
        dialect.refuses(&connection.receive().expect("an answer without an end"), 413);
    }
}

#[test]
fn a_client_may_ask_first_whether_its_body_is_wanted() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let body = dialect.good().to_string();
        let head = Request::post(dialect.path())
            .header("Content-Type", "application/json")
            .header("Expect", "100-continue");
        let mut connection = server.connect();
        connection.write(
            &head
                .clone()
                .header("Content-Length", body.len().to_string())
                .bytes(server.address()),
        );
        assert_eq!(
            connection.receive_any().expect("an interim answer").status,
            100,
            "{dialect:?}"
        );
        connection.write(body.as_bytes());
        assert_eq!(connection.receive().expect("an answer").status, 200, "{dialect:?}");
        let long = server.raw(&head.header("Content-Length", "10485760").bytes(server.address()));
        dialect.refuses(&long.expect("an answer"), 413);
    }
}

#[test]
fn a_body_that_does_not_arrive_is_a_408_and_delays_no_other_request() {
    let server = Setup::demo().env("TESSERA_HTTP__BODY_TIMEOUT", "1s").start();
    let open = |dialect: Dialect| {
        let body = dialect.good().to_string();
        let head = Request::post(dialect.path())
            .header("Content-Type", "application/json")
            .header("Content-Length", body.len().to_string());
        let mut connection = server.connect();
        connection.write(&head.bytes(server.address()));
        connection.write(&body.as_bytes()[..body.len() / 2]);
        (dialect, connection)
    };
    let slow: Vec<(Dialect, Connection)> = Dialect::ALL.into_iter().map(open).collect();
    for dialect in Dialect::ALL {
        assert_eq!(server.send(&dialect.request(&dialect.good())).status, 200);
    }
    for (dialect, mut connection) in slow {
        dialect.refuses(&connection.receive().expect("an answer in time"), 408);
    }
}

#[test]
fn a_client_that_hangs_up_half_way_does_no_harm() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let body = dialect.good().to_string();
        let head = Request::post(dialect.path())
            .header("Content-Type", "application/json")
            .header("Content-Length", (body.len() + 5).to_string());
        let mut connection = server.connect();
        connection.write(&head.bytes(server.address()));
        connection.write(body.as_bytes());
        connection.finish();
        let response: Option<Response> = connection.receive().ok();
        assert!(
            response.is_none_or(|response| (400..500).contains(&response.status)),
            "{dialect:?}"
        );
        assert_eq!(server.send(&dialect.request(&dialect.good())).status, 200);
    }
}

#[test]
fn fields_come_from_the_body_and_not_from_the_address() {
    let server = Server::shared();
    for (dialect, query) in [
        (Dialect::Mechanics, "email=workshop%40email.dk&password=qwerty"),
        (Dialect::Login, "username=100%40mydomain.com&password=secret"),
        (
            Dialect::Device,
            "username=gmachia&password=9yUQc%25ewEf%5E(Tw4&device_name=d",
        ),
        (Dialect::Integration, "email=a%40b.dk&name=A&organization_id=171"),
    ] {
        let request = Request::post(&format!("{}?{query}", dialect.path())).json("{}");
        dialect.refuses(&server.send(&request), dialect.bad_field());
        let request = Request::post(&format!("{}?{query}", dialect.path())).json(dialect.good());
        assert_eq!(server.send(&request).status, 200, "{dialect:?}");
    }
}

#[test]
fn a_password_is_taken_byte_for_byte_and_never_cut() {
    let server = Server::shared();
    for dialect in Dialect::WITH_PASSWORDS {
        let (name, password) = credentials(dialect);
        let attempt = |password: &str| {
            let request = dialect
                .request(&dialect.attempt(name, password))
                .coming_from(&format!("10.6.{}.1", dialect as u8));
            server.send(&request).comparable()
        };
        let wrong = attempt("wrong");
        dialect.refuses(&wrong, 401);
        for other in [
            format!(" {password}"),
            format!("{password} "),
            format!("{password}\u{0}"),
            format!("{password}\u{0}x"),
            format!("{password}{}", "x".repeat(80)),
            "x".repeat(73),
            "ñ".repeat(37),
        ] {
            assert_eq!(attempt(&other), wrong, "{other:?} at {dialect:?}");
        }
    }
}

#[test]
fn login_names_are_compared_without_case_in_any_script_and_trimmed() {
    let server = Server::shared();
    for (dialect, spellings) in [
        (
            Dialect::Mechanics,
            [
                "WORKSHOP@EMAIL.DK",
                "  workshop@email.dk\u{2003}",
                "wor\u{212a}shop@email.dk",
                "\u{ff37}ork\u{17f}hop@email.dk",
            ],
        ),
        (
            Dialect::Login,
            [
                "100@MYDOMAIN.COM",
                " 100@mydomain.com ",
                "100@MyDomain.Com",
                "100@mydomain.cOm",
            ],
        ),
        (
            Dialect::Device,
            ["GMACHIA", " gmachia ", "GMachia@Gmail.Com", "gmachia@gmail.com "],
        ),
    ] {
        for spelling in spellings {
            let mut body: Value = dialect.good();
            body[dialect.name_field()] = spelling.into();
            assert_eq!(
                server.send(&dialect.request(&body)).status,
                200,
                "{spelling:?} at {dialect:?}"
            );
        }
    }
    let circled = Dialect::Mechanics.attempt("ⓦorkshop@email.dk", "qwerty");
    let answer = server.send(&Dialect::Mechanics.request(&circled));
    assert_eq!(
        answer.status, 401,
        "a compatibility character is no letter of a name: {answer:?}"
    );
}
