//! `[database]`: what the server may take of PostgreSQL.

use store_diesel::{DieselStore, StoreOptions};

use crate::support::at_once;
use crate::support::scrape::Scrape;
use crate::support::server::Setup;
use crate::support::sign_in::{bearer, device, lives};

/// Two for its work, one for the feed, one for notices.
const MOST: i64 = 4;

pub fn a_node_holds_no_more_connections_than_it_may(url: &str) {
    let setup = Setup::demo().database(url).env("TESSERA_DATABASE__CONNECTIONS", 2);
    let server = setup.start();
    let lived = at_once(8, |_| {
        (0..4).all(|_| lives(&server, [bearer(&device(&server))])) && open_connections(url) <= MOST
    });
    assert!(lived.into_iter().all(|lived| lived), "who waits is answered");
    let size = Scrape::of(&server.get("/metrics")).value("tessera_database_connections{pool=\"main\"}");
    assert!((size - 2.0).abs() < f64::EPSILON, "{size}");
    let open = open_connections(url);
    assert!((1..=MOST).contains(&open), "{open}");
    server.stop();
}

/// Those of servers: the one that looks has another name.
fn open_connections(url: &str) -> i64 {
    let separator = if url.contains('?') { '&' } else { '?' };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let counted = runtime.block_on(async {
        let url = format!("{url}{separator}application_name=observer");
        let store = DieselStore::connect(&url, &StoreOptions::patient())
            .await
            .expect("a store");
        let query =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tessera'";
        store.dangerous_number(query).await
    });
    counted.expect("an answer").expect("a number")
}
