//! The error for a stored record that lacks what an answer needs.

use thiserror::Error;

use crate::request_rejection::RequestRejection;

/// A stored account, client or organisation lacks what its dialect has to print.
///
/// It becomes [`RequestRejection::Internal`] for the client; the message is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptRecord {
    /// A member is missing.
    #[error("the stored record has no {member}")]
    Missing {
        /// The member, by its name on the wire.
        member: &'static str,
    },
    /// A member has another JSON type.
    #[error("the stored {member} is not a {expected}")]
    WrongType {
        /// The member, by its name on the wire.
        member: &'static str,
        /// The JSON type it should have.
        expected: &'static str,
    },
    /// A number is outside the range that can be printed.
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
