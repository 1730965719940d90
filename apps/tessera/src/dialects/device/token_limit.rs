//! How many tokens one person may hold.

use std::collections::HashMap;
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
        held.sort_by_key(|(token, last_use)| order(token, *last_use, now));
        for (token, _) in held.iter().take(excess.min(AT_ONCE)) {
            let revoked = tokens.issuer().revoke(token.id);
            Provenance::current().because(Cause::Displaced).scope(revoked).await?;
            tracing::info!(event = "token_displaced", flavour = self.flavour, token = %token.id, %subject);
        }
        Ok(())
    }

    /// With the last use of each. A token and those whose place it has taken count as one.
    async fn held(&self, subject: Subject, now: Timestamp) -> Result<Vec<(TokenSummary, Timestamp)>, RevokeError> {
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
                return Ok(by_line(held));
            }
        }
    }
}

/// The newest token of each line. The tokens are in order, newest first. What was made from a line is revoked with it, so a use of that is
/// a use of the line.
fn by_line(held: Vec<TokenSummary>) -> Vec<(TokenSummary, Timestamp)> {
    let mut last_uses: HashMap<TokenId, Timestamp> = HashMap::new();
    for token in &held {
        let last_use = token.last_used_at.unwrap_or(token.issued_at);
        for line in [Some(token.line), token.made_from].into_iter().flatten() {
            let known = last_uses.entry(line).or_insert(last_use);
            *known = last_use.max(*known);
        }
    }
    let newest = held.into_iter().filter_map(|token| {
        let last_use = last_uses.remove(&token.line)?;
        Some((token, last_use))
    });
    newest.collect()
}

/// The first in this order is revoked first. A token that was made from another comes before that one, which would end it too. What was just
/// issued is compared by number: its first use may not be written yet, and nodes' clocks differ.
fn order(token: &TokenSummary, last_use: Timestamp, now: Timestamp) -> (bool, Option<Timestamp>, bool, TokenId) {
    let new = now < token.issued_at.plus(NEW);
    (new, (!new).then_some(last_use), token.made_from.is_none(), token.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn token(id: i64, line: i64, made_from: Option<i64>, used_after: u64) -> TokenSummary {
        TokenSummary {
            id: TokenId(id),
            parent: None,
            line: TokenId(line),
            made_from: made_from.map(TokenId),
            flavour: "device".into(),
            label: None,
            issued_at: NOW,
            expires_at: None,
            ends_at: None,
            last_used_at: Some(NOW.plus(Duration::from_secs(used_after))),
        }
    }

    /// To revoke one that was replaced would revoke what took its place, and what was made from it.
    #[test]
    fn a_token_counts_with_those_whose_place_it_took() {
        let held = vec![
            token(4, 4, Some(1), 40),
            token(3, 1, None, 10),
            token(2, 2, None, 20),
            token(1, 1, None, 30),
        ];
        let counted = by_line(held).into_iter();
        let counted: Vec<_> = counted
            .map(|(token, last_use)| (token.id.0, last_use.since(NOW).as_secs()))
            .collect();
        assert_eq!(counted, [(4, 40), (3, 40), (2, 20)]);
        let (made, maker) = (token(4, 4, Some(1), 40), token(3, 1, None, 10));
        let later = NOW.plus(NEW * 2);
        assert!(order(&made, NOW, later) < order(&maker, NOW, later));
    }
}
