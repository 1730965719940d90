//! Clocks that differ, and clocks that were wrong.

use std::time::Duration;

use auth_core::CLOCK_SKEW;

use super::fixture::{Harness, ServiceAssertions};
use crate::harness::{Renewal, Verdict};
use crate::law::LawResult;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How far a node's clock is off: as long as the grace period.
const OFF: i64 = 10_000;

/// A retry that reaches a node whose clock is ahead or behind by ten seconds gets the identical successor: the time of a
/// rotation is judged by the store's clock, which is the same for all nodes.
pub async fn a_retry_on_a_node_that_is_ahead_gets_the_same_successor(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    for ahead in [OFF, -OFF] {
        harness.set_clock_elsewhere(ahead).await?;
        let first = harness.signed_in(&owner).await;
        let second = harness.renews(&first.refresh, "the current one").await;
        match harness.refresh_elsewhere(&first.refresh).await? {
            Renewal::Renewed(retry) => assert_eq!(retry.refresh, second.refresh, "{ahead} ms ahead"),
            answer => panic!("a retry at a node that is {ahead} ms ahead was answered {answer:?}"),
        }
        harness.renews(&second.refresh, "the session goes on").await;
    }
    Ok(())
}

/// A session that began while the clock was years ahead ends when the clock is right again: its life would be counted from
/// a time that has not come.
pub async fn a_session_from_the_far_future_ends(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let session = harness.renews(&session.refresh, "while the clock is ahead").await;
    harness.turn_clock_back(DAY * 3650).await?;
    harness.is_revoked(&session, "when the clock is right again").await;
    harness.advance(DAY * 120).await?;
    harness.is_revoked(&session, "120 days later").await;
    let fresh = harness.signed_in(&owner).await;
    harness.renews(&fresh.refresh, "a new session").await;
    Ok(())
}

/// A node that cannot read the feed notices it by the time that has passed, whatever its wall clock shows meanwhile.
pub async fn a_clock_set_back_hides_no_missing_news(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    harness.stop_feed(true).await?;
    harness.turn_clock_back(CLOCK_SKEW * 2).await?;
    let token = &session.token;
    let verdict = harness.verify(&token.text, token.key.as_deref()).await;
    assert!(matches!(verdict, Verdict::Unavailable), "without news: {verdict:?}");
    Ok(())
}
