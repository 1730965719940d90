//! Every law about stores, on SQLite in a file, SQLite in memory and PostgreSQL: one test for each, with the names and
//! the count of those that are skipped where there is no PostgreSQL.

mod support;

use libtest_mimic::{Arguments, Trial};
use store_diesel::Cluster;
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
        let trial = Trial::test(format!("postgres::{}", law.name), move || {
            let Some(cluster) = Cluster::shared() else {
                return Ok(());
            };
            hold(law.name, &[], async move {
                (law.check)(harness(Fresh::postgres(cluster).await)).await
            });
            Ok(())
        });
        trials.push(trial.with_ignored_flag(Cluster::is_skipped()));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
