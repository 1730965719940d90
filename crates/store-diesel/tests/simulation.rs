//! The simulation of whole nodes, over SQL: the same model that judges the store in memory judges both databases.
//!
//! `TESSERA_SIMULATE=17` replays a seed, `TESSERA_SIMULATE=1-40` does as many, and `TESSERA_SIMULATE_OPERATIONS` sets how
//! many operations each has.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/database.rs"]
mod support;

#[path = "../../testkit/tests/support/flavours.rs"]
mod flavours;

use std::future::Future;
use std::ops::RangeInclusive;

use libtest_mimic::Trial;
use support::Fresh;
use support::trials::{on_postgres_blocking, run};
use testkit::StoreHarness;
use testkit::simulation::simulate;

/// Of the short runs.
const SEEDS: RangeInclusive<u64> = 1..=2;
const OPERATIONS: usize = 300;

fn main() {
    let sqlite = Trial::test("sqlite_memory::nodes_over_sql_break_no_rule", || {
        no_rule_is_broken(Fresh::memory);
        Ok(())
    });
    let postgres = on_postgres_blocking("postgres::nodes_over_sql_break_no_rule", |cluster| {
        no_rule_is_broken(|| Fresh::postgres(cluster));
    });
    run(vec![sqlite, postgres])
}

fn no_rule_is_broken<F: Future<Output = Fresh>>(database: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.enable_all().worker_threads(1).build().unwrap();
    let (seeds, operations) = (seeds().unwrap_or(SEEDS), number("TESSERA_SIMULATE_OPERATIONS"));
    let mut judged = 0;
    for seed in seeds.clone() {
        let fresh = runtime.block_on(database());
        let _connected = runtime.enter();
        let setup = flavours::real(fresh.ports(), operations.unwrap_or(OPERATIONS));
        let report = simulate(&setup, seed);
        assert!(
            report.violation.is_none(),
            "{report}\nreplay it: TESSERA_SIMULATE={seed}"
        );
        judged += report.answers.values().sum::<u64>();
    }
    println!("seeds {seeds:?}: {judged} answers judged, no rule broken");
}

fn seeds() -> Option<RangeInclusive<u64>> {
    let text = std::env::var("TESSERA_SIMULATE").ok()?;
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    Some(first.parse().unwrap()..=last.parse().unwrap())
}

fn number(name: &str) -> Option<usize> {
    Some(std::env::var(name).ok()?.parse().unwrap())
}
