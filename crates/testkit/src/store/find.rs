//! Which records are live.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{NewToken, TokenId};

use super::fixture::{Fixture, NOW, session_of, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// A number that was never given is not found; this is no error.
pub async fn an_unknown_name_finds_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    for other in [0, -1, id.0 + 1, i64::MAX, i64::MIN] {
        assert_eq!(fixture.find(TokenId(other)).await, None, "{other}");
    }
    assert!(fixture.is_live(id).await);
    Ok(())
}

/// A revoked record is not found any more.
pub async fn a_revoked_record_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    assert!(fixture.is_live(id).await);
    fixture.revoke(id).await;
    assert!(!fixture.is_live(id).await);
    Ok(())
}

/// A record of a revoked session is not found any more.
pub async fn a_token_of_an_ended_session_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = NewToken {
        parent: Some(session),
        ..token_of(&owner)
    };
    let child = fixture.insert(child).await;
    assert!(fixture.is_live(child).await);
    fixture.revoke(session).await;
    assert!(!fixture.is_live(child).await);
    Ok(())
}

/// A disabled owner's records are not found, and still not when the owner is enabled again: a thief may still have one
/// of the tokens.
pub async fn a_disabled_owners_records_are_never_found_again(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let bystander = fixture.owner("other@email.dk").await;
    let id = fixture.insert(session_of(&owner, 1)).await;
    let others = fixture.insert(session_of(&bystander, 2)).await;
    fixture.disable(owner.subject, true).await;
    assert!(!fixture.is_live(id).await, "while the owner is disabled");
    fixture.disable(owner.subject, false).await;
    assert!(!fixture.is_live(id).await, "after the owner was enabled again");
    assert!(fixture.is_live(others).await, "another owner's");
    let enabled = fixture.account(owner.subject).await;
    let fresh = fixture.insert(token_of(&enabled)).await;
    assert!(
        fixture.is_live(fresh).await,
        "a new one of the owner that was enabled again"
    );
    Ok(())
}

/// A new generation revokes what was granted before it, and nothing that is granted in it.
pub async fn a_new_generation_ends_older_records_only(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let older = fixture.insert(session_of(&owner, 1)).await;
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    let owner = fixture.account(owner.subject).await;
    let newer = fixture.insert(session_of(&owner, 2)).await;
    assert!(!fixture.is_live(older).await);
    assert!(fixture.is_live(newer).await);
    let record = fixture.find(newer).await.expect("a live record");
    assert_eq!(record.generation, owner.generation);
    Ok(())
}

/// An expired record is still found: the caller, who has the clock, compares. A store with a clock of its own could
/// disagree with it.
pub async fn expired_records_are_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let long_ago = NOW.minus(Duration::from_secs(20 * 365 * 24 * 60 * 60));
    let expired = NewToken {
        issued_at: long_ago,
        expires_at: Some(long_ago.plus(Duration::from_millis(1))),
        ..session_of(&owner, 1)
    };
    let selector = expired.refresh.clone().expect("a family").selector;
    let id = fixture.insert(expired).await;
    assert!(fixture.is_live(id).await);
    let session = fixture.ports.tokens.find_session(&selector).await;
    assert!(session.expect("find_session").is_some());
    Ok(())
}
