//! `POST /api/tokens/create`, `POST /api/tokens/revoke` (contract, section 4).

use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, PLAYER_PASSWORD, is_json_answer};
use crate::support::server::Server;
use crate::support::sign_in::{basic, bearer, device, lives, revoke, sign_in, workshop};

const DEVICE: Dialect = Dialect::Device;
const PERMISOS: &str = concat!(
    r#"["consultarTitulo","registrarJuego","consultarJuego","editarJuego","eliminarJuego","registrarOferta","#,
    r#""consultarOferta","editarOferta","eliminarOferta","consultarUsuario"]"#
);

fn assert_documented(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    is_json_answer(response);
    let token = response.member("token");
    assert_eq!(
        response.text(),
        format!(r#"{{"token":"{token}","permisos":{PERMISOS}}}"#)
    );
    let (id, secret) = token.split_once('|').expect("a bar");
    assert!(
        id.parse::<u64>().is_ok_and(|id| id > 0) && !id.starts_with(['0', '+']),
        "{token}"
    );
    assert!(
        secret.len() == 40 && secret.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{token}"
    );
    token
}

fn form(content_type: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(DEVICE.path())
        .header("Content-Type", content_type)
        .body(body)
}

fn multipart(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).collect::<String>() + "--XyZ--\r\n"
}

#[test]
fn the_documents_request_gets_the_documents_answer() {
    assert_documented(&sign_in(Server::shared(), DEVICE));
}

