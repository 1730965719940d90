//! Acts on one session.

use auth_core::{Timestamp, TokenId};

use super::patience::patiently;
use super::refuse;
use crate::parts::Stores;

/// Revokes a token or session, with everything that belongs to it.
pub async fn end(stores: &Stores, id: TokenId, now: Timestamp) -> anyhow::Result<()> {
    match patiently(async || stores.tokens.revoke(id, now).await).await? {
        true => Ok(()),
        false => {
            refuse!("there is no active token {id}: `tessera token list` shows an account's"; in page "Session {id} has ended already.")
        }
    }
}
