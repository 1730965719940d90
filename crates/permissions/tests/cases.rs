//! Permissions, case by case: what is stored, what is asked for, and whether it is allowed.

use permissions::{Demand, read_list};
use serde_json::Value;

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/vectors/tokens/permission_cases.json"
);

/// The number of cases in the file, so that none is lost in silence.
const NUMBER: usize = 23;

#[test]
fn every_case_is_answered_as_listed() {
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(CASES).expect("the file of cases")).expect("JSON");
    let cases = cases["cases"].as_array().expect("a list");
    for case in cases {
        let text = |member: &str| case[member].as_str().unwrap_or_else(|| panic!("{member} of {case}"));
        // Null stands where it depends on whether a wildcard is offered; none is.
        let expected = case["allow"].as_bool().unwrap_or(false);
        assert_eq!(
            allows(text("stored"), text("ask")),
            expected,
            "{}: {}",
            text("name"),
            text("reason")
        );
    }
    assert_eq!(cases.len(), NUMBER);
}

/// Both must be readable, and what is asked for be among what is held.
fn allows(stored: &str, ask: &str) -> bool {
    let held = read_list(stored).unwrap_or_default();
    Demand::parse([ask]).is_ok_and(|demand| demand.is_met_by(&held))
}
