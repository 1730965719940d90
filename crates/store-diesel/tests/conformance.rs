//! Every law about stores, on SQLite in a file, SQLite in memory and PostgreSQL: one test for each, with the names and
//! the count of those that are skipped where there is no PostgreSQL.

#[path = "support/database.rs"]
mod support;

use libtest_mimic::Trial;
use support::trials::{on_postgres_blocking, run};
use support::{Fresh, harness};
use testkit::law::hold;

fn main() {
    let mut trials = Vec::new();
    for law in testkit::store::laws() {
        trials.push(Trial::test(format!("sqlite_file::{}", law.name), move || {
            hold(
                law.name,
                &[],
                async move { (law.check)(harness(Fresh::file().await)).await },
            );
            Ok(())
        }));
    }
    for law in testkit::store::laws() {
        trials.push(Trial::test(format!("sqlite_memory::{}", law.name), move || {
            hold(law.name, &[], async move {
                (law.check)(harness(Fresh::memory().await)).await
            });
            Ok(())
        }));
    }
    for law in testkit::store::laws() {
        let name = format!("postgres::{}", law.name);
        trials.push(on_postgres_blocking(&name, move |cluster| {
            hold(law.name, &[], async move {
                (law.check)(harness(Fresh::postgres(cluster).await)).await
            });
        }));
    }
    run(trials)
}
