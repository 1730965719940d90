//! What the node keeps of live tokens, and the feed of revocations.

use std::fmt;

use crate::metrics::Sources;
use crate::metrics::page::Page;

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let counters = sources.registry.counters();
    page.gauge("records", "Records of tokens and sessions in memory.", counters.records)?;
    page.gauge(
        "records_limit",
        "How many records there may be in memory.",
        sources.registry.limits().records,
    )?;
    page.counter(
        "record_reads",
        "Records that were not in memory and were looked for in the database.",
        counters.reads,
    )?;
    page.counter(
        "revocations",
        "Tokens and sessions that this node revoked.",
        counters.revocations,
    )?;
    let remembered = [("token", counters.revoked), ("owner", counters.owners)];
    page.gauges(
        "revocations_remembered",
        "Revocations in memory: of one token or session, or of all that an owner had.",
        remembered.map(|(of, count)| (vec![("of", of)], count)),
    )?;
    let age = sources.registry.staleness().map(|age| (Vec::new(), age.as_secs_f64()));
    page.gauges(
        "feed_age_seconds",
        "Time since the feed of revocations was last read to its end; nothing before the first time.",
        age,
    )?;
    page.gauge(
        "feed_listening",
        "1: this node notices at once what others change; 0: it reads the feed every revocation.poll_ms.",
        u32::from(sources.registry.watch().is_live()),
    )?;
    page.counter("feed_reads", "How often the feed was read to its end.", counters.syncs)?;
    page.counter(
        "feed_missed_notices",
        "How often the feed had entries of which no notice had come.",
        counters.missed_notices,
    )?;
    page.counter("feed_entries", "Entries of the feed that were read.", counters.entries)?;
    page.counter(
        "feed_late_entries",
        "Entries of the feed that became visible long after later ones.",
        counters.late_entries,
    )?;
    page.counter(
        "feed_restarts",
        "How often everything was read anew, since the database was another one.",
        counters.restarts,
    )?;
    page.counter(
        "unknown_token_refusals",
        "Requests refused since their source had presented too many unknown tokens.",
        sources.registry.unknown().refused(),
    )
}
