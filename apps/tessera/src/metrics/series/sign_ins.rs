//! Sign-ins by password: how they end, what holds them up, and the threads that hash.

use std::fmt;

use crate::metrics::Sources;
use crate::metrics::labels::LOGINS;
use crate::metrics::page::{Buckets, Page};

pub(in crate::metrics) fn write(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    logins(sources, page)?;
    throttle(sources, page)?;
    hashing(sources, page)?;
    page.gauge(
        "late_refusals",
        "Refused requests whose answer is held back, so that the client does not ask again at once.",
        sources.refusals.waiting(),
    )
}

fn logins(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let series = sources.flavours.iter().flat_map(|one| {
        let outcomes = LOGINS.iter().zip(one.logins.outcomes());
        outcomes.map(move |(outcome, count)| (vec![("flavour", one.name.as_str()), ("outcome", *outcome)], count))
    });
    page.counters("logins", "Sign-ins by password, by how they ended.", series)?;
    let times = sources.flavours.iter();
    page.durations(
        "login_seconds",
        "How long a sign-in took whose password was judged right or wrong: queue, look-up and hash.",
        times.map(|one| (vec![("flavour", one.name.as_str())], one.logins.times())),
    )
}

fn throttle(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let counters = sources.throttle.counters();
    let refused = [
        ("pair", counters.refused_by_pair),
        ("address", counters.refused_by_address),
        ("account", counters.refused_by_account),
    ];
    page.counters(
        "throttle_refusals",
        "Attempts refused since too many failed: by the counter of account and address, of the address, of the account.",
        refused.map(|(counter, count)| (vec![("counter", counter)], count)),
    )?;
    page.counter("throttle_failures", "Failed attempts counted.", counters.failures)?;
    page.counter(
        "throttle_uncounted_failures",
        "Failed attempts that a counter had no room for: its table is full of active locks.",
        counters.uncounted,
    )
}

fn hashing(sources: &Sources, page: &mut Page<'_>) -> fmt::Result {
    let counters = sources.hasher.counters();
    page.gauge("hash_queue_jobs", "Passwords that wait for a thread.", counters.waiting)?;
    page.gauge(
        "hash_running_jobs",
        "Passwords that are being hashed.",
        counters.running,
    )?;
    page.gauge("hash_threads", "Threads that hash.", counters.threads)?;
    page.gauge("hash_busy_threads", "Threads that are hashing.", counters.busy)?;
    let outcomes = [
        ("started", counters.started),
        ("refused", counters.refused),
        ("expired", counters.expired),
        ("abandoned", counters.abandoned),
    ];
    page.counters(
        "hash_jobs",
        "Passwords that came to be hashed: started; refused since the queue was too long; expired while they waited; \
         abandoned by their client.",
        outcomes.map(move |(outcome, count)| (vec![("outcome", outcome)], count)),
    )?;
    let waits = [(Vec::new(), sources.hasher.waits())];
    page.durations("hash_wait_seconds", "How long a password waited for a thread.", waits)?;
    let widths = (1_u32..).map(f64::from).zip(counters.batches).collect();
    page.histograms(
        "hash_batch_jobs",
        "Passwords that a thread hashed at once.",
        [(
            Vec::new(),
            Buckets {
                buckets: widths,
                count: counters.batches.iter().sum(),
                sum: to_float(counters.started),
            },
        )],
    )
}

#[allow(clippy::cast_precision_loss, reason = "a count, far below 2^53")]
fn to_float(count: u64) -> f64 {
    count as f64
}
