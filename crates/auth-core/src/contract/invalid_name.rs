//! Names that are not allowed.

/// A name is not allowed. The error has the rule and not the name, which may be something typed by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be {rule}")]
pub struct InvalidName {
    rule: &'static str,
}

impl InvalidName {
    /// An error with the rule that the name breaks, such as "1 to 64 of a-z 0-9 - _".
    pub const fn new(rule: &'static str) -> Self {
        Self { rule }
    }
}
