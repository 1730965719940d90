//! The examples `service` and `sign`, over a real socket: public keys are all that the service needs.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use actix_web::rt::System;

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/service.rs"]
mod service;

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/sign.rs"]
mod sign;

/// Starts the service with this JWK Set. It ends with the test process.
fn start(jwk_set: String) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        System::new().block_on(async { service::server(listener, &jwk_set).unwrap().await.unwrap() });
    });
    address
}

/// Status and whole text of the answer to `GET /games`.
fn get_games(address: SocketAddr, token: Option<&str>) -> (u16, String) {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let authorization = authorization.unwrap_or_default();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /games HTTP/1.1\r\nHost: example\r\n{authorization}Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[test]
fn a_service_with_public_keys_alone_accepts_rejects_and_forbids() {
    let issuer = sign::issuer().unwrap();
    let stranger = sign::issuer().unwrap();
    let token = |issuer, scopes| System::new().block_on(sign::token(issuer, scopes)).unwrap();
    let good = token(&issuer, "consultarJuego");
    let without_permission = token(&issuer, "consultarTitulo");
    let of_another_key = token(&stranger, "consultarJuego");
    // The claims of one token under the signature of another.
    let (claims, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = without_permission.rsplit_once('.').unwrap();
    let forged = format!("{claims}.{signature}");

    let jwk_set = sign::public_keys(&issuer);
    assert!(!jwk_set.contains("\"d\""), "a private key is in the set: {jwk_set}");
    let address = start(jwk_set);

    let (status, answer) = get_games(address, Some(&good));
    assert_eq!(status, 200, "{answer}");
    assert!(answer.ends_with("the games of 7\n"), "{answer}");
    for token in [Some(&*forged), Some(&*of_another_key), Some("no token"), None] {
        assert_eq!(get_games(address, token).0, 401, "{token:?}");
    }
    let (status, answer) = get_games(address, Some(&without_permission));
    assert_eq!(status, 403, "{answer}");
    assert!(answer.contains("insufficient_scope"), "{answer}");
}
