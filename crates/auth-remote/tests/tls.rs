//! HTTPS: the server's certificate decides.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "support/keys.rs"]
mod keys;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use auth_core::testing::ManualClock;
use auth_core::{PresentedToken, Verifier, VerifyError};
use auth_remote::KeySetSource;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use keys::{Server, config};

/// Serves this body to everybody over TLS, until the process ends; the port.
fn serve(body: String, certificate: &CertifiedKey<rcgen::KeyPair>) -> u16 {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = [0; 4096];
            // A client that does not trust the certificate ends the connection here.
            if stream.read(&mut head).is_ok_and(|read| read > 0) {
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test]
async fn keys_come_from_the_server_whose_certificate_is_trusted_and_from_no_other() {
    let clock = Arc::new(ManualClock::new());
    let server = Server::new("k1", &clock);
    let trusted = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let impostor = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let token = server.token().await;
    for (certificate, accepted) in [(&trusted, true), (&impostor, false)] {
        let port = serve(server.jwk_set(), certificate);
        let source = KeySetSource::new(&format!("https://localhost:{port}/keys"), config())
            .clock(clock.clone())
            .timeout(Duration::from_secs(60));
        let verifier = source.root_certificates(&trusted.cert.pem()).start().await.unwrap();
        let outcome = verifier.verify(&PresentedToken::bearer(&token)).await;
        assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
        assert!(accepted || matches!(outcome, Err(VerifyError::Unavailable(_))));
    }
}
