//! `/metrics`: what it counts, what it never shows, and who may read it (docs/METRICS.md).

use std::collections::BTreeSet;

use rustls::version::TLS13;

use crate::oauth::introspect;
use crate::secrets::{found, live_through};
use crate::support::client::{Connection, Request};
use crate::support::dialect::Dialect;
use crate::support::poll;
use crate::support::scrape::Scrape;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    Workshop, basic, bearer, client, device, logout, refresh, revoke, session, verify, workshop,
};
use crate::support::tls::Certificates;

fn scrape(server: &Server) -> Scrape {
    Scrape::of(&server.get("/metrics"))
}

/// The address of the listener that a server has for metrics alone.
fn own_listener(server: &Server) -> std::net::SocketAddr {
    let out = server.out();
    let line = out.lines().find_map(|line| line.strip_prefix("metrics: http://"));
    let address = line.and_then(|line| line.strip_suffix("/metrics"));
    address.and_then(|address| address.parse().ok()).expect("an address")
}

#[test]
fn every_token_that_is_issued_refreshed_or_revoked_is_counted_by_flavour() {
    let server = Server::demo();
    let before = scrape(&server);
    let first = workshop(&server);
    let second = Workshop::of(&refresh(&server, &first.refresh));
    Workshop::of(&refresh(&server, &first.refresh));
    Workshop::of(&refresh(&server, &second.refresh));
    assert_eq!(refresh(&server, &first.refresh).status, 401, "used before");
    assert_eq!(refresh(&server, "nothing of the kind").status, 401);
    assert_eq!(refresh(&server, &"0".repeat(64)).status, 401);
    assert_eq!(logout(&server, session(&server).headers()).status, 200);
    assert_eq!(revoke(&server, [bearer(&device(&server))]).status, 200);
    client(&server, "a@example.com");
    let counted = scrape(&server).since(
        &before,
        [
            r#"tessera_tokens_issued_total{flavour="mechanics"}"#,
            r#"tessera_tokens_issued_total{flavour="integration"}"#,
            r#"tessera_tokens_refreshed_total{flavour="mechanics"}"#,
            r#"tessera_refresh_retries_total{flavour="mechanics"}"#,
            r#"tessera_refresh_reuses_total{flavour="mechanics"}"#,
            r#"tessera_refresh_refusals_total{flavour="mechanics",reason="malformed"}"#,
            r#"tessera_refresh_refusals_total{flavour="mechanics",reason="unknown"}"#,
            r#"tessera_tokens_signed_out_total{flavour="login"}"#,
            r#"tessera_tokens_signed_out_total{flavour="device"}"#,
            "tessera_revocations_total",
        ],
    );
    assert_eq!(counted, [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0]);
    server.stop();
}

#[test]
fn every_check_is_counted_by_flavour_and_by_how_it_ended() {
    let server = Server::demo();
    let (shop, player, user) = (workshop(&server), device(&server), session(&server));
    let gone = session(&server);
    assert_eq!(logout(&server, gone.headers()).status, 200);
    let before = scrape(&server);
    let ask = |query: &str, headers: Vec<(&'static str, String)>| {
        let request = Request::get(&format!("/auth/verify{query}")).headers(headers);
        server.send(&request).status
    };
    assert_eq!(ask("", vec![bearer(&shop.token)]), 200);
    assert_eq!(ask("", user.headers().into()), 200);
    assert_eq!(ask("?permission=consultarJuego", vec![bearer(&player)]), 200);
    assert_eq!(ask("?permission=nadie", vec![bearer(&player)]), 403);
    assert_eq!(ask("?nothing", vec![bearer(&player)]), 400);
    assert_eq!(ask("", gone.headers().into()), 401);
    assert_eq!(ask("", vec![user.headers()[0].clone()]), 401);
    assert_eq!(ask("", vec![bearer("no token at all")]), 401);
    assert_eq!(ask("", vec![]), 401);
    let after = scrape(&server);
    let counted = after.since(
        &before,
        [
            r#"tessera_checks_total{flavour="mechanics",outcome="ok"}"#,
            r#"tessera_checks_total{flavour="login",outcome="ok"}"#,
            r#"tessera_checks_total{flavour="device",outcome="ok"}"#,
            r#"tessera_checks_total{flavour="device",outcome="forbidden"}"#,
            r#"tessera_checks_total{flavour="device",outcome="bad_query"}"#,
            r#"tessera_checks_total{flavour="login",outcome="revoked"}"#,
            r#"tessera_checks_total{flavour="login",outcome="key_missing"}"#,
            r#"tessera_checks_total{flavour="none",outcome="malformed"}"#,
            r#"tessera_checks_total{flavour="none",outcome="absent"}"#,
        ],
    );
    assert_eq!(counted, [1.0; 9], "{after:#?}");
    let timed = after.since(
        &before,
        [
            r#"tessera_check_seconds_count{flavour="device"}"#,
            r#"tessera_check_seconds_count{flavour="none"}"#,
            r#"tessera_http_requests_total{route="/auth/verify",status="2xx"}"#,
            r#"tessera_http_requests_total{route="/auth/verify",status="4xx"}"#,
        ],
    );
    assert_eq!(timed, [3.0, 2.0, 3.0, 6.0]);
    server.stop();
}

