//! Where the server does not know whether a token is active, it says so: never that it is not.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use auth_core::{SecretKey, SystemEntropy};
use store_diesel::{DieselStore, StoreOptions};
use tessera::{Builder, Overrides, Start, Stores};
use testkit::FailingStore;

use super::{INTROSPECT, REVOKE, asked, introspect, is_active, refused};
use crate::support::client::{Connection, Request, Response};
use crate::support::dialect::Dialect;
use crate::support::server::Server;
use crate::support::sign_in::device;

fn send(address: SocketAddr, request: &Request) -> Response {
    Connection::open(address)
        .expect("the server takes connections")
        .send(request)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_fails_no_token_is_called_inactive_or_revoked() {
    let store = DieselStore::connect("sqlite::memory:", &StoreOptions::patient())
        .await
        .expect("a database");
    let failing = Arc::new(FailingStore::new(store.tokens()));
    let mut config = Builder::new().config(&Overrides::default()).expect("settings");
    config.passwords.cost = 10;
    let start = Start {
        stores: Stores {
            tokens: failing.clone(),
            ..Stores::from(&store)
        },
        master: SecretKey::random(&SystemEntropy).expect("random bytes"),
        config,
        listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
        demo: true,
    };
    let running = Builder::new().start(start).await.expect("a server");
    let address = running.address();
    tokio::task::block_in_place(|| {
        let signed_in = send(address, &Dialect::Device.request(&Dialect::Device.good()));
        let token = signed_in.member("token");
        failing.fail_all(true);
        for path in [INTROSPECT, REVOKE] {
            let response = send(address, &asked(path, &[("token", &token)]));
            refused(&response, 503, "temporarily_unavailable");
        }
        failing.fail_all(false);
        let found = || send(address, &asked(INTROSPECT, &[("token", &token)])).json()["active"].clone();
        assert_eq!(found(), true, "it was not revoked");
        failing.fail_all(true);
        assert_eq!(send(address, &asked(REVOKE, &[("token", &token)])).status, 503);
        failing.fail_all(false);
        assert_eq!(found(), true);
        assert_eq!(send(address, &asked(REVOKE, &[("token", &token)])).status, 200);
        assert_eq!(found(), false);
    });
    running.stop().await.expect("a clean stop");
}

/// The reads that unknown tokens cause are bounded for each client that the resource server names.
#[test]
fn a_flood_of_unknown_tokens_hurts_no_other_client_and_makes_no_token_inactive() {
    let server = Server::demo();
    let (cold, colder) = (device(&server), device(&server));
    let from = |token: &str, client| introspect(&server, &[("token", token), ("client_ip", client)]);
    let mut connection = server.connect();
    let mut bounded = 0;
    // The allowance grows while a slow machine asks, so it is asked until the bound shows.
    for id in 0..20_000 {
        if bounded == 20 {
            break;
        }
        let unknown = format!("{}|{}", 1_000_000 + id, "x".repeat(40));
        let pairs = [("token", unknown.as_str()), ("client_ip", "192.0.2.1")];
        let answer = connection.send(&asked(INTROSPECT, &pairs));
        match answer.status {
            200 => assert_eq!(answer.text(), super::INACTIVE),
            _ => {
                refused(&answer, 429, "temporarily_unavailable");
                bounded += 1;
            }
        }
    }
    assert_eq!(bounded, 20, "all of them were looked up");
    let answer = from(&cold, "192.0.2.1");
    assert!(answer.status == 429 || answer.json()["active"] == true, "{answer:?}");
    assert_eq!(from(&cold, "192.0.2.2").json()["active"], true);
    assert!(
        is_active(&server, &[("token", &colder)]),
        "the resource server's own allowance"
    );
    assert_eq!(from(&cold, "192.0.2.1").json()["active"], true, "it is in memory");
}
