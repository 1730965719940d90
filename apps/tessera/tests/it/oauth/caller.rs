//! Who may call `/oauth/introspect` and `/oauth/revoke`, and in what form (RFC 6749 sections 2.3.1 and 5.2).

use super::{DEMO, INTROSPECT, REVOKE, asked, basic, form, refused};
use crate::support::client::Request;
use crate::support::dialect::retry_after;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, device};

const BOTH: [&str; 2] = [INTROSPECT, REVOKE];

#[test]
fn a_resource_server_signs_in_by_header_or_by_form_and_not_by_both() {
    let server = Server::shared();
    let (id, secret) = DEMO;
    for path in BOTH {
        let by_form = [("token", "x"), ("client_id", id), ("client_secret", secret)];
        assert_eq!(server.send(&form(path, &by_form)).status, 200, "{path}");
        let named_too = asked(path, &[("token", "x"), ("client_id", id)]);
        assert_eq!(server.send(&named_too).status, 200, "{path}");
        refused(&server.send(&asked(path, &by_form)), 400, "invalid_request");
        let two = asked(path, &[("token", "x"), ("client_id", "other")]);
        refused(&server.send(&two), 400, "invalid_request");
    }
}

#[test]
fn nobody_else_is_answered() {
    let server = Server::shared();
    let token = device(server);
    let from = |request: Request| server.send(&request.coming_from("10.66.0.1"));
    for path in BOTH {
        let plain = || form(path, &[("token", &token)]);
        let wrong = [
            plain(),
            form(path, &[]),
            plain().headers([basic(("demo-rs", "wrong"))]),
            plain().headers([basic(("unknown", "demo-rs-secret"))]),
            plain().headers([bearer(&token)]),
            plain().header("Authorization", "Basic"),
            form(path, &[("token", &token), ("client_id", "demo-rs")]),
            form(
                path,
                &[("token", &token), ("client_id", "demo-rs"), ("client_secret", "x")],
            ),
        ];
        for request in wrong {
            let response = from(request);
            refused(&response, 401, "invalid_client");
            let challenge = response.header("WWW-Authenticate").expect("a challenge");
            assert!(challenge.starts_with("Basic realm="), "{challenge}");
        }
        let doubled = plain().headers([basic(DEMO), basic(DEMO)]);
        refused(&from(doubled), 401, "invalid_client");
    }
    assert!(super::is_active(server, &[("token", &token)]), "nobody has revoked it");
}

#[test]
fn guesses_at_a_secret_are_slowed_down_and_hurt_no_other_address() {
    let server = Server::shared();
    let guess = |secret, address| {
        let request = form(INTROSPECT, &[("token", "x")]);
        server.send(&request.headers([basic((DEMO.0, secret))]).coming_from(address))
    };
    let mut statuses: Vec<u16> = (0..12).map(|_| guess("wrong", "10.66.0.2").status).collect();
    statuses.dedup();
    assert_eq!(statuses, [401, 429]);
    let right = guess(DEMO.1, "10.66.0.2");
    refused(&right, 429, "temporarily_unavailable");
    retry_after(&right);
    assert_eq!(guess(DEMO.1, "10.66.0.3").status, 200);
}

#[test]
fn calls_are_bounded() {
    let server = Setup::demo()
        .env("TESSERA_RESOURCE_SERVERS__CALLS_PER_MINUTE", "3")
        .start();
    for path in [INTROSPECT, REVOKE, INTROSPECT] {
        assert_eq!(server.send(&asked(path, &[("token", "x")])).status, 200);
    }
    for path in BOTH {
        let response = server.send(&asked(path, &[("token", "x")]));
        refused(&response, 429, "temporarily_unavailable");
        assert!(retry_after(&response) <= 60);
    }
}

/// Unknown parameters are ignored, doubled ones are refused (RFC 6749 section 3.2), whether they are known or not.
#[test]
fn the_form_is_read_strictly() {
    let server = Server::shared();
    for path in BOTH {
        let ignored = asked(path, &[("token", "x"), ("resource", "y"), ("", "")]);
        assert_eq!(server.send(&ignored).status, 200);
        for wrong in [
            &[("token", "x"), ("token", "x")][..],
            &[("token", "x"), ("token_type_hint", "a"), ("token_type_hint", "a")],
            &[("token", "x"), ("y", "1"), ("y", "2")],
            &[("token", "")],
            &[("token_type_hint", "access_token")],
            &[("token", "x"), ("client_ip", "nowhere")],
        ] {
            refused(&server.send(&asked(path, wrong)), 400, "invalid_request");
        }
        let broken = Request::post(path)
            .headers([basic(DEMO)])
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(b"token=\xff".to_vec());
        refused(&server.send(&broken), 400, "invalid_request");
    }
}

#[test]
fn other_bodies_and_methods_are_refused() {
    let server = Server::shared();
    for path in BOTH {
        let json = Request::post(path).headers([basic(DEMO)]).json(r#"{"token":"x"}"#);
        refused(&server.send(&json), 415, "invalid_request");
        let unlabelled = Request::post(path).headers([basic(DEMO)]).body("token=x");
        refused(&server.send(&unlabelled), 415, "invalid_request");
        let compressed = asked(path, &[("token", "x")]).header("Content-Encoding", "gzip");
        refused(&server.send(&compressed), 415, "invalid_request");
        let large = asked(path, &[("token", &"x".repeat(17_000))]);
        refused(&server.send(&large), 413, "invalid_request");
        for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE"] {
            let response = server.send(&Request::new(method, path));
            assert_eq!(response.header("Allow"), Some("POST"), "{method} {path}");
            refused(&response, 405, "invalid_request");
        }
    }
}

#[test]
fn a_page_can_read_what_is_refused() {
    let server = Server::shared();
    for path in BOTH {
        let refused = form(path, &[("token", "x")]).header("Origin", "https://app.example.com");
        let response = server.send(&refused);
        assert_eq!(
            response.header("Access-Control-Allow-Origin"),
            Some("*"),
            "{response:?}"
        );
    }
}
