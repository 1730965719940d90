//! What a law about sign-in, refresh and sign-out can use, in addition to that of laws about issuers.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::{RefreshPolicy, TokenId};

use super::{Issued, IssuerHarness, NotIssued, Owner, Revocation};
use crate::failing::{Action, Moment, StoreCall};
use crate::law::{Supported, Unsupported};

/// The tokens after a sign-in or a refresh.
#[derive(Clone, Debug)]
pub struct Session {
    /// The access token.
    pub token: Issued,
    /// The refresh token.
    pub refresh: String,
    /// The session's number as the service names it, if the harness reports it.
    pub number: Option<TokenId>,
}

/// The result of a refresh.
#[derive(Clone, Debug)]
pub enum Renewal {
    /// A new access token of the same session, and the next refresh token.
    Renewed(Session),
    /// The refresh token is not valid.
    Refused,
    /// It is not possible at the moment.
    Unavailable,
}

impl Renewal {
    /// The new session, if there is one.
    pub fn renewed(self) -> Option<Session> {
        match self {
            Self::Renewed(session) => Some(session),
            Self::Refused | Self::Unavailable => None,
        }
    }

    /// Whether the refresh token was refused.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused)
    }
}

/// A service under test.
#[async_trait]
pub trait ServiceHarness: IssuerHarness {
    /// The time limits of refreshing.
    fn policy(&self) -> RefreshPolicy;

    /// The number of concurrent callers in a law.
    fn crowd(&self) -> usize {
        40
    }

    /// How often a law about concurrent callers is repeated.
    fn rounds(&self) -> usize {
        25
    }

    /// How often a law refreshes that needs many rotations.
    fn rotations(&self) -> usize {
        10_000
    }

    /// Signs an owner in.
    ///
    /// # Errors
    /// If nothing is issued.
    async fn sign_in(&self, owner: &Owner) -> Result<Session, NotIssued>;

    /// Presents a text as a refresh token.
    async fn refresh(&self, text: &str) -> Renewal;

    /// The number of the session that an access token belongs to.
    async fn session_number(&self, _token: &Issued) -> Supported<TokenId> {
        Err(Unsupported("the harness does not report numbers of sessions"))
    }

    /// Whether there is a sign-out; otherwise [`sign_out`](Self::sign_out) ends the session by some other request.
    ///
    /// # Errors
    /// If there is none.
    fn signs_out(&self) -> Supported<()> {
        Ok(())
    }

    /// Signs out with an access token.
    async fn sign_out(&self, token: &Issued) -> Revocation;

    /// Presents a text as a refresh token to another node.
    ///
    /// # Errors
    /// If the harness does not support this; the same for each method below.
    async fn refresh_elsewhere(&self, _text: &str) -> Supported<Renewal> {
        Err(Unsupported("there is no other node"))
    }

    /// Presents a text as a refresh token to another flavour.
    async fn refresh_foreign(&self, _text: &str) -> Supported<Renewal> {
        Err(Unsupported("there is no other flavour"))
    }

    /// Sets the wall clock back.
    async fn turn_clock_back(&self, _by: Duration) -> Supported<()> {
        Err(Unsupported("the clock cannot be moved"))
    }

    /// Makes the `nth` call to the store from now on fail (1 is the next).
    async fn fail_nth(&self, _nth: u64, _moment: Moment) -> Supported<()> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Clears the planned fault. `true` if it had not happened yet.
    async fn clear_fault(&self) -> Supported<bool> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Runs an action at the next such call to the store, once.
    async fn meanwhile(&self, _moment: Moment, _call: StoreCall, _action: Action) -> Supported<()> {
        Err(Unsupported("nothing can run between two calls to the store"))
    }
}
