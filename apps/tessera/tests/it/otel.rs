//! End-to-end tests of the spans that go to an OpenTelemetry collector. A separate test program, because they need the
//! feature `otel`, with which the other tests are not built.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test programs use the rest of `support` and `secrets`"
)]

#[path = "otel/collector.rs"]
mod collector;
#[path = "otel/protobuf.rs"]
mod protobuf;
mod secrets;
mod support;

use std::net::TcpListener;

use libtest_mimic::{Arguments, Trial};

use collector::{Collector, SERVER, Sent};
use secrets::{found, live_through};
use support::client::Request;
use support::poll;
use support::server::{Server, Setup};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const IN_QUERY: &str = "canary-in-a-query-58fT";
const IN_METHOD: &str = "CANARYMETHOD";
const COLLECTORS_KEY: &str = "canary-for-the-collector-90vB";

fn main() {
    let laws: [(&str, fn()); 9] = [
        (
            "a_request_is_a_span_in_the_trace_of_its_caller",
            a_request_is_a_span_in_the_trace_of_its_caller,
        ),
        (
            "without_a_caller_the_trace_is_the_one_in_the_log",
            without_a_caller_the_trace_is_the_one_in_the_log,
        ),
        (
            "what_the_caller_does_not_sample_is_not_exported",
            what_the_caller_does_not_sample_is_not_exported,
        ),
        (
            "a_path_that_is_not_mounted_and_a_method_of_its_own_are_not_named",
            a_path_that_is_not_mounted_and_a_method_of_its_own_are_not_named,
        ),
        ("no_secret_is_sent", no_secret_is_sent),
        (
            "a_collector_that_never_answers_stops_no_request",
            a_collector_that_never_answers_stops_no_request,
        ),
        (
            "a_collector_that_is_down_stops_no_request",
            a_collector_that_is_down_stops_no_request,
        ),
        (
            "a_failure_is_logged_once_and_what_was_lost_is_counted",
            a_failure_is_logged_once_and_what_was_lost_is_counted,
        ),
        (
            "a_variable_with_another_value_is_refused_at_start",
            a_variable_with_another_value_is_refused_at_start,
        ),
    ];
    let trials = laws.map(|(name, law)| {
        Trial::test(name, move || {
            law();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit()
}

/// A demo that exports to this address.
fn exporting(url: &str) -> Setup {
    Setup::demo()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .env("OTEL_BSP_SCHEDULE_DELAY", 50)
}

fn from_caller(flags: &str) -> (&'static str, String) {
    ("traceparent", format!("00-{TRACE}-{CALLER}-{flags}"))
}

fn a_request_is_a_span_in_the_trace_of_its_caller() {
    let collector = Collector::start();
    let server = exporting(&collector.url()).start();
    let request = Request::get(&format!("/auth/verify?access_token={IN_QUERY}")).headers([from_caller("01")]);
    let answer = server.send(&request);
    assert_eq!(answer.status, 401);
    let sent = collector.wait_for(|span| span.text("http.route") == Some("/auth/verify"));
    assert_eq!(sent.name, "GET /auth/verify");
    assert_eq!(sent.kind, SERVER);
    assert_eq!((sent.trace.as_str(), sent.parent.as_str()), (TRACE, CALLER));
    assert!(sent.id.len() == 16 && sent.id != CALLER, "{sent:?}");
    assert_eq!(sent.text("http.request.method"), Some("GET"));
    assert_eq!(sent.number("http.response.status_code"), Some(401));
    assert_eq!(sent.text("tessera.request_id"), answer.header("X-Request-Id"));
    assert!(sent.began > 0 && sent.began <= sent.ended, "{sent:?}");
    assert_eq!(sent.attributes.len(), 4, "{sent:?}");
    assert_eq!(sent.service, "tessera");
    server.stop();
}

fn without_a_caller_the_trace_is_the_one_in_the_log() {
    let collector = Collector::start();
    let server = exporting(&collector.url()).env("OTEL_SERVICE_NAME", "tokens").start();
    let answer = server.get("/auth/verify");
    let sent = collector.wait_for(|span| span.text("http.route") == Some("/auth/verify"));
    assert_eq!(Some(sent.trace.as_str()), answer.header("X-Request-Id"));
    assert_eq!(sent.parent, "");
    assert_eq!(sent.service, "tokens");
    server.stop();
}

fn what_the_caller_does_not_sample_is_not_exported() {
    let collector = Collector::start();
    let server = exporting(&collector.url()).start();
    for flags in ["00", "02"] {
        server.send(&Request::get("/auth/verify").headers([from_caller(flags)]));
    }
    server.send(&Request::get("/healthz").headers([from_caller("01")]));
    server.stop();
    let of_caller: Vec<_> = collector
        .sent()
        .into_iter()
        .filter(|span| span.trace == TRACE)
        .collect();
    let names: Vec<&str> = of_caller.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["GET /healthz"], "the last one is flushed at stop");
}

fn a_path_that_is_not_mounted_and_a_method_of_its_own_are_not_named() {
    let collector = Collector::start();
    let server = exporting(&collector.url()).start();
    let nowhere = Request::get(&format!("/nothing/{IN_QUERY}")).headers([from_caller("01")]);
    assert_eq!(server.send(&nowhere).status, 404);
    let strange = Request::new(IN_METHOD, "/auth/verify").headers([from_caller("01")]);
    assert!(server.send(&strange).status >= 400);
    server.stop();
    let sent = collector.sent();
    let names: Vec<&str> = sent
        .iter()
        .filter(|span| span.trace == TRACE)
        .map(|span| span.name.as_str())
        .collect();
    assert_eq!(names, ["GET", "HTTP /auth/verify"]);
    let secrets = [("a path", IN_QUERY.into()), ("a method", IN_METHOD.into())];
    let leaks = found("what was sent", &collector.bytes(), &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

fn no_secret_is_sent() {
    let collector = Collector::start();
    let server = exporting(&collector.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("api-key={COLLECTORS_KEY}"))
        .env("TESSERA_LOG", "trace")
        .start();
    let mut secrets = live_through(&server);
    secrets.push(("a caller's trace state", "canary-state-33".into()));
    let stated = Request::get("/healthz")
        .headers([from_caller("01")])
        .header("tracestate", "vendor=canary-state-33")
        .header("baggage", "user=canary-state-33");
    assert_eq!(server.send(&stated).status, 200);
    let log = server.err();
    server.stop();
    let leaks = found("what was sent", &collector.bytes(), &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let spans = collector.sent();
    assert!(spans.len() > 50, "{} spans", spans.len());
    assert!(
        collector.heads().contains(COLLECTORS_KEY),
        "the collector is given its key"
    );
    secrets.push(("the collector's key", COLLECTORS_KEY.into()));
    let leaks = found("the log", &log.bytes(), &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

fn a_collector_that_never_answers_stops_no_request() {
    // Connections are taken by the system, and nothing is read from them.
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = hanging.local_addr().expect("an address");
    every_request_is_answered(exporting(&format!("http://{address}")));
}

fn a_collector_that_is_down_stops_no_request() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = gone.local_addr().expect("an address");
    drop(gone);
    every_request_is_answered(exporting(&format!("http://{address}")));
}

/// More of them than the queue has places.
fn every_request_is_answered(setup: Setup) {
    let server = setup.env("OTEL_BSP_MAX_QUEUE_SIZE", 4).start();
    for _ in 0..50 {
        assert_eq!(server.get("/healthz").status, 200);
    }
    let log = server.err();
    server.stop();
    let lost = lost_in(&log.text());
    assert!(lost >= 50, "{lost} are said to be lost:\n{}", log.text());
}

fn a_failure_is_logged_once_and_what_was_lost_is_counted() {
    let collector = Collector::start();
    collector.refuse(true);
    let server = exporting(&collector.url()).start();
    let log = server.err();
    let failures = || log.text().matches("event=\"spans_not_exported\"").count();
    for asked in 1..4 {
        let before = collector.refused();
        assert_eq!(server.get("/healthz").status, 200);
        assert!(poll(3000, || collector.refused() > before), "batch {asked} is not sent");
    }
    collector.refuse(false);
    server.get("/healthz");
    assert!(poll(3000, || !collector.sent().is_empty()), "it is not tried again");
    server.stop();
    assert_eq!(failures(), 1, "{}", log.text());
    assert_eq!(lost_in(&log.text()), collector.refused_spans(), "{}", log.text());
}

/// How many spans are lost, by these lines.
fn lost_in(log: &str) -> usize {
    let lines = log.lines().filter(|line| line.contains("event=\"spans_lost\""));
    let number =
        |line: &str| -> Option<usize> { line.rsplit("spans=").next().and_then(|text| text.trim().parse().ok()) };
    lines
        .map(|line| number(line).unwrap_or_else(|| panic!("{line}")))
        .sum::<usize>()
}

fn a_variable_with_another_value_is_refused_at_start() {
    let password = "canary-in-a-url-27";
    for (name, value, wanted) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318".to_owned(), "is no URL"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "ftp://127.0.0.1".into(),
            "neither http://",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            format!("http://me:{password}@127.0.0.1/v1/traces"),
            "OTEL_EXPORTER_OTLP_HEADERS",
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".into(), "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon".into(), "1 to 60000"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0".into(), "1 to 100000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0".into(), "10 to 60000"),
    ] {
        let ended = exporting("http://127.0.0.1:9").env(name, &value).run();
        assert_eq!(ended.code, Some(1), "{name} = {value}: {}", ended.err);
        for part in [name, wanted] {
            assert!(ended.err.contains(part), "{name} = {value}: {}", ended.err);
        }
        assert!(!ended.err.contains(password), "{}", ended.err);
    }
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        let collector = Collector::start();
        exporting(&collector.url()).env(name, value).start().stop();
        assert_eq!(collector.heads(), "", "{name}");
    }
}
