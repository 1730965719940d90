//! The server and `tessera doctor` behind a real PgBouncer.

use serde_json::Value;
use store_diesel::Cluster;

use crate::pgbouncer::{PgBouncer, keeps_statements};
use crate::support::server::{DEMO_KEY, Setup};

pub const LAWS: [(&str, fn()); 2] = [
    ("one_for_sessions_is_fine", one_for_sessions_is_fine),
    (
        "one_that_loses_statements_is_refused_with_what_to_do",
        one_that_loses_statements_is_refused_with_what_to_do,
    ),
];

pub fn skip_reason() -> Option<&'static str> {
    Cluster::skip_reason().or_else(PgBouncer::skip_reason)
}

/// Why a pooler in transaction mode cannot be tried.
pub fn of_statements() -> Option<&'static str> {
    skip_reason()
        .or_else(|| (!keeps_statements()).then_some("PgBouncer is older than 1.21 and carries no statements along"))
}

fn doctor(url: &str) -> Setup {
    Setup::command("doctor").database(url)
}

/// The checks of this name: verdict and all words.
fn examine(setup: Setup, check: &str) -> Vec<(String, String)> {
    let ended = setup.env("TESSERA_MASTER_KEY", DEMO_KEY).arg("--json").run();
    let report: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let checks = report["checks"].as_array().expect("checks").iter();
    let named = checks.filter(|one| one["check"] == check);
    named
        .map(|one| (one["verdict"].as_str().expect("a word").to_owned(), one.to_string()))
        .collect()
}

fn served_once(url: &str) {
    Setup::demo().database(url).start().stop();
}

fn one_for_sessions_is_fine() {
    let direct = Cluster::shared().database();
    let pooler = PgBouncer::start(&direct, "pool_mode = session");
    served_once(&pooler.url());
    assert_eq!(examine(doctor(&pooler.url()), "pooler"), []);
    for check in ["database", "schema", "signing keys", "clock"] {
        let found = examine(doctor(&pooler.url()), check);
        assert!(
            !found.is_empty() && found.iter().all(|(verdict, _)| verdict == "ok"),
            "{found:?}"
        );
    }
}

fn one_that_loses_statements_is_refused_with_what_to_do() {
    let direct = Cluster::shared().database();
    served_once(&direct);
    let pooler = PgBouncer::losing_statements(&direct);
    let found = examine(doctor(&pooler.url()), "pooler");
    assert!(
        matches!(found.as_slice(), [(verdict, words)] if verdict == "fail" && words.contains("pool_mode = session")),
        "{found:?}"
    );
    let ended = Setup::demo().database(pooler.url()).run();
    assert!(
        ended.code != Some(0) && ended.err.contains("pool_mode = session"),
        "the server refuses it, too: {ended:?}"
    );
}

pub fn one_for_transactions_needs_another_way_to_the_feed() {
    let direct = Cluster::shared().database();
    served_once(&direct);
    let pooler = PgBouncer::start(&direct, "pool_mode = transaction\nmax_prepared_statements = 100");
    let found = examine(doctor(&pooler.url()), "pooler");
    assert!(
        matches!(found.as_slice(), [(verdict, words)] if verdict == "warn" && words.contains("feed_url")),
        "{found:?}"
    );
    assert_eq!(
        examine(doctor(&pooler.url()).env("TESSERA_FEED_URL", &direct), "pooler"),
        []
    );
}
