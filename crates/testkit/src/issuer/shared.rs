//! Tokens that all grants to one owner share.

use std::collections::HashSet;

use super::fixture::{Harness, IssuerAssertions};
use crate::harness::{Issued, NotIssued};
use crate::law::{LawResult, at_once};

/// Repeated grants add no rows, and every token that was issued stays valid.
pub async fn shared_grants_repeat_without_growing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.issue_shared(&owner).await?.expect("issued");
    let rows = harness.token_rows().await?;
    let mut last = first.clone();
    for _ in 0..harness.profile().many {
        last = harness.issue_shared(&owner).await?.expect("issued");
    }
    assert_eq!(
        harness.token_rows().await?,
        rows,
        "rows after {} more grants",
        harness.profile().many
    );
    for token in [&first, &last] {
        let accepted = harness.accepts(token, "a shared one").await;
        assert_eq!(accepted.subject, owner.subject);
    }
    Ok(())
}

/// Concurrent first grants make one row too.
pub async fn concurrent_shared_grants_make_one_row(harness: Harness) -> LawResult {
    for round in 0..5 {
        let owner = harness.owner().await;
        // Fails here if tokens cannot be shared.
        let rows = {
            let other = harness.owner().await;
            harness.issue_shared(&other).await?.expect("issued");
            harness.token_rows().await?
        };
        let tokens = at_once(40, |_| {
            let (harness, owner) = (harness.clone(), owner.clone());
            async move { harness.issue_shared(&owner).await.expect("shared").expect("issued") }
        })
        .await;
        assert_eq!(harness.token_rows().await?, rows + 1, "rows in round {round}");
        for token in &tokens {
            harness.accepts(token, "one of the concurrent grants").await;
        }
    }
    Ok(())
}

/// A shared token is shared among the grants to one owner only.
pub async fn shared_tokens_belong_to_one_owner(harness: Harness) -> LawResult {
    let mut texts = HashSet::new();
    for _ in 0..5 {
        let owner = harness.owner().await;
        let token = harness.issue_shared(&owner).await?.expect("issued");
        assert_eq!(harness.accepts(&token, "a shared one").await.subject, owner.subject);
        assert!(texts.insert(token.text), "two owners got the same token");
    }
    Ok(())
}

/// A revoked shared token is refused for all its holders, and the next grant makes a new, valid one.
pub async fn a_revoked_shared_token_is_replaced(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let share = async || -> Result<Result<Issued, NotIssued>, crate::law::NotApplicable> {
        Ok(harness.issue_shared(&owner).await?)
    };
    let first = share().await?.expect("issued");
    let same = share().await?.expect("issued");
    harness.revokes(&first).await;
    harness.rejects(&first, "revoked").await;
    harness.rejects(&same, "shared with a revoked one").await;
    let next = share().await?.expect("issued after the revocation");
    harness.accepts(&next, "a new one").await;
    harness.rejects(&first, "the old one, still").await;
    harness.change_password(&owner).await?;
    harness.rejects(&next, "of an older generation").await;
    let newest = share().await?.expect("issued in the new generation");
    harness.accepts(&newest, "of the new generation").await;
    Ok(())
}
