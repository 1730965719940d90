//! Tokens: issued, refreshed, revoked.

use std::fmt;

use auth_core::TokenCounters;

use crate::metrics::Sources;
use crate::metrics::page::Page;

type Read = fn(&TokenCounters) -> u64;

/// By flavour.
const COUNTERS: [(&str, &str, Read); 5] = [
    ("tokens_issued", "Tokens issued at a sign-in.", |counters| {
        counters.issued
    }),
    (
        "tokens_refreshed",
        "Tokens issued for a current refresh token, which has a successor since.",
        |counters| counters.refreshed,
    ),
    (
        "refresh_retries",
        "Tokens issued again for the direct predecessor of the current refresh token, within the grace.",
        |counters| counters.retried,
    ),
    (
        "refresh_reuses",
        "Refresh tokens used again outside the grace; the session of each was revoked.",
        |counters| counters.reused,
    ),
    (
        "tokens_signed_out",
        "Sessions ended by their own token: a log-out, or a token revoked by its holder.",
        |counters| counters.revoked,
    ),
];

/// By flavour and reason.
const REFUSALS: [(&str, Read); 4] = [
    ("malformed", |counters| counters.refresh_malformed),
    ("unknown", |counters| counters.refresh_unknown),
    ("expired", |counters| counters.refresh_expired),
    ("unavailable", |counters| counters.refresh_unavailable),
];

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let flavours = sources.flavours.iter();
    let read: Vec<_> = flavours.map(|one| (one.name.as_str(), one.tokens.counters())).collect();
    for (name, help, of) in COUNTERS {
        let series = read
            .iter()
            .map(|(flavour, counters)| (vec![("flavour", *flavour)], of(counters)));
        page.counters(name, help, series)?;
    }
    let refused = read.iter().flat_map(|(flavour, counters)| {
        let reasons = REFUSALS.iter();
        reasons.map(move |(reason, of)| (vec![("flavour", *flavour), ("reason", *reason)], of(counters)))
    });
    page.counters(
        "refresh_refusals",
        "Refresh tokens refused for another reason than reuse.",
        refused,
    )
}
