//! Requests and connections.

use std::fmt;

use crate::metrics::Sources;
use crate::metrics::labels::{NO_ROUTE, REFUSALS, STATUSES};
use crate::metrics::page::Page;

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let layout = sources.tally.layout();
    let routes = layout.routes.iter().map(|route| route.path.as_str()).chain([NO_ROUTE]);
    let counted = sources.tally.sum(|counts| &counts.requests);
    let series = routes.zip(&counted).flat_map(|(route, row)| {
        let classes = STATUSES.iter().zip(row);
        classes.map(move |(status, count)| (vec![("route", route), ("status", *status)], *count))
    });
    page.counters(
        "http_requests",
        "Requests answered, by route and class of status.",
        series,
    )?;
    let refused = sources.tally.sum(|counts| &counts.refusals);
    let series = layout.flavours.iter().zip(&refused).flat_map(|(flavour, row)| {
        let reasons = REFUSALS.iter().zip(row);
        reasons.map(move |(reason, count)| (vec![("flavour", flavour.as_str()), ("reason", *reason)], *count))
    });
    page.counters("refusals", "Requests that a flavour refused, by reason.", series)?;
    connections(sources, page)
}

fn connections(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let status = sources.connections.status();
    page.gauge("http_connections", "Open connections.", status.open)?;
    page.gauge(
        "http_connections_limit",
        "How many connections there may be.",
        status.limit,
    )?;
    let refused = [
        ("connections", status.refused_in_all),
        ("connections_per_source", status.refused_of_one_source),
    ];
    page.counters(
        "http_connections_refused",
        "Connections closed at once, by the limit that they met.",
        refused.map(|(limit, count)| (vec![("limit", limit)], count)),
    )
}
