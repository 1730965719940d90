//! The database becomes unavailable: logins and uncached tokens get a 503 (contract, sections 1 and 6).

use store_diesel::Cluster;

use crate::support::client::Request;
use crate::support::dialect::{Dialect, is_json_answer, retry_after};
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, device, logout, refresh, revoke, session, verify, workshop};

/// Asserts that the answer is a 503 that says when to try again, without internal details.
fn assert_unavailable(response: &crate::support::client::Response) {
    assert_eq!(response.status, 503, "{response:?}");
    is_json_answer(response);
    retry_after(response);
    let text = response.text().to_lowercase();
    for word in ["sql", "postgres", "connection", "relation", "127.0.0.1", "error("] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

pub fn without_its_database_a_server_answers_503_instead_of_rejecting() {
    let cluster = Cluster::start(&[]).unwrap_or_else(|why| panic!("{why}"));
    let server = Setup::demo()
        .without_env("TESSERA_DATABASE__DEADLINE")
        .env("TESSERA_REVOCATION__MAX_STALENESS", "2s")
        .database(cluster.database())
        .start();
    let (shop, held, warm, cold) = (workshop(&server), session(&server), device(&server), device(&server));
    assert_eq!(verify(&server, [bearer(&warm)]).status, 200);
    drop(cluster);
    assert!(poll(1500, || server.get("/readyz").status == 503));
    assert_eq!(server.get("/healthz").status, 200, "the process is alive");
    for dialect in Dialect::ALL {
        let response = server.send(&dialect.request(&dialect.good()));
        assert_unavailable(&response);
        dialect.refuses(&response, 503);
    }
    assert_unavailable(&refresh(&server, &shop.refresh));
    assert_unavailable(&logout(&server, held.headers()));
    assert_unavailable(&revoke(&server, [bearer(&warm)]));
    assert_unavailable(&verify(&server, [bearer(&cold)]));
    // A cached token is accepted until the list of revocations is too old. A request without a token stays a 401.
    let status = |server: &Server| verify(server, [bearer(&warm)]).status;
    assert!(poll(1500, || status(&server) == 503), "a stale cache accepts no token");
    assert_eq!(server.send(&Request::get("/auth/verify")).status, 401);
    server.stop();
}
