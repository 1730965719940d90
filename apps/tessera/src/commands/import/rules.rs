//! How the other system is set where its tables do not say so.

use std::time::Duration;

use auth_core::{Timestamp, TokenImport};
use clap::ValueEnum;

use super::systems::until;

/// What becomes of people who never confirmed their address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unconfirmed {
    /// They are disabled.
    Disable,
    /// They are like others.
    Enable,
}

/// How the other system is set where its tables do not say so, and when the import is.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub now: Timestamp,
    /// After how long a lock ends by itself; `None`: it does not.
    pub unlock_in: Option<Duration>,
    pub unconfirmed: Unconfirmed,
    /// How long a token lives at most; `None`: as its row says.
    pub token_life: Option<Duration>,
}

impl Rules {
    /// The token, with the end that the other system's settings give it.
    ///
    /// # Errors
    /// When it has expired.
    pub fn bounded(&self, token: TokenImport) -> anyhow::Result<TokenImport> {
        let Some(life) = self.token_life else {
            return Ok(token);
        };
        let end = token.issued_at.plus(life);
        let end = token.expires_at.map_or(end, |stated| stated.min(end));
        until(token, Some(end), self.now)
    }
}
