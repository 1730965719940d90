//! How many tokens one person may hold.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    Cause, Clock, Provenance, RevokeError, Subject, Timestamp, TokenAdminStore, TokenId, TokenService, TokenSummary,
    Unavailable,
};

/// How many records are read at once.
const PAGE: u32 = 1000;

/// How many tokens one sign-in revokes at most: a person who holds far too many, from before there was a limit, does not
/// wait for all of them.
const AT_ONCE: usize = 100;

/// How long a token counts as just issued: it is revoked after all older ones, whether it was used or not.
const NEW: Duration = Duration::from_secs(60);

/// The limit of one flavour.
#[derive(Debug)]
pub(super) struct TokenLimit {
    pub(super) most: usize,
    pub(super) flavour: String,
    pub(super) store: Arc<dyn TokenAdminStore>,
    pub(super) clock: Arc<dyn Clock>,
}

impl TokenLimit {
    /// Revokes what a person holds beyond the limit: the tokens that were not used for the longest time.
    ///
    /// It follows the issue and is no part of it. So people who sign in several times at the same moment may hold more for
    /// that moment; when the last of these sign-ins has answered, they do not. All of these sign-ins revoke in the same
    /// order, so none revokes a token that another one keeps.
    pub(super) async fn keep(&self, tokens: &TokenService, subject: Subject) -> Result<(), RevokeError> {
        let now = self.clock.now();
        let mut held = self.held(subject, now).await?;
        let excess = held.len().saturating_sub(self.most);
        held.sort_by_key(|token| order(token, now));
        for token in held.iter().take(excess.min(AT_ONCE)) {
            let revoked = tokens.issuer().revoke(token.id);
            Provenance::current().because(Cause::Displaced).scope(revoked).await?;
            tracing::info!(event = "token_displaced", flavour = self.flavour, token = %token.id, %subject);
        }
        Ok(())
    }

    async fn held(&self, subject: Subject, now: Timestamp) -> Result<Vec<TokenSummary>, RevokeError> {
        let (mut held, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.tokens_of(subject, before, PAGE).await;
            let page = page.map_err(Unavailable::from)?;
            before = page.last().map(|token| token.id);
            let is_last = page.len() < PAGE as usize;
            let counts =
                |token: &TokenSummary| *token.flavour == *self.flavour && token.expires_at.is_none_or(|end| now < end);
            held.extend(page.into_iter().filter(counts));
            if is_last {
                return Ok(held);
            }
        }
    }
}

/// The first in this order is revoked first. What was just issued is compared by number: its first use may not be written
/// yet, and nodes' clocks differ.
fn order(token: &TokenSummary, now: Timestamp) -> (bool, Option<Timestamp>, TokenId) {
    let new = now < token.issued_at.plus(NEW);
    let last_use = token.last_used_at.unwrap_or(token.issued_at);
    (new, (!new).then_some(last_use), token.id)
}