#[test]
fn a_check_for_a_resource_server_is_counted_like_any_other() {
    let server = Server::demo();
    let (shop, player, gone) = (workshop(&server), device(&server), workshop(&server));
    crate::oauth::revoke(&server, &gone.token);
    let before = scrape(&server);
    for token in [&*shop.token, &player, &gone.token, "no token at all"] {
        assert_eq!(introspect(&server, &[("token", token)]).status, 200);
    }
    let counted = scrape(&server).since(
        &before,
        [
            r#"tessera_checks_total{flavour="mechanics",outcome="ok"}"#,
            r#"tessera_checks_total{flavour="device",outcome="ok"}"#,
            r#"tessera_checks_total{flavour="mechanics",outcome="revoked"}"#,
            r#"tessera_checks_total{flavour="none",outcome="unknown"}"#,
        ],
    );
    assert_eq!(counted, [1.0; 4]);
    server.stop();
}

#[test]
fn every_sign_in_and_refusal_is_counted_by_flavour_and_reason() {
    let server = Server::demo();
    let before = scrape(&server);
    workshop(&server);
    let wrong = Dialect::Mechanics.attempt("workshop@email.dk", "wrong");
    for _ in 0..20 {
        server.send(&Dialect::Mechanics.request(&wrong));
    }
    let unknown = Dialect::Login.attempt("nobody@mydomain.com", "wrong");
    assert_eq!(server.send(&Dialect::Login.request(&unknown)).status, 404);
    assert_eq!(server.send(&Request::post("/login").json("{")).status, 400);
    assert_eq!(server.get("/login").status, 405);
    assert_eq!(server.get("/nothing").status, 404);
    let after = scrape(&server);
    let [wrong, throttled, by_pair, judged] = after.since(
        &before,
        [
            r#"tessera_logins_total{flavour="mechanics",outcome="wrong_password"}"#,
            r#"tessera_logins_total{flavour="mechanics",outcome="throttled"}"#,
            r#"tessera_throttle_refusals_total{counter="pair"}"#,
            r#"tessera_login_seconds_count{flavour="mechanics"}"#,
        ],
    );
    assert!(wrong > 0.0 && throttled > 0.0, "{wrong} {throttled}");
    assert_eq!((wrong + throttled, by_pair, judged), (20.0, throttled, wrong + 1.0));
    let counted = after.since(
        &before,
        [
            r#"tessera_logins_total{flavour="mechanics",outcome="ok"}"#,
            r#"tessera_logins_total{flavour="login",outcome="unknown_login"}"#,
            r#"tessera_refusals_total{flavour="login",reason="unknown_user"}"#,
            r#"tessera_refusals_total{flavour="login",reason="malformed"}"#,
            r#"tessera_http_requests_total{route="/login",status="4xx"}"#,
            r#"tessera_http_requests_total{route="other",status="4xx"}"#,
        ],
    );
    assert_eq!(counted, [1.0, 1.0, 1.0, 1.0, 3.0, 1.0]);
    let hashed = after.since(
        &before,
        [
            r#"tessera_hash_jobs_total{outcome="started"}"#,
            "tessera_hash_wait_seconds_count",
        ],
    );
    assert_eq!(hashed, [wrong + 2.0; 2]);
    server.stop();
}

