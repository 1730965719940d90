//! The series, by what they are about. docs/METRICS.md lists them all.

pub(super) mod checks;
pub(super) mod keys;
pub(super) mod node;
pub(super) mod registry;
pub(super) mod requests;
pub(super) mod sign_ins;
pub(super) mod tokens;
