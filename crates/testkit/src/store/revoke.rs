//! Ending a record, and saying so.

use std::sync::Arc;

use auth_core::{Change, NewToken, Timestamp, TokenDigest, TokenId};

use super::fixture::{Fixture, HOUR, NOW, next, session_of, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// The last moment there is.
const FOR_EVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// The one who ended it is told so; whoever comes later is told that there was nothing to end. That is no error, and
/// nothing more is written.
pub async fn ending_answers_whether_there_was_something_to_end(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    assert!(fixture.revoke(id).await, "it lived");
    assert!(!fixture.revoke(id).await, "it had ended");
    let never = TokenId(id.0 + 1000);
    assert!(!fixture.revoke(never).await, "it never was");
    assert_eq!(fixture.told(Change::Ended(id)).await, 1);
    assert_eq!(fixture.told(Change::Ended(never)).await, 0);
    Ok(())
}

/// Of many who end one record at the same moment, one is told that it ended it: the audit trail has one entry.
pub async fn one_ending_counts(harness: Arc<dyn StoreHarness>) -> LawResult {
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
        assert_eq!(fixture.told(Change::Ended(id)).await, 1, "round {round}");
    }
    Ok(())
}

/// One record ends and no other, unless it belongs to it.
pub async fn ending_one_leaves_the_others(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let before = fixture.insert(session_of(&owner, 1)).await;
    let ended = fixture.insert(session_of(&owner, 2)).await;
    let after = fixture.insert(session_of(&owner, 3)).await;
    fixture.revoke(ended).await;
    assert!(fixture.lives(before).await && fixture.lives(after).await);
    assert!(!fixture.lives(ended).await);
    Ok(())
}

/// A token of a session can end alone; the session goes on.
pub async fn ending_a_token_leaves_its_session(harness: Arc<dyn StoreHarness>) -> LawResult {
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
    assert!(!fixture.lives(ended).await);
    assert!(fixture.lives(session).await && fixture.lives(sibling).await);
    Ok(())
}

/// The feed tells of an end as soon as it is answered: what this node refuses, the others hear of.
pub async fn an_end_is_told(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (one, other) = (
        fixture.insert(token_of(&owner)).await,
        fixture.insert(token_of(&owner)).await,
    );
    assert_eq!(fixture.told(Change::Ended(one)).await, 0);
    fixture.revoke(one).await;
    assert_eq!(fixture.told(Change::Ended(one)).await, 1);
    assert_eq!(fixture.told(Change::Ended(other)).await, 0);
    Ok(())
}

/// The feed goes on telling of an end at least until the last token that it concerns would have ended by itself; if it
/// stopped before, a node that starts then would accept the token.
pub async fn an_end_is_told_for_as_long_as_it_matters(harness: Arc<dyn StoreHarness>) -> LawResult {
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
        "of an opaque one without end, until nobody holds its record any more"
    );
    Ok(())
}

/// The feed tells for ever that a signed token without an end has ended, whatever ended it: whoever checks such a token
/// without a look at its record hears of its end from nobody else.
pub async fn the_end_of_a_signed_token_without_end_is_told_for_ever(harness: Arc<dyn StoreHarness>) -> LawResult {
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
        assert_eq!(fixture.told(change).await, 1, "{change:?}");
    }
    Ok(())
}