#[test]
fn the_state_of_the_node_is_shown() {
    let server = Server::demo();
    let token = device(&server);
    assert_eq!(verify(&server, [bearer(&token)]).status, 200);
    let mut now = scrape(&server);
    for (series, value) in [
        (r#"tessera_ready{part="database"}"#, 1.0),
        (r#"tessera_ready{part="revocations"}"#, 1.0),
        (r#"tessera_ready{part="keys"}"#, 1.0),
        (r#"tessera_keys_failing{flavour="mechanics",algorithm="HS256"}"#, 0.0),
        ("tessera_records", 1.0),
        ("tessera_records_limit", 100_000.0),
        (r#"tessera_database_connections{pool="writer"}"#, 1.0),
        ("tessera_hash_queue_jobs", 0.0),
        ("tessera_log_lines_dropped_total", 0.0),
        ("tessera_http_connections", 1.0),
    ] {
        // Another connection of this test may not have been seen to be closed.
        poll(500, || {
            now = scrape(&server);
            (now.value(series) - value).abs() < f64::EPSILON
        });
        assert!(
            (now.value(series) - value).abs() < f64::EPSILON,
            "{series}: {}",
            now.value(series)
        );
    }
    assert!(now.value("tessera_feed_age_seconds") < 60.0);
    assert!(now.value("tessera_keys_age_seconds") < 60.0);
    assert!(now.value(r#"tessera_signing_key_age_seconds{flavour="login",algorithm="HS256"}"#) < 600.0);
    assert!(now.value("tessera_uptime_seconds") > 0.0);
    let names = now.names();
    let build = names
        .iter()
        .find(|name| name.starts_with("tessera_build_info{"))
        .expect("a version");
    assert!(
        build.contains(concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"")),
        "{build}"
    );
    server.stop();
}

/// Whatever clients send, and from wherever, the series are those of the start; so their number is bounded, and
/// nothing of a request is among them.
#[test]
fn no_request_adds_a_series_or_a_secret() {
    let server = Server::demo();
    let before = scrape(&server);
    let secrets = live_through(&server);
    let page = server.get("/metrics");
    let after = Scrape::of(&page);
    let differing: BTreeSet<_> = before
        .names()
        .symmetric_difference(&after.names())
        .copied()
        .map(str::to_owned)
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
    let leaks = found("the metrics", &page.body, &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    for named in ["canary", "gmachia", "workshop@", "mydomain", "demo-key", "127.0.0.1"] {
        assert!(!page.text().contains(named), "{named}");
    }
    let labels: Vec<String> = after.labels().into_keys().collect();
    assert_eq!(
        labels,
        [
            "algorithm",
            "counter",
            "flavour",
            "limit",
            "of",
            "outcome",
            "part",
            "pool",
            "reason",
            "route",
            "rust",
            "status",
            "version"
        ]
    );
    server.stop();
}

#[test]
fn on_the_clients_listener_only_a_program_of_this_machine_reads_it_for_itself() {
    let server = Server::shared();
    assert_eq!(server.get("/metrics").status, 200);
    assert_eq!(server.send(&Request::new("HEAD", "/metrics")).status, 200);
    let post = server.send(&Request::post("/metrics"));
    assert_eq!((post.status, post.header("Allow")), (405, Some("GET, HEAD")));
    let nothing = server.get("/nothing").comparable();
    for header in [
        ("X-Forwarded-For", "127.0.0.1"),
        ("x-forwarded-for", ""),
        ("Forwarded", "for=127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "api.example.com"),
        ("Via", "1.1 proxy"),
    ] {
        for method in ["GET", "POST"] {
            let answer = server.send(&Request::new(method, "/metrics").header(header.0, header.1));
            assert_eq!(answer.comparable(), nothing, "{header:?}");
        }
    }
}

#[test]
fn with_a_listener_of_their_own_metrics_are_there_and_nowhere_else() {
    let server = Setup::demo().env("TESSERA_METRICS__LISTEN", "0").start();
    let address = own_listener(&server);
    assert!(address.ip().is_loopback(), "a port alone is one of loopback");
    assert_ne!(address, server.address());
    assert_eq!(server.get("/metrics").status, 404);
    let at_own = |path: &str| Connection::open(address).expect("it listens").send(&Request::get(path));
    let page = at_own("/metrics");
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let counted = Scrape::of(&page);
    assert!(counted.value(r#"tessera_http_requests_total{route="/readyz",status="2xx"}"#) >= 1.0);
    assert_eq!(at_own("/healthz").status, 404, "nothing else");
    assert_eq!(at_own("/auth/verify").status, 404);
    server.stop();
    assert!(Connection::open(address).is_err(), "it stops with the server");
}

#[test]
fn switched_off_there_are_none() {
    let server = Setup::demo().config("[metrics]\nenabled = false\n").start();
    assert!(!server.out().contains("metrics:"), "{}", server.out());
    assert_eq!(server.get("/metrics").status, 404);
    assert_eq!(verify(&server, [basic(&client(&server, "a@example.com"))]).status, 200);
    server.stop();
}

#[test]
fn a_listener_that_cannot_be_had_stops_the_start_and_is_named() {
    let ended = Setup::demo().env("TESSERA_METRICS__LISTEN", "localhost:9464").run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("metrics.listen") && ended.err.contains("a port alone"),
        "{}",
        ended.err
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("an address");
    let ended = Setup::demo()
        .env("TESSERA_METRICS__LISTEN", format!("\"{address}\""))
        .run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains(&format!("metrics.listen = {address}")),
        "{}",
        ended.err
    );
}

/// The page of a server with everything that has series of its own.
fn scrape_of_everything() -> Scrape {
    scrape(&Certificates::make().demo(&[&TLS13]).start())
}

/// docs/METRICS.md has a row for each family, with its type, and no other.
#[test]
fn the_page_of_the_docs_lists_exactly_what_is_exported() {
    let listed = include_str!("../../../../docs/METRICS.md");
    let rows = listed
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows = rows.map(|(name, rest)| (name.to_owned(), rest.split(' ').next().unwrap_or_default().to_owned()));
    let is_series = |name: &str| name.starts_with("tessera_") || name.starts_with("process_");
    let listed: BTreeSet<(String, String)> = rows.filter(|(name, _)| is_series(name)).collect();
    let exported: BTreeSet<(String, String)> = scrape_of_everything().families.into_iter().collect();
    assert_eq!(listed, exported);
}

const DASHBOARD: &str = include_str!("../../../../docs/observability/tessera-dashboard.json");
const ALERTS: &str = include_str!("../../../../docs/observability/alerts.yml");
const ALERT_TESTS: &str = include_str!("../../../../docs/observability/alerts_test.yml");
const OPERATIONS: &str = include_str!("../../../../docs/OPERATIONS.md");

/// The names of series in a text.
fn series_named_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    words
        .filter(|word| word.starts_with("tessera_") || word.starts_with("process_"))
        .collect()
}

#[test]
fn the_dashboard_and_the_alerts_name_only_series_that_there_are() {
    let families = scrape_of_everything().families;
    let is_there = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let is_histogram = |name: &str| families.get(name).is_some_and(|kind| kind == "histogram");
        families.contains_key(name) || of_histogram.is_some_and(is_histogram)
    };
    for (file, text) in [
        ("dashboard", DASHBOARD),
        ("alerts", ALERTS),
        ("tests of alerts", ALERT_TESTS),
    ] {
        let named = series_named_in(text);
        assert!(named.len() > 10, "{file}: {named:?}");
        let strange: Vec<_> = named.into_iter().filter(|name| !is_there(name)).collect();
        assert!(strange.is_empty(), "{file}: {strange:?}");
    }
}

#[test]
fn the_dashboard_shows_every_family_and_lets_its_reader_choose_job_and_node() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let variables = dashboard["templating"]["list"].as_array().expect("a list");
    let names: Vec<_> = variables
        .iter()
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    assert_eq!(names, ["datasource", "job", "instance"]);
    let shown = series_named_in(DASHBOARD);
    let families = scrape(Server::shared()).families;
    let hidden = families
        .keys()
        .filter(|family| !shown.iter().any(|name| name.starts_with(family.as_str())));
    assert_eq!(hidden.collect::<Vec<_>>(), [] as [&str; 0]);
    let panels = dashboard["panels"].as_array().expect("a list");
    let queries = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    for query in queries.filter_map(|target| target["expr"].as_str()) {
        assert!(query.contains(r#"job=~"$job",instance=~"$instance""#), "{query}");
    }
}

#[test]
fn every_alert_has_a_test_and_says_what_it_means_and_what_to_do() {
    let alerts: Vec<&str> = ALERTS.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        let name = alert.lines().next().expect("a name");
        for part in ["summary: ", "description: ", "severity: "] {
            assert!(alert.contains(part), "{name}: no {part}");
        }
        let anchor = format!("runbook: docs/OPERATIONS.md#{}", name.to_lowercase());
        assert!(alert.contains(&anchor), "{name}: no {anchor}");
        assert!(
            OPERATIONS.contains(&format!("\n### {name}\n")),
            "{name} has no heading in OPERATIONS.md"
        );
        let tested = format!("alertname: {name}\n");
        let tests: Vec<&str> = ALERT_TESTS.split(&tested).skip(1).collect();
        let fires = |test: &&&str| test.trim_start().starts_with("exp_alerts:\n");
        let is_silent = |test: &&&str| test.trim_start().starts_with("exp_alerts: []");
        assert!(tests.iter().any(|test| fires(&test)), "{name} is not tested to fire");
        assert!(
            tests.iter().any(|test| is_silent(&test)),
            "{name} is not tested to be silent"
        );
    }
}
