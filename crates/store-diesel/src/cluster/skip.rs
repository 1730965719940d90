//! Whether the tests that need a cluster are skipped, and why.

use std::sync::OnceLock;

use super::programs::{MISSING, Programs};

/// Set to `1`, these tests are skipped.
const SKIP: &str = "TESSERA_SKIP_POSTGRES";

/// Set to `1`, these tests fail where PostgreSQL's programs are missing.
const REQUIRE: &str = "TESSERA_REQUIRE_POSTGRES";

/// Why they are skipped on this machine, or `None` where they run.
pub(super) fn reason() -> Option<&'static str> {
    static REASON: OnceLock<Option<&str>> = OnceLock::new();
    *REASON.get_or_init(|| decide(is_set(SKIP), is_set(REQUIRE), Programs::are_installed()))
}

/// To skip wins over to require.
fn decide(skip: bool, require: bool, installed: bool) -> Option<&'static str> {
    match (skip, require || installed) {
        (true, _) => Some("TESSERA_SKIP_POSTGRES=1 is set"),
        (false, true) => None,
        (false, false) => Some(MISSING),
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_programs_the_tests_are_skipped_and_the_reason_names_the_package() {
        let reason = decide(false, false, false).unwrap_or_default();
        assert!(reason.contains("apt-get install postgresql"), "{reason}");
    }

    #[test]
    fn with_the_programs_they_run() {
        assert_eq!(decide(false, false, true), None);
    }

    #[test]
    fn where_postgres_is_required_they_run_without_the_programs_and_so_fail() {
        assert_eq!(decide(false, true, false), None);
    }

    #[test]
    fn to_skip_wins() {
        for (require, installed) in [(false, false), (false, true), (true, false), (true, true)] {
            let reason = decide(true, require, installed).unwrap_or_default();
            assert!(reason.contains(SKIP), "{reason}");
        }
    }
}
