//! Why a question was not answered with a token.

use auth_core::{Rejection, Unavailable, VerifyError};

/// What became of a question, where it is no token.
///
/// # Security
/// A kept answer may be older than a revocation, so it is used for [`NoAnswer`](Self::NoAnswer) alone. What the holder of a
/// token can cause is [`NotKnown`](Self::NotKnown): too many questions, or one that the server refuses.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The server says that the token is not valid.
    Rejected(Rejection),
    /// The server cannot be reached, took too long, or failed (5xx).
    NoAnswer(Unavailable),
    /// The server was not asked, or has answered, but not about the token.
    NotKnown(Unavailable),
}

impl From<Failure> for VerifyError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(reason) => reason.into(),
            Failure::NoAnswer(reason) | Failure::NotKnown(reason) => reason.into(),
        }
    }
}
