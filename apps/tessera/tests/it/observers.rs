//! End-to-end tests with a real Prometheus. A separate test program, because its `main` skips the tests where Prometheus is
//! not installed.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod prometheus;
mod support;
mod trials;

use std::fmt::Write as _;
use std::path::PathBuf;

use libtest_mimic::Trial;

use prometheus::{Prometheus, promtool};
use support::server::Server;
use support::sign_in::{Workshop, bearer, device, refresh, verify, workshop};

fn main() {
    let trials = vec![
        if_prometheus(
            "prometheus::its_tool_finds_no_fault_with_the_page",
            no_fault_with_the_page,
        ),
        if_prometheus(
            "prometheus::the_alert_rules_do_what_their_tests_say",
            the_alert_rules_are_right,
        ),
        if_prometheus(
            "prometheus::it_understands_every_query_of_the_dashboard",
            every_query_is_understood,
        ),
        if_prometheus("prometheus::it_reads_a_server_and_its_alerts_fire", it_reads_and_alerts),
    ];
    trials::run(trials, "Prometheus", prometheus::skip_reason())
}

fn if_prometheus(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    trials::unless_skipped(name, prometheus::skip_reason, test)
}

/// The folder with the rules and the dashboard.
fn observability() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/observability")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(observability().join(file)).expect("a file of the repository")
}

/// Names, help, types and units are as Prometheus' conventions have them.
fn no_fault_with_the_page() {
    let server = Server::demo();
    let page = server.get("/metrics");
    assert_eq!(promtool(&observability(), &["check", "metrics"], &page.body), "");
    server.stop();
}

fn the_alert_rules_are_right() {
    promtool(&observability(), &["check", "rules", "alerts.yml"], b"");
    promtool(&observability(), &["test", "rules", "alerts_test.yml"], b"");
}

fn every_query_is_understood() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("tessera-dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("a list");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let mut rules = String::from("groups:\n- name: dashboard\n  rules:\n");
    for (number, query) in targets.filter_map(|target| target["expr"].as_str()).enumerate() {
        let query = query.replace("$__rate_interval", "1m");
        let _ = writeln!(
            rules,
            "  - record: query:{number}\n    expr: {}",
            serde_json::json!(query)
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("queries.yml"), rules).expect("a file");
    promtool(folder.path(), &["check", "rules", "queries.yml"], b"");
}

/// The rules as they are, but without their patience.
fn impatient_rules() -> String {
    let lines = read("alerts.yml");
    let lines = lines.lines().map(|line| match line.trim_start().starts_with("for: ") {
        true => "        for: 0s",
        false => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn it_reads_and_alerts() {
    let server = Server::demo();
    let shop = workshop(&server);
    let prometheus = Prometheus::start(server.address(), &impatient_rules());
    prometheus.wait_for("up{job=\"tessera\"}", 1.0);
    prometheus.wait_for("min(tessera_ready)", 1.0);
    prometheus.wait_for(r#"tessera_tokens_issued_total{flavour="mechanics"}"#, 1.0);
    let token = device(&server);
    for _ in 0..3 {
        assert_eq!(verify(&server, [bearer(&token)]).status, 200);
    }
    prometheus.wait_for(r#"tessera_checks_total{flavour="device",outcome="ok"}"#, 3.0);
    prometheus.wait_for(r#"tessera_check_seconds_bucket{flavour="device",le="+Inf"}"#, 3.0);
    prometheus.wait_for("count(tessera_build_info)", 1.0);

    let second = Workshop::of(&refresh(&server, &shop.refresh));
    Workshop::of(&refresh(&server, &second.refresh));
    assert_eq!(refresh(&server, &shop.refresh).status, 401, "used before");
    prometheus.wait_for_alert("TesseraRefreshReuse");
    server.stop();
    prometheus.wait_for_alert("TesseraDown");
}
