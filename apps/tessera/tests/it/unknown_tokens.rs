//! Unknown tokens, by the thousand: they cost a bounded number of reads, and nobody else is hurt.

use crate::support::client::Request;
use crate::support::server::Setup;
use crate::support::sign_in::{bearer, device, verify, workshop};

#[test]
fn a_flood_of_unknown_tokens_is_answered_without_reads_and_hurts_no_other() {
    let server = Setup::demo()
        .env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
        .start();
    let (warm, cold, shop) = (device(&server), device(&server), workshop(&server));
    assert_eq!(verify(&server, [bearer(&warm)]).status, 200);
    let mut connection = server.connect();
    let mut bounded = 0;
    for id in 0..2000 {
        let unknown = format!("Bearer {}|{}", 1_000_000 + id, "x".repeat(40));
        let request = Request::get("/auth/verify").header("Authorization", unknown);
        let answer = connection.send(&request.coming_from("192.0.2.1"));
        match answer.status {
            401 => {}
            503 => {
                assert!(answer.header("Retry-After").is_some(), "{answer:?}");
                bounded += 1;
            }
            status => panic!("{status}"),
        }
    }
    assert!(bounded > 0, "all of them were looked up");
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(verify(&server, [bearer(&warm)]).status, 200);
    assert_eq!(
        verify(&server, [bearer(&cold)]).status,
        200,
        "not read before, from elsewhere"
    );
    let from_there = Request::get("/auth/verify").header("Authorization", format!("Bearer {warm}"));
    assert_eq!(
        server.send(&from_there.coming_from("192.0.2.1")).status,
        200,
        "in memory"
    );
    let mut refused = 0;
    for number in 0..1000 {
        let body = format!(r#"{{"refreshToken":"{number:064x}"}}"#);
        let request = Request::post("/api/v2/mechanics/tokens")
            .json(body)
            .coming_from("192.0.2.2");
        let answer = connection.send(&request);
        assert!(matches!(answer.status, 401 | 429), "{answer:?}");
        refused += usize::from(answer.status == 429);
    }
    assert!(refused > 0, "all of them were looked up");
    let body = format!(r#"{{"refreshToken":"{}"}}"#, shop.refresh);
    assert_eq!(
        server
            .send(&Request::post("/api/v2/mechanics/tokens").json(body))
            .status,
        200
    );
    server.stop();
}
