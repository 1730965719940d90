//! Times of last use, and purging.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Change, NewToken, Timestamp, TokenId};

use super::fixture::{Fixture, HOUR, NOW, session_of, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

const TICK: Duration = Duration::from_millis(1);

impl Fixture {
    async fn touch(&self, used: &[(TokenId, Timestamp)]) {
        self.ports.tokens.touch(used).await.expect("touch");
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> u64 {
        self.ports.tokens.purge(before, limit).await.expect("purge")
    }

    /// Purges in small steps until nothing is removed any more.
    async fn purge_all(&self, before: Timestamp) {
        while self.purge(before, 3).await > 0 {}
    }

    async fn ending_at(&self, owner: &auth_core::Account, end: Option<Timestamp>) -> TokenId {
        let new = NewToken {
            expires_at: end,
            ..token_of(owner)
        };
        self.insert(new).await
    }
}

/// Times of last use are recorded, and never replaced by earlier ones: batches of several nodes arrive in any order.
pub async fn last_use_only_moves_forward(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let (one, other) = (
        fixture.insert(token_of(&owner)).await,
        fixture.insert(token_of(&owner)).await,
    );
    assert_eq!(fixture.harness.last_used(one).await?, None);
    fixture.touch(&[(one, NOW.plus(TICK)), (other, NOW)]).await;
    assert_eq!(fixture.harness.last_used(one).await?, Some(NOW.plus(TICK)));
    assert_eq!(fixture.harness.last_used(other).await?, Some(NOW));
    fixture.touch(&[(one, NOW)]).await;
    assert_eq!(
        fixture.harness.last_used(one).await?,
        Some(NOW.plus(TICK)),
        "an earlier use, noted later"
    );
    fixture.touch(&[(one, NOW.plus(HOUR))]).await;
    assert_eq!(fixture.harness.last_used(one).await?, Some(NOW.plus(HOUR)));
    Ok(())
}

/// Unknown tokens are ignored, so that one purged token does not lose the uses of all the others; and recording a use
/// changes nothing else.
pub async fn noting_a_use_passes_over_unknown_names(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let id = fixture.insert(token_of(&owner)).await;
    let record = fixture.find(id).await;
    fixture.touch(&[]).await;
    fixture
        .touch(&[(TokenId(id.0 + 1000), NOW), (id, NOW), (TokenId(0), NOW)])
        .await;
    assert_eq!(fixture.find(id).await, record);
    assert_eq!(fixture.find(TokenId(id.0 + 1000)).await, None);
    assert_eq!(fixture.harness.last_used(id).await?, Some(NOW));
    Ok(())
}

/// Records that ended before the given moment are removed; those that end at it or later stay.
pub async fn purging_removes_what_ended_before(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let rows = fixture.harness.token_rows().await?;
    fixture.ending_at(&owner, Some(NOW.minus(TICK))).await;
    let at = fixture.ending_at(&owner, Some(NOW)).await;
    let later = fixture.ending_at(&owner, Some(NOW.plus(TICK))).await;
    let revoked = fixture.ending_at(&owner, None).await;
    fixture
        .ports
        .tokens
        .revoke(revoked, NOW.minus(TICK))
        .await
        .expect("revoke");
    fixture.purge_all(NOW).await;
    assert!(fixture.is_live(at).await, "what ends at the moment itself");
    assert!(fixture.is_live(later).await, "what ends later");
    assert_eq!(fixture.harness.token_rows().await?, rows + 2);
    fixture.purge_all(NOW.plus(HOUR)).await;
    assert_eq!(fixture.harness.token_rows().await?, rows);
    Ok(())
}

/// Purging goes in small steps, so that other writers do not wait for long: it never removes more than asked for, and
/// answers how many it removed, so that the caller knows whether there is more.
pub async fn purging_is_bounded(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let before = fixture.harness.token_rows().await?;
    for _ in 0..10 {
        fixture.ending_at(&owner, Some(NOW)).await;
    }
    assert_eq!(fixture.purge(NOW.plus(TICK), 0).await, 0);
    let mut rows = fixture.harness.token_rows().await?;
    loop {
        let went = fixture.purge(NOW.plus(TICK), 3).await;
        let left = fixture.harness.token_rows().await?;
        assert!(
            went <= 3 && rows - left <= 3,
            "{went} reported, {} removed",
            rows - left
        );
        rows = left;
        if went == 0 {
            break;
        }
    }
    assert_eq!(rows, before);
    Ok(())
}

/// A live record is never removed, however late it is: neither one that does not expire nor one of a session that is
/// live.
pub async fn purging_never_removes_live_records(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let endless = fixture.ending_at(&owner, None).await;
    let later = fixture.ending_at(&owner, Some(NOW.plus(HOUR * 24 * 365))).await;
    let session = NewToken {
        expires_at: Some(NOW.plus(HOUR * 24 * 365)),
        ..session_of(&owner, 1)
    };
    let session = fixture.insert(session).await;
    let short = NewToken {
        parent: Some(session),
        ..token_of(&owner)
    };
    fixture.insert(short).await;
    let revoked = fixture.ending_at(&owner, None).await;
    fixture.revoke(revoked).await;
    fixture.purge_all(NOW.plus(HOUR * 24 * 30)).await;
    for (id, what) in [
        (endless, "without end"),
        (later, "a long one"),
        (session, "the session"),
    ] {
        assert!(fixture.is_live(id).await, "{what}");
    }
    assert!(!fixture.is_live(revoked).await);
    Ok(())
}

/// A password change ends the generation before it, and no token of the one that it began is removed with those.
pub async fn purging_leaves_the_current_generation(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let rows = fixture.harness.token_rows().await?;
    let before = fixture.ending_at(&owner, None).await;
    assert!(fixture.set_password(owner.subject, "$2b$12$new", true).await);
    let owner = fixture.account(owner.subject).await;
    let after = fixture.ending_at(&owner, None).await;
    fixture.purge_all(NOW.plus(HOUR * 24 * 30)).await;
    assert!(!fixture.is_live(before).await, "of the generation that ended");
    assert!(fixture.is_live(after).await, "of the current generation");
    assert_eq!(fixture.harness.token_rows().await?, rows + 1);
    Ok(())
}

/// Removing a revoked session does not make a record valid that belonged to it.
pub async fn purging_a_session_revives_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = NewToken {
        parent: Some(session),
        expires_at: None,
        ..token_of(&owner)
    };
    let child = fixture.insert(child).await;
    fixture.revoke(session).await;
    for _ in 0..10 {
        assert!(!fixture.is_live(child).await);
        fixture.purge(NOW.plus(HOUR * 24 * 365), 1).await;
    }
    assert!(!fixture.is_live(child).await);
    Ok(())
}

/// An entry of the feed is removed when no node needs it any more, and not before. Its number is not given again;
/// otherwise a node that has read past it would miss the next entry.
pub async fn purging_keeps_the_feed_that_still_matters(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    let id = fixture.ending_at(&owner, Some(NOW.plus(HOUR * 24 * 30))).await;
    fixture.revoke(id).await;
    let entry = fixture.entry(Change::Ended(id)).await;
    fixture.purge_all(entry.until).await;
    assert_eq!(
        fixture.published(Change::Ended(id)).await,
        1,
        "it matters until {:?}",
        entry.until
    );
    fixture.purge_all(entry.until.plus(HOUR * 24 * 365)).await;
    assert_eq!(fixture.feed().await, [], "these are needed no more");
    let id = fixture.insert(token_of(&owner)).await;
    fixture.revoke(id).await;
    let newer = fixture.entry(Change::Ended(id)).await;
    assert!(
        newer.sequence > entry.sequence,
        "{} after {}",
        newer.sequence,
        entry.sequence
    );
    Ok(())
}
