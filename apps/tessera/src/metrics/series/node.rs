//! The node: whether it is ready, its database, its log, its program.

use std::fmt;

use store_diesel::PoolStatus;

use crate::metrics::Sources;
use crate::metrics::page::{Labels, Page};
use crate::telemetry;

/// The version of the compiler, from the build script.
const RUST: &str = env!("RUST_VERSION_OF_BUILD");

type Read = fn(&PoolStatus) -> usize;

/// By group of connections.
const POOLS: [(&str, &str, Read); 3] = [
    (
        "database_connections",
        "How many connections to the database there may be.",
        |pool| pool.size,
    ),
    (
        "database_busy_connections",
        "Connections to the database at work.",
        |pool| pool.in_use,
    ),
    (
        "database_waiting_operations",
        "Operations that wait for a connection to the database.",
        |pool| pool.waiting,
    ),
];

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let parts = sources.health.parts();
    let parts = parts
        .iter()
        .map(|(part, good)| (vec![("part", *part)], u32::from(*good)));
    page.gauges(
        "ready",
        "1 where this part of what /readyz answers is in order, 0 where it is not.",
        parts,
    )?;
    let pools = sources.store.pools();
    for (name, help, of) in POOLS {
        let series = pools.iter().map(|pool| (vec![("pool", pool.name)], of(pool)));
        page.gauges(name, help, series)?;
    }
    page.counter(
        "log_lines_dropped",
        "Lines of the log that were dropped, since standard error was not read fast enough.",
        telemetry::dropped_lines(),
    )?;
    if let Some(tls) = &sources.tls {
        page.gauge(
            "tls_certificate_not_after_seconds",
            "When the certificate in use ends, in seconds since 1970.",
            tls.not_after(),
        )?;
        page.counter(
            "tls_certificate_failures",
            "How often a new certificate could not be used; the one before stayed in use.",
            tls.failures(),
        )?;
    }
    let uptime = sources.clock.monotonic().saturating_sub(sources.started);
    page.gauge("uptime_seconds", "Time since the server started.", uptime.as_secs_f64())?;
    page.info(
        "build",
        "The program: its version, and the Rust it was built with.",
        build(),
    )
}

fn build() -> Labels<'static> {
    vec![("version", env!("CARGO_PKG_VERSION")), ("rust", RUST)]
}
