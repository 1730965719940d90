//! Nodes whose clocks differ.

use auth_core::{CLOCK_SKEW, Lifetime};

use super::fixture::{Harness, IssuerAssertions};
use crate::law::LawResult;

/// A token of one node is accepted by another whose clock differs by up to five seconds, in the second in which it was
/// issued. That makes no token live longer by more than the difference.
pub async fn clocks_may_differ_by_five_seconds(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let skew = i64::try_from(CLOCK_SKEW.as_millis()).expect("a few seconds");
    for ahead in [skew, -skew] {
        harness.set_clock_elsewhere(ahead).await?;
        let token = harness.issued(&owner).await;
        let verdict = harness.verify_elsewhere(&token.text, token.key.as_deref()).await?;
        assert!(verdict.is_accepted(), "by a node that is {ahead} ms ahead: {verdict:?}");
        let Lifetime::Limited(lifetime) = harness.profile().lifetime else {
            continue;
        };
        harness.advance(lifetime + CLOCK_SKEW).await?;
        let verdict = harness.verify_elsewhere(&token.text, token.key.as_deref()).await?;
        assert!(
            verdict.is_refused(),
            "{CLOCK_SKEW:?} after its expiry, by a node that is {ahead} ms ahead: {verdict:?}"
        );
        harness.rejects(&token, "after its expiry").await;
    }
    Ok(())
}
