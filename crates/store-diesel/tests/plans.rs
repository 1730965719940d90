//! No query searches a whole table: the plan of every statement that any law makes a store send is read, on tables that are filled.
//!
//! The statements come from the connection itself, so one that is new is in it as soon as a law sends it. It must be in the
//! list `support/statements/`, too: who adds one looks at its plan.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[path = "support/everything.rs"]
mod everything;
#[path = "support/plan.rs"]
mod plan;
#[path = "support/statements.rs"]
mod statements;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Mutex;

use libtest_mimic::Trial;
use plan::Plan;
use store_diesel::Filling;
use support::things::NOW;
use support::trials::{on_postgres_blocking, run};
use support::{Fresh, harness};
use testkit::law::{Outcome, outcome};

/// One database after the other: what is sent is collected in one place.
static TURN: Mutex<()> = Mutex::new(());

const FILLING: Filling = Filling {
    tokens: 40_000,
    accounts: 5_000,
    expired: 2_000,
    revocations: 1_000,
    audit_entries: 0,
};

fn main() {
    let sqlite = Trial::test("sqlite::no_query_searches_a_whole_table", || {
        let _turn = TURN.lock();
        let sent = sent(|| Box::pin(Fresh::memory()));
        block_on(async {
            let filled = filled(Fresh::file().await).await;
            judge("sqlite", &plan::on_sqlite(&filled.url, &sent));
        });
        Ok(())
    });
    let postgres = on_postgres_blocking("postgres::no_query_searches_a_whole_table", |cluster| {
        let _turn = TURN.lock();
        let sent = sent(|| Box::pin(Fresh::postgres(cluster)));
        block_on(async {
            let filled = filled(Fresh::postgres(cluster).await).await;
            judge("postgres", &plan::on_postgres(&filled.url, &sent).await);
        });
    });
    run(vec![sqlite, postgres])
}

type Opening = std::pin::Pin<Box<dyn Future<Output = Fresh> + Send>>;

/// What the laws, and the operations that no law is about, make a store send.
fn sent(open: impl Fn() -> Opening) -> BTreeSet<String> {
    statements::collect();
    for law in testkit::store::laws() {
        let fresh = open();
        let kept = outcome(law.name, async move { (law.check)(harness(fresh.await)).await });
        assert!(!matches!(kept, Outcome::Broken(_)), "{kept:?}");
    }
    block_on(async { everything::do_what_no_law_is_about(&open().await.store).await });
    statements::take()
}

/// The same with tables that are large enough for a plan to be chosen as it is for ten million rows.
async fn filled(fresh: Fresh) -> Fresh {
    FILLING.fill(&fresh.store, NOW, |_, _| {}).await.unwrap();
    fresh.run(&everything::more_rows()).await;
    if !fresh.is_sqlite() {
        fresh.run("ANALYZE").await;
    }
    fresh
}

/// A fault, the statement that may have it (with a star, its beginning), and why.
const ALLOWED: [(&str, &str, &str); 7] = [
    (
        "all of audit_seals is read",
        "DELETE FROM audit_seals",
        "an administrator begins a new chain",
    ),
    (
        plan::SORTED,
        "SELECT tokens.id, …, tokens.made_from FROM tokens WHERE (((tokens.subject*",
        "it sorts the tokens of one owner",
    ),
    (
        plan::SORTED,
        "SELECT tokens.id FROM tokens WHERE (((tokens.line = ?) OR (tokens.made_from = ?)) AND *",
        "it sorts what was made from one token",
    ),
    (
        "all of accounts is read",
        "UPDATE accounts SET generation = (accounts.generation + ?)",
        "an administrator revokes everything",
    ),
    (
        "all of tokens is read",
        "UPDATE tokens SET revoked_at = ? WHERE (tokens.revoked_at IS NULL)",
        "the same",
    ),
    (
        "all of tokens is read",
        "UPDATE tokens SET shared = ? WHERE tokens.shared",
        "an administrator changes the master key",
    ),
    (
        "all of *",
        "SELECT COUNT(*) FROM tokens*",
        "an administrator is about to change the master key",
    ),
];

fn judge(database: &str, plans: &[Plan]) {
    let mut faults = Vec::new();
    for plan in plans {
        let short = statements::short(&plan.statement);
        for fault in &plan.faults {
            if !is_allowed(fault, &short) {
                faults.push(format!("{fault}\n  {short}\n    {}", plan.steps.join("\n    ")));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{database}: {} faults:\n{}",
        faults.len(),
        faults.join("\n\n")
    );
    compare(database, plans);
}

fn is_allowed(fault: &str, statement: &str) -> bool {
    let fits = |text: &str, allowed: &str| match allowed.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => text == allowed,
    };
    ALLOWED
        .iter()
        .any(|(a_fault, a_statement, _why)| fits(fault, a_fault) && fits(statement, a_statement))
}

/// The list has exactly what was sent, so that a query that is new is looked at, and one that no law sends any more is missed.
fn compare(database: &str, plans: &[Plan]) {
    let folder = format!("{}/tests/support/statements", env!("CARGO_MANIFEST_DIR"));
    let file = format!("{folder}/{database}.txt");
    let listed = std::fs::read_to_string(&file).unwrap_or_default();
    let listed: BTreeSet<&str> = listed.lines().collect();
    let sent: BTreeSet<String> = plans.iter().map(|plan| statements::short(&plan.statement)).collect();
    let sent: BTreeSet<&str> = sent.iter().map(String::as_str).collect();
    if sent == listed {
        return;
    }
    let made = format!("{}/{database}.txt", env!("CARGO_TARGET_TMPDIR"));
    let lines: Vec<&str> = sent.iter().copied().collect();
    std::fs::write(&made, lines.join("\n") + "\n").unwrap();
    let new: Vec<&&str> = sent.difference(&listed).collect();
    let gone: Vec<&&str> = listed.difference(&sent).collect();
    panic!(
        "{file} is not what is sent; if that is as it should be, replace it by {made}\nnew: {new:#?}\nno longer sent: {gone:#?}"
    );
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}
