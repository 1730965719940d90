//! Tests that need what may not be installed: each is skipped by name then.

use libtest_mimic::{Arguments, Completion, Trial};

/// A test; if there is a reason to, it is skipped.
pub fn unless_skipped(
    name: &str,
    reason: impl FnOnce() -> Option<&'static str> + Send + 'static,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match reason() {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            test();
            Ok(Completion::Completed)
        }
    })
}

/// Runs the tests that the arguments select, prints how many were skipped and why, and exits.
pub fn run(trials: Vec<Trial>, needed: &str, reason: Option<&str>) -> ! {
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let (Some(reason), skipped @ 1..) = (reason, conclusion.num_ignored) {
        eprintln!("{skipped} tests that need {needed} were skipped: {reason}\n");
    }
    conclusion.exit()
}
