//! What can be wrong with a stored record that an answer is made from.

use thiserror::Error;

use crate::rejection::RequestRejection;

/// A stored account, client or organisation lacks what its dialect has to print.
///
/// It concerns that one record, and its owner is told no more than [`RequestRejection::Internal`]; the message is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptRecord {
    /// A member is not there.
    #[error("the stored record has no {member}")]
    Missing {
        /// The member, by its name on the wire.
        member: &'static str,
    },
    /// A member is there and is of another JSON type.
    #[error("the stored {member} is not a {expected}")]
    WrongType {
        /// The member, by its name on the wire.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A number is beyond what can be printed.
    #[error("the stored {member} is out of range")]
    OutOfRange {
        /// The member, by its name on the wire.
        member: &'static str,
    },
}

impl From<CorruptRecord> for RequestRejection {
    fn from(_: CorruptRecord) -> Self {
        Self::Internal
    }
}
