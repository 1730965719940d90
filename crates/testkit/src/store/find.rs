//! What lives, and what does not.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{NewToken, TokenId};

use super::fixture::{Fixture, NOW, session_of, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// A name that was never given finds nothing, whatever number it is; that is no error.
pub async fn an_unknown_name_finds_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    for other in [0, -1, id.0 + 1, i64::MAX, i64::MIN] {
        assert_eq!(fixture.find(TokenId(other)).await, None, "{other}");
    }
    assert!(fixture.lives(id).await);
    Ok(())
}

/// A revoked record is found no more.
pub async fn a_revoked_record_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(token_of(&owner)).await;
    assert!(fixture.lives(id).await);
    fixture.revoke(id).await;
    assert!(!fixture.lives(id).await);
    Ok(())
}

/// What belongs to an ended session has ended.
pub async fn a_token_of_an_ended_session_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = NewToken {
        parent: Some(session),
        ..token_of(&owner)
    };
    let child = fixture.insert(child).await;
    assert!(fixture.lives(child).await);
    fixture.revoke(session).await;
    assert!(!fixture.lives(child).await);
    Ok(())
}

/// A barred owner's records are found no more; and when the owner is readmitted they stay dead, since whoever stole
/// one of them still has it.
pub async fn a_disabled_owners_records_die_and_stay_dead(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let bystander = fixture.owner("other@email.dk").await;
    let id = fixture.insert(session_of(&owner, 1)).await;
    let others = fixture.insert(session_of(&bystander, 2)).await;
    fixture.disable(owner.subject, true).await;
    assert!(!fixture.lives(id).await, "while the owner is barred");
    fixture.disable(owner.subject, false).await;
    assert!(!fixture.lives(id).await, "after the owner was readmitted");
    assert!(fixture.lives(others).await, "somebody else's");
    let readmitted = fixture.account(owner.subject).await;
    let fresh = fixture.insert(token_of(&readmitted)).await;
    assert!(fixture.lives(fresh).await, "a new one of the readmitted owner");
    Ok(())
}

/// A new generation ends what was granted before it, and nothing that is granted in it.
pub async fn a_new_generation_ends_older_records_only(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let older = fixture.insert(session_of(&owner, 1)).await;
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    let owner = fixture.account(owner.subject).await;
    let newer = fixture.insert(session_of(&owner, 2)).await;
    assert!(!fixture.lives(older).await);
    assert!(fixture.lives(newer).await);
    let record = fixture.find(newer).await.expect("lives");
    assert_eq!(record.generation, owner.generation);
    Ok(())
}

/// Whether a record's time has come is for the reader of the clock to say, so the store still finds it: a store with a
/// clock of its own would be a second opinion.
pub async fn time_is_not_the_stores_business(harness: Arc<dyn StoreHarness>) -> LawResult {
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
    assert!(fixture.lives(id).await);
    let session = fixture.ports.tokens.find_session(&selector).await;
    assert!(session.expect("find_session").is_some());
    Ok(())
}
