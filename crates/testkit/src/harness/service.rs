//! What a law about sign-in, refresh and sign-out may use beyond what one about issuers may.

use std::time::Duration;

use async_trait::async_trait;
use auth_core::RefreshPolicy;

use super::{Issued, IssuerHarness, NotIssued, Owner, Revocation};
use crate::failing::{Action, Moment, StoreCall};
use crate::law::{Supported, Unsupported};

/// What somebody holds after a sign-in or a refresh.
#[derive(Clone, Debug)]
pub struct Session {
    /// The access token.
    pub token: Issued,
    /// What it can be refreshed with.
    pub refresh: String,
}

/// What became of a refresh.
#[derive(Clone, Debug)]
pub enum Renewal {
    /// A fresh access token of the same session, and the next refresh token.
    Renewed(Session),
    /// The refresh token is no good.
    Refused,
    /// It cannot be done now.
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
    /// For how long refreshing goes on.
    fn policy(&self) -> RefreshPolicy;

    /// How many callers a law sends at once.
    fn crowd(&self) -> usize {
        40
    }

    /// How often a law about many callers is tried.
    fn rounds(&self) -> usize {
        25
    }

    /// How often a law refreshes that wants many rotations.
    fn rotations(&self) -> usize {
        10_000
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// When nothing is issued.
    async fn sign_in(&self, owner: &Owner) -> Result<Session, NotIssued>;

    /// Presents a text as a refresh token.
    async fn refresh(&self, text: &str) -> Renewal;

    /// Signs out by an access token.
    async fn sign_out(&self, token: &Issued) -> Revocation;

    /// Presents a text as a refresh token to another node.
    ///
    /// # Errors
    /// Where the harness lacks this; so for each method below.
    async fn refresh_elsewhere(&self, _text: &str) -> Supported<Renewal> {
        Err(Unsupported("there is no other node"))
    }

    /// Presents a text as a refresh token to another flavour.
    async fn refresh_foreign(&self, _text: &str) -> Supported<Renewal> {
        Err(Unsupported("there is no other flavour"))
    }

    /// Turns the wall clock back.
    async fn turn_clock_back(&self, _by: Duration) -> Supported<()> {
        Err(Unsupported("the clock cannot be moved"))
    }

    /// Makes the `nth` call to the store from now on fail (one is the next).
    async fn fail_nth(&self, _nth: u64, _moment: Moment) -> Supported<()> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Takes the fault back, and says whether it had not come to pass.
    async fn mend(&self) -> Supported<bool> {
        Err(Unsupported("the store cannot be made to fail"))
    }

    /// Has something else happen at the next such call to the store, once.
    async fn meanwhile(&self, _moment: Moment, _call: StoreCall, _action: Action) -> Supported<()> {
        Err(Unsupported("nothing can be put between two calls to the store"))
    }
}