#[test]
fn the_documents_curl_line_works_byte_for_byte_though_it_labels_json_as_a_form() {
    let server = Server::shared();
    let body = "{\n         \"email\": \"gmachia@gmail.com\",\n         \"password\": \"9yUQc%ewEf^(Tw4\",\n         \
                \"device_name\": \"iPhone 4s\"\n     }";
    let sent = format!(
        "POST /api/tokens/create HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\
         Content-Type: multipart/form-data\r\nContent-Length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    );
    assert_documented(&server.raw(sent.as_bytes()).expect("an answer"));
}

#[test]
fn a_player_is_named_by_either_name_in_any_of_three_fields() {
    let server = Server::shared();
    for field in ["email_or_username", "email", "username"] {
        for name in ["gmachia@gmail.com", "gmachia", " GMachia@GMAIL.com ", "GMACHIA"] {
            let body = json!({field: name, "password": PLAYER_PASSWORD, "device_name": "d"});
            assert_documented(&server.send(&DEVICE.request(&body)));
        }
    }
    let body = json!({"email": "gmachia", "username": "gmachia", "password": PLAYER_PASSWORD, "device_name": "d"});
    assert_documented(&server.send(&DEVICE.request(&body)));
    let body = json!({"email": "gmachia", "username": "other", "password": PLAYER_PASSWORD, "device_name": "d"});
    DEVICE.refuses(&server.send(&DEVICE.request(&body)), 422);
}

#[test]
fn the_same_fields_come_as_json_as_a_form_or_in_parts() {
    let server = Server::shared();
    let json = DEVICE.good().to_string();
    let urlencoded = "email_or_username=gmachia%40gmail.com&password=9yUQc%25ewEf%5E%28Tw4&device_name=iPhone+4s";
    let parts = multipart(&[
        ("email", "gmachia"),
        ("password", PLAYER_PASSWORD),
        ("device_name", "iPhone 4s"),
    ]);
    for request in [
        form("application/json", json.clone()),
        form("application/json; charset=utf-8", json.clone()),
        form("multipart/form-data", json.clone()),
        form("Multipart/Form-Data; charset=utf-8", json),
        form("application/x-www-form-urlencoded", urlencoded),
        form("application/x-www-form-urlencoded; charset=UTF-8", urlencoded),
        form("multipart/form-data; boundary=XyZ", parts.clone()),
        form("multipart/form-data; boundary=\"XyZ\"", parts),
    ] {
        assert_documented(&server.send(&request));
    }
}

#[test]
fn a_form_that_is_no_form_is_refused_in_the_dialects_shape() {
    let server = Server::shared();
    let good = [
        ("email", "gmachia"),
        ("password", PLAYER_PASSWORD),
        ("device_name", "d"),
    ];
    let twice = multipart(&[good[0], good[0], good[1], good[2]]);
    let cut = multipart(&good).replace("--XyZ--", "--XyZ");
    for (content_type, body, status) in [
        ("multipart/form-data; boundary=XyZ", twice, 400),
        ("multipart/form-data; boundary=XyZ", cut, 400),
        ("multipart/form-data; boundary=Other", multipart(&good), 400),
        ("multipart/form-data; boundary=XyZ", DEVICE.good().to_string(), 400),
        ("multipart/form-data", multipart(&good), 400),
        (
            "application/x-www-form-urlencoded",
            "email=gmachia&email=gmachia&password=x&device_name=d".into(),
            400,
        ),
        (
            "application/x-www-form-urlencoded",
            "email=%ff&password=x&device_name=d".into(),
            400,
        ),
        ("application/x-www-form-urlencoded", String::new(), 422),
        ("application/x-www-form-urlencoded", DEVICE.good().to_string(), 422),
        ("multipart/form-data; boundary=XyZ", multipart(&good[..2]), 422),
        ("multipart/mixed; boundary=XyZ", multipart(&good), 415),
    ] {
        let response = server.send(&form(content_type, body.clone()));
        assert_eq!(response.status, status, "{content_type}\n{body}\n{response:?}");
        DEVICE.refuses(&response, status);
    }
}

#[test]
fn every_field_has_its_refusals() {
    let server = Server::shared();
    let without = |field: &str| {
        let mut body = DEVICE.good();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    let with = |field: &str, value: Value| {
        let mut body = DEVICE.good();
        body[field] = value;
        body
    };
    for (body, text) in [
        (without("email_or_username"), "Falta el campo 'email_or_username'."),
        (without("password"), "Falta el campo 'password'."),
        (without("device_name"), "Falta el campo 'device_name'."),
        (
            with("email_or_username", json!("")),
            "El campo 'email_or_username' no puede estar vacío.",
        ),
        (
            with("password", json!("  ")),
            "El campo 'password' no puede estar vacío.",
        ),
        (
            with("device_name", json!(" ")),
            "El campo 'device_name' no puede estar vacío.",
        ),
        (
            with("device_name", json!("ñ".repeat(256))),
            "El campo 'device_name' admite como máximo 255 caracteres.",
        ),
        (
            with("device_name", json!("a\u{0}")),
            "El campo 'device_name' no puede contener caracteres de control.",
        ),
        (
            with("device_name", json!("a\r\nX: y")),
            "El campo 'device_name' no puede contener caracteres de control.",
        ),
        (
            with("device_name", json!(4)),
            "El campo 'device_name' debe ser una cadena.",
        ),
        (
            with("password", json!(null)),
            "El campo 'password' debe ser una cadena.",
        ),
    ] {
        assert_eq!(DEVICE.refuses(&server.send(&DEVICE.request(&body)), 422), text);
    }
}

#[test]
fn a_device_may_be_called_anything_of_1_to_255_characters() {
    let server = Server::shared();
    for name in [
        "x",
        &"ñ".repeat(255),
        "<script>alert(1)</script>",
        "\u{202e}عربي",
        "'; DROP TABLE tokens; --",
    ] {
        let mut body = DEVICE.good();
        body["device_name"] = name.into();
        assert_documented(&server.send(&DEVICE.request(&body)));
    }
}

#[test]
fn a_wrong_password_and_an_unknown_player_get_the_same_bytes() {
    let server = Server::shared();
    let attempt = |name: &str, password: &str| {
        let request = DEVICE.request(&DEVICE.attempt(name, password)).coming_from("10.3.0.1");
        server.send(&request).comparable()
    };
    let wrong = attempt("gmachia", "wrong");
    assert_eq!(DEVICE.refuses(&wrong, 401), "Credenciales inválidas.");
    assert_eq!(wrong.header("WWW-Authenticate"), Some(r#"Bearer realm="players""#));
    for (name, password) in [
        ("nobody", PLAYER_PASSWORD),
        ("workshop@email.dk", "qwerty"),
        ("gmachia", "9yuqc%ewef^(tw4"),
    ] {
        assert_eq!(attempt(name, password), wrong, "{name}");
    }
}

#[test]
fn the_same_player_holds_many_tokens_and_revoking_one_ends_that_one() {
    let server = Server::shared();
    let held = [device(server), device(server), device(server)];
    assert!(held[0] != held[1] && held[1] != held[2]);
    let response = revoke(server, [bearer(&held[1])]);
    assert_eq!(
        (response.status, response.text()),
        (200, r#"{"mensaje":"El token fue revocado."}"#)
    );
    is_json_answer(&response);
    assert_eq!(
        [0, 1, 2].map(|i| lives(server, [bearer(&held[i])])),
        [true, false, true]
    );
}

#[test]
fn revoking_twice_is_a_401() {
    let server = Server::shared();
    let held = device(server);
    assert_eq!(revoke(server, [bearer(&held)]).status, 200);
    for _ in 0..2 {
        let response = revoke(server, [bearer(&held)]);
        assert_eq!(DEVICE.refuses(&response, 401), "Se requiere un token válido.");
        assert!(
            response
                .header("WWW-Authenticate")
                .is_some_and(|value| value.contains("error=\"invalid_token\""))
        );
    }
}

#[test]
fn revoking_takes_a_live_device_token_as_a_bearer_and_nothing_else() {
    let server = Server::shared();
    let held = device(server);
    let none: [(&'static str, String); 0] = [];
    let response = revoke(server, none);
    DEVICE.refuses(&response, 401);
    assert_eq!(response.header("WWW-Authenticate"), Some(r#"Bearer realm="players""#));
    for header in [
        ("Authorization", held.clone()),
        basic(&held),
        ("X-Access-Token", held.clone()),
        bearer("1|63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU"),
        bearer("x"),
        bearer(&workshop(server).token),
    ] {
        DEVICE.refuses(&revoke(server, [header]), 401);
    }
    DEVICE.refuses(&revoke(server, [bearer(&held), bearer(&held)]), 401);
    assert!(lives(server, [bearer(&held)]));
    assert_eq!(revoke(server, [bearer(&held)]).status, 200);
}

#[test]
fn revoking_does_not_look_at_a_body() {
    let server = Server::shared();
    let held = device(server);
    let request = Request::post("/api/tokens/revoke")
        .headers([bearer(&held)])
        .header("Content-Type", "x/y")
        .body("{\"no");
    assert_eq!(server.send(&request).status, 200);
    assert!(!lives(server, [bearer(&held)]));
}
