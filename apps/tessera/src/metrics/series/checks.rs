//! Checks of tokens.

use std::fmt;

use crate::metrics::Sources;
use crate::metrics::labels::{CHECKS, NO_FLAVOUR};
use crate::metrics::page::Page;

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let flavours = sources.tally.layout().flavours.iter().map(String::as_str);
    let flavours: Vec<&str> = flavours.chain([NO_FLAVOUR]).collect();
    let counted = sources.tally.sum(|counts| &counts.checks);
    let series = flavours.iter().zip(&counted).flat_map(|(flavour, row)| {
        let outcomes = CHECKS.iter().zip(row);
        outcomes.map(move |(outcome, count)| (vec![("flavour", *flavour), ("outcome", *outcome)], *count))
    });
    page.counters(
        "checks",
        "Tokens checked at /auth/verify, by how the check ended.",
        series,
    )?;
    let times = flavours.iter().zip(sources.tally.check_times());
    page.durations(
        "check_seconds",
        "How long a check took, from the headers to the decision.",
        times.map(|(flavour, times)| (vec![("flavour", *flavour)], times)),
    )
}
