//! Rows, and what the ports make of them. The same for both databases.

use auth_core::{Scopes, Timestamp, TokenDigest};
use consumer_auth::PreviousSecret;
use permissions::read_list;

use crate::error::{DbError, Outcome};

mod account;
mod audit;
mod consumer;
mod feed;
mod key;
mod resource_server;
mod token;

pub(crate) use account::{AccountRow, CLIENT_NAME, NewAccountRow, attributes_text};
pub(crate) use audit::{AuditEntryRow, MarkRow, NewAuditRow, SealRow};
pub(crate) use consumer::{ConsumerRow, NewConsumer, OrganisationRow};
pub(crate) use feed::{FeedRow, NewFeedRow};
pub(crate) use key::KeyRow;
pub(crate) use resource_server::{ResourceServerRow, audience_text};
pub(crate) use token::{EndRow, RefreshRow, RotationRow, SummaryRow, TokenRow};

/// A stored list of permissions. A damaged one grants nothing, and the log says whose it is.
pub(crate) fn granted(stored: &str, of: impl Fn() -> String) -> Scopes {
    read_list(stored).unwrap_or_else(|| {
        tracing::error!(
            event = "permissions_unreadable",
            of = of(),
            "a damaged list grants nothing"
        );
        Scopes::none()
    })
}

fn digest(bytes: Vec<u8>) -> Outcome<TokenDigest> {
    sized(bytes).map(TokenDigest::from_bytes)
}

/// The secret that a caller had before, from the two columns that are written together.
fn previous_secret(bytes: Option<Vec<u8>>, until: Option<i64>) -> Outcome<Option<PreviousSecret>> {
    let previous = bytes.zip(until).map(|(bytes, until)| {
        Ok::<_, DbError>(PreviousSecret {
            digest: digest(bytes)?,
            until: Timestamp::from_millis(until),
        })
    });
    previous.transpose()
}

fn sized<const N: usize>(bytes: Vec<u8>) -> Outcome<[u8; N]> {
    <[u8; N]>::try_from(bytes).map_err(|_| DbError::Corrupt("a binary column has another length than was written"))
}
