//! Tests as trials of libtest-mimic, which can skip a test while it runs and print the reason.

use std::future::Future;

use libtest_mimic::{Arguments, Completion, Trial};
use store_diesel::Cluster;

/// Writes the `main` of a test file. `both` are tests `async fn name(fresh: Fresh)`, run on an SQLite file and on
/// PostgreSQL; `postgres` are `async fn name(cluster: &'static Cluster)`; `other` are `async fn name()`.
macro_rules! tests {
    ($(both { $($both:ident)+ })? $(postgres { $($postgres:ident)+ })? $(other { $($other:ident)+ })?) => {
        fn main() {
            use $crate::support::trials;
            trials::run(vec![
                $($(
                    trials::test(concat!("sqlite::", stringify!($both)), || async {
                        $both($crate::support::Fresh::file().await).await
                    }),
                    trials::on_postgres(concat!("postgres::", stringify!($both)), |cluster| async {
                        $both($crate::support::Fresh::postgres(cluster).await).await
                    }),
                )+)?
                $($(trials::on_postgres(concat!("postgres::", stringify!($postgres)), $postgres),)+)?
                $($(trials::test(stringify!($other), $other),)+)?
            ])
        }
    };
}

/// A test on a runtime of its own.
pub(crate) fn test<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        block_on(test());
        Ok(())
    })
}

/// A test that gets the shared cluster, on a runtime of its own.
pub(crate) fn on_postgres<F: Future<Output = ()>>(
    name: &str,
    test: impl FnOnce(&'static Cluster) -> F + Send + 'static,
) -> Trial {
    on_postgres_blocking(name, move |cluster| block_on(test(cluster)))
}

/// A test that gets the shared cluster, or is skipped with the reason.
pub(crate) fn on_postgres_blocking(name: &str, test: impl FnOnce(&'static Cluster) + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match Cluster::skip_reason() {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            test(Cluster::shared());
            Ok(Completion::Completed)
        }
    })
}

/// Runs them as the arguments ask, prints how many were skipped, and exits.
pub(crate) fn run(trials: Vec<Trial>) -> ! {
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let (Some(reason), skipped @ 1..) = (Cluster::skip_reason(), conclusion.num_ignored) {
        eprintln!("{skipped} tests that need PostgreSQL were skipped: {reason}\n");
    }
    conclusion.exit()
}

fn block_on(test: impl Future<Output = ()>) {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let threads = threads.worker_threads(4).enable_all().build().expect("threads");
    threads.block_on(test);
}
