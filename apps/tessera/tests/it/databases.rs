//! End-to-end tests that depend on the database: each runs on SQLite and PostgreSQL, or on PostgreSQL alone. A separate
//! test program, because its `main` skips the tests for PostgreSQL if it is not installed.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod backups;
mod console;
mod damaged;
mod database_settings;
mod faults;
mod histories;
mod log_secrets;
mod maintenance;
mod master_key;
mod moving;
mod nodes;
mod outages;
#[path = "../../../../crates/store-diesel/tests/support/pgbouncer.rs"]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod pgbouncer;
mod poolers;
mod secrets;
mod support;
mod trials;
mod upgrade;

use libtest_mimic::Trial;
use store_diesel::{Cluster, FaultyDisk};

use support::with_file;
use trials::unless_skipped;

fn main() {
    let mut trials = Vec::new();
    let laws = nodes::LAWS
        .into_iter()
        .chain(damaged::LAWS)
        .chain(log_secrets::LAWS)
        .chain(maintenance::LAWS)
        .chain(master_key::LAWS);
    for (name, law) in laws.chain(histories::LAWS) {
        trials.push(on_sqlite(&format!("nodes::sqlite::{name}"), law));
        trials.push(on_postgres(&format!("nodes::postgres::{name}"), law));
    }
    for (name, law) in console::laws() {
        trials.push(on_postgres(&format!("console::postgres::{name}"), law));
    }
    for (name, law) in upgrade::LAWS {
        trials.push(on_sqlite(&format!("upgrade::sqlite::{name}"), law));
        trials.push(on_postgres(&format!("upgrade::postgres::{name}"), law));
    }
    for (name, law) in upgrade::BESIDE_OLDER {
        trials.push(unless_skipped(
            &format!("upgrade::sqlite::{name}"),
            upgrade::skip_reason,
            move || with_file(law),
        ));
        trials.push(unless_skipped(
            &format!("upgrade::postgres::{name}"),
            || Cluster::skip_reason().or_else(upgrade::skip_reason),
            move || law(&Cluster::shared().database()),
        ));
    }
    trials.push(Trial::test("histories::wrong_histories_are_found", || {
        histories::wrong_histories_are_found();
        Ok(())
    }));
    trials.push(on_postgres(
        "master_key::it_must_be_given",
        master_key::it_must_be_given,
    ));
    trials.push(on_postgres(
        "database_settings::a_node_holds_no_more_connections_than_it_may",
        database_settings::a_node_holds_no_more_connections_than_it_may,
    ));
    trials.push(if_postgres(
        "faults::without_its_database_a_server_answers_503_instead_of_rejecting",
        faults::without_its_database_a_server_answers_503_instead_of_rejecting,
    ));
    for (name, law) in backups::LAWS {
        trials.push(if_postgres(&format!("backups::of_sqlite::{name}"), move || {
            with_file(|file| law(file, &Cluster::shared().database()));
        }));
        trials.push(if_postgres(&format!("backups::of_postgres::{name}"), move || {
            with_file(|file| law(&Cluster::shared().database(), file));
        }));
    }
    for (name, law) in moving::LAWS {
        trials.push(if_postgres(&format!("moving::to_postgres::{name}"), move || {
            with_file(|file| law(file, &Cluster::shared().database()));
        }));
        trials.push(if_postgres(&format!("moving::to_sqlite::{name}"), move || {
            with_file(|file| law(&Cluster::shared().database(), file));
        }));
    }
    trials.push(Trial::test(
        "moving::a_full_disk_is_a_clear_error_and_the_copy_goes_on",
        || {
            moving::a_full_disk_is_a_clear_error_and_the_copy_goes_on();
            Ok(())
        },
    ));
    let outages: [(&str, fn()); 3] = [
        (
            "outages::a_killed_server_loses_nothing_that_was_answered",
            outages::a_killed_server_loses_nothing_that_was_answered,
        ),
        (
            "outages::a_server_that_is_shut_down_at_once_loses_nothing_that_was_answered",
            outages::a_server_that_is_shut_down_at_once_loses_nothing_that_was_answered,
        ),
        (
            "outages::a_promoted_standby_has_everything_that_was_answered",
            outages::a_promoted_standby_has_everything_that_was_answered,
        ),
    ];
    trials.extend(outages.map(|(name, law)| if_postgres(name, law)));
    trials.push(unless_skipped(
        "outages::a_postgres_whose_disk_fails_loses_nothing_that_was_answered",
        || Cluster::skip_reason().or_else(FaultyDisk::skip_reason_of_attaching),
        outages::a_postgres_whose_disk_fails_loses_nothing_that_was_answered,
    ));
    trials.push(unless_skipped(
        "outages::an_sqlite_file_whose_disk_fails_loses_nothing_that_was_answered",
        FaultyDisk::skip_reason_of_attaching,
        || with_file(outages::an_sqlite_file_whose_disk_fails_loses_nothing_that_was_answered),
    ));
    for (name, law) in poolers::LAWS {
        trials.push(unless_skipped(&format!("poolers::{name}"), poolers::skip_reason, law));
    }
    trials.push(unless_skipped(
        "poolers::one_for_transactions_needs_another_way_to_the_feed",
        poolers::of_statements,
        poolers::one_for_transactions_needs_another_way_to_the_feed,
    ));
    trials::run(trials, "PostgreSQL", Cluster::skip_reason())
}

/// A test that gets the URL of a file that does not exist yet.
fn on_sqlite(name: &str, test: impl FnOnce(&str) + Send + 'static) -> Trial {
    Trial::test(name, move || {
        with_file(test);
        Ok(())
    })
}

/// A test that gets the URL of an empty database, or is skipped with the reason.
fn on_postgres(name: &str, test: impl FnOnce(&str) + Send + 'static) -> Trial {
    if_postgres(name, move || test(&Cluster::shared().database()))
}

fn if_postgres(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    unless_skipped(name, Cluster::skip_reason, test)
}
