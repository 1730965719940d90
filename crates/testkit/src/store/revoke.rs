//! Revoking a record, and publishing that.

use std::sync::Arc;

use auth_core::{Change, NewToken, Timestamp, TokenDigest, TokenId};

use super::fixture::{Fixture, HOUR, NOW, next, session_of, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// The latest moment that can be written.
const FOR_EVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// The caller who revokes a record gets `true`; later callers get `false`. That is no error, and nothing more is
/// written.
pub async fn revoking_answers_whether_there_was_something_to_revoke(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    assert!(fixture.revoke(id).await, "it lived");
    assert!(!fixture.revoke(id).await, "it had ended");
    let never = TokenId(id.0 + 1000);
    assert!(!fixture.revoke(never).await, "it never was");
    assert_eq!(fixture.published(Change::Ended(id)).await, 1);
    assert_eq!(fixture.published(Change::Ended(never)).await, 0);
    Ok(())
}

/// Of many who revoke one record at the same moment, one gets `true`: the audit trail has one entry.
pub async fn one_revocation_counts(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for round in 0..10 {
        let id = fixture.insert(token_of(&owner)).await;
        let answers = at_once(fixture.harness.crowd(), |_| {
            let tokens = fixture.ports.tokens.clone();
            async move { tokens.revoke(id, NOW).await.expect("revoke") }
        })
        .await;
        assert_eq!(answers.iter().filter(|ended| **ended).count(), 1, "round {round}");
        assert_eq!(fixture.published(Change::Ended(id)).await, 1, "round {round}");
    }
    Ok(())
}

/// One record is revoked and no other, unless it belongs to it.
pub async fn revoking_one_leaves_the_other_records(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let before = fixture.insert(session_of(&owner, 1)).await;
    let ended = fixture.insert(session_of(&owner, 2)).await;
    let after = fixture.insert(session_of(&owner, 3)).await;
    fixture.revoke(ended).await;
    assert!(fixture.is_live(before).await && fixture.is_live(after).await);
    assert!(!fixture.is_live(ended).await);
    Ok(())
}

/// A token of a session can be revoked alone; the session stays live.
pub async fn revoking_a_token_leaves_its_session(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = |parent| NewToken {
        parent: Some(parent),
        ..token_of(&owner)
    };
    let ended = fixture.insert(child(session)).await;
    let sibling = fixture.insert(child(session)).await;
    assert!(fixture.revoke(ended).await);
    assert!(!fixture.is_live(ended).await);
    assert!(fixture.is_live(session).await && fixture.is_live(sibling).await);
    Ok(())
}

/// A revocation is in the feed as soon as it is answered, so that other nodes refuse what this node refuses.
pub async fn a_revocation_is_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (one, other) = (
        fixture.insert(token_of(&owner)).await,
        fixture.insert(token_of(&owner)).await,
    );
    assert_eq!(fixture.published(Change::Ended(one)).await, 0);
    fixture.revoke(one).await;
    assert_eq!(fixture.published(Change::Ended(one)).await, 1);
    assert_eq!(fixture.published(Change::Ended(other)).await, 0);
    Ok(())
}

/// A revocation stays in the feed at least until the last token that it concerns would have expired; otherwise a node
/// that starts later would accept the token.
pub async fn a_revocation_is_published_for_as_long_as_it_matters(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (one_day, week) = (HOUR * 24, HOUR * 24 * 7);
    let session = NewToken {
        expires_at: Some(NOW.plus(one_day * 3)),
        ..session_of(&owner, 1)
    };
    let session = fixture.insert(session).await;
    fixture.revoke(session).await;
    assert!(
        fixture.entry(Change::Ended(session)).await.until >= NOW.plus(one_day * 3),
        "the record's own end"
    );

    let session = fixture.insert(session_of(&owner, 2)).await;
    let child = NewToken {
        parent: Some(session),
        expires_at: Some(NOW.plus(week)),
        ..token_of(&owner)
    };
    fixture.insert(child).await;
    fixture.revoke(session).await;
    assert!(
        fixture.entry(Change::Ended(session)).await.until >= NOW.plus(week),
        "the end of what belongs to it"
    );

    let endless = NewToken {
        expires_at: None,
        digest: Some(TokenDigest::of(b"secret")),
        ..token_of(&owner)
    };
    let endless = fixture.insert(endless).await;
    fixture.revoke(endless).await;
    assert!(
        fixture.entry(Change::Ended(endless)).await.until > NOW,
        "of an opaque one without end, until no node has its record cached"
    );
    Ok(())
}

/// The revocation of a signed token that does not expire stays in the feed for ever, whatever revoked it: a node that
/// checks such a token without reading its record has no other way to notice.
pub async fn the_revocation_of_a_signed_token_without_expiry_is_published_for_ever(
    harness: Arc<dyn StoreHarness>,
) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let endless = |parent| NewToken {
        expires_at: None,
        parent,
        ..token_of(&owner)
    };
    let alone = fixture.insert(endless(None)).await;
    fixture.revoke(alone).await;
    assert_eq!(fixture.entry(Change::Ended(alone)).await.until, FOR_EVER, "by itself");

    let session = fixture.insert(session_of(&owner, 1)).await;
    fixture.insert(endless(Some(session))).await;
    fixture.revoke(session).await;
    assert_eq!(
        fixture.entry(Change::Ended(session)).await.until,
        FOR_EVER,
        "with its session"
    );

    fixture.insert(endless(None)).await;
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    let superseded = Change::Superseded(owner.subject, next(owner.generation));
    assert_eq!(
        fixture.entry(superseded).await.until,
        FOR_EVER,
        "with all of its owner's"
    );
    fixture.ports.tokens.purge(FOR_EVER, 1000).await.expect("purge");
    for change in [Change::Ended(alone), Change::Ended(session), superseded] {
        assert_eq!(fixture.published(change).await, 1, "{change:?}");
    }
    Ok(())
}

/// A record that is shortened expires at that moment, and every node reads it anew. What is not live is not shortened.
pub async fn a_record_that_is_shortened_expires_then(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (lasting, revoked) = (
        fixture.insert(token_of(&owner)).await,
        fixture.insert(token_of(&owner)).await,
    );
    fixture.revoke(revoked).await;
    let tokens = &fixture.ports.tokens;
    let rights = Change::SubjectRights(owner.subject);
    for id in [revoked, TokenId(lasting.0 + 1000)] {
        assert!(!tokens.shorten(id, NOW, NOW).await.expect("shorten"));
    }
    assert_eq!(fixture.published(rights).await, 0, "nothing has changed");
    assert!(tokens.shorten(lasting, NOW.plus(HOUR / 2), NOW).await.expect("shorten"));
    let record = tokens.find(lasting).await.expect("find").expect("it is live");
    assert_eq!(record.expires_at, Some(NOW.plus(HOUR / 2)));
    assert_eq!(fixture.published(rights).await, 1);
    Ok(())
}

/// A record that expires earlier than that stays as it is.
pub async fn shortening_postpones_no_expiry(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    let tokens = &fixture.ports.tokens;
    for (until, then) in [(2, 2), (3, 2), (1, 1), (2, 1)] {
        assert!(
            tokens
                .shorten(id, NOW.plus(HOUR / 6 * until), NOW)
                .await
                .expect("shorten")
        );
        let record = tokens.find(id).await.expect("find").expect("it is live");
        assert_eq!(record.expires_at, Some(NOW.plus(HOUR / 6 * then)));
    }
    Ok(())
}
