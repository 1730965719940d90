//! What an administrator does: one function for each act, whether it comes from a command or from the console.
//!
//! An act checks what it is asked for, does it, and writes its audit entry with the current
//! [`Provenance`](auth_core::Provenance). What it says of itself is the caller's business.

pub mod account;
pub mod consumer;
pub mod key;
pub mod operator;
pub mod organisation;
pub mod patience;
pub mod role;
pub mod secret;
pub mod session;

/// An act that is refused: nothing has changed. The text is for the person who asked, and says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// `anyhow::bail!` with a [`Refusal`].
macro_rules! refuse {
    ($($text:tt)*) => {
        return Err($crate::acts::Refusal(format!($($text)*)).into())
    };
}
pub(crate) use refuse;
