//! The database goes away: nobody is told a lie, and all comes back by itself (contract, sections 1 and 6).

use store_diesel::Cluster;

use crate::support::client::Request;
use crate::support::dialect::{Dialect, is_json_answer, retry_after};
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, device, logout, refresh, revoke, session, verify, workshop};

/// Asserts that the answer is "later", and that it says nothing of what is wrong.
fn assert_later(response: &crate::support::client::Response) {
    assert_eq!(response.status, 503, "{response:?}");
    is_json_answer(response);
    retry_after(response);
    let said = response.text().to_lowercase();
    for word in ["sql", "postgres", "connection", "relation", "127.0.0.1", "error("] {
        assert!(!said.contains(word), "{word} in {said}");
    }
}

pub fn without_its_database_a_server_says_later_and_never_no() {
    let cluster = Cluster::start(&[]).unwrap_or_else(|why| panic!("{why}"));
    let server = Setup::demo()
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
        assert_later(&response);
        dialect.refuses(&response, 503);
    }
    assert_later(&refresh(&server, &shop.refresh));
    assert_later(&logout(&server, held.headers()));
    assert_later(&revoke(&server, [bearer(&warm)]));
    assert_later(&verify(&server, [bearer(&cold)]));
    // What was seen is vouched for until the news are too old; what is no good stays so.
    let heard = |server: &Server| verify(server, [bearer(&warm)]).status;
    assert!(poll(1500, || heard(&server) == 503), "no yes from a guess");
    assert_eq!(server.send(&Request::get("/auth/verify")).status, 401);
    server.stop();
}
