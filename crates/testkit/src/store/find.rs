//! What lives, and what does not.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{NewToken, TokenId};

use super::ground::{Ground, NOW, session_of, token_of};
use crate::law::Upheld;
use crate::ports::StoreHarness;

/// A name that was never given finds nothing, whatever number it is; that is no error.
pub async fn an_unknown_name_finds_nothing(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let id = ground.insert(token_of(&owner)).await;
    for other in [0, -1, id.0 + 1, i64::MAX, i64::MIN] {
        assert_eq!(ground.find(TokenId(other)).await, None, "{other}");
    }
    assert!(ground.lives(id).await);
    Ok(())
}

/// A revoked record is found no more.
pub async fn a_revoked_record_is_not_found(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let id = ground.insert(token_of(&owner)).await;
    assert!(ground.lives(id).await);
    ground.revoke(id).await;
    assert!(!ground.lives(id).await);
    Ok(())
}

/// What belongs to an ended session has ended.
pub async fn a_token_of_an_ended_session_is_not_found(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let session = ground.insert(session_of(&owner, 1)).await;
    let child = NewToken {
        parent: Some(session),
        ..token_of(&owner)
    };
    let child = ground.insert(child).await;
    assert!(ground.lives(child).await);
    ground.revoke(session).await;
    assert!(!ground.lives(child).await);
    Ok(())
}

/// A barred owner's records are found no more; and when the owner is readmitted they stay dead, since whoever stole
/// one of them still has it.
pub async fn a_disabled_owners_records_die_and_stay_dead(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let bystander = ground.owner("other@email.dk").await;
    let id = ground.insert(session_of(&owner, 1)).await;
    let others = ground.insert(session_of(&bystander, 2)).await;
    ground.disable(owner.subject, true).await;
    assert!(!ground.lives(id).await, "while the owner is barred");
    ground.disable(owner.subject, false).await;
    assert!(!ground.lives(id).await, "after the owner was readmitted");
    assert!(ground.lives(others).await, "somebody else's");
    let readmitted = ground.account(owner.subject).await;
    let fresh = ground.insert(token_of(&readmitted)).await;
    assert!(ground.lives(fresh).await, "a new one of the readmitted owner");
    Ok(())
}

/// A new generation ends what was granted before it, and nothing that is granted in it.
pub async fn a_new_generation_ends_older_records_only(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let older = ground.insert(session_of(&owner, 1)).await;
    ground.set_password(owner.subject, "$2b$12$new", true).await;
    let owner = ground.account(owner.subject).await;
    let newer = ground.insert(session_of(&owner, 2)).await;
    assert!(!ground.lives(older).await);
    assert!(ground.lives(newer).await);
    let record = ground.find(newer).await.expect("lives");
    assert_eq!(record.generation, owner.generation);
    Ok(())
}

/// Whether a record's time has come is for the reader of the clock to say, so the store still finds it: a store with a
/// clock of its own would be a second opinion.
pub async fn time_is_not_the_stores_business(harness: Arc<dyn StoreHarness>) -> Upheld {
    let ground = Ground::new(harness).await;
    let owner = ground.owner("workshop@email.dk").await;
    let long_ago = NOW.minus(Duration::from_secs(20 * 365 * 24 * 60 * 60));
    let expired = NewToken {
        issued_at: long_ago,
        expires_at: Some(long_ago.plus(Duration::from_millis(1))),
        ..session_of(&owner, 1)
    };
    let selector = expired.refresh.clone().expect("a family").selector;
    let id = ground.insert(expired).await;
    assert!(ground.lives(id).await);
    let session = ground.ports.tokens.find_session(&selector).await;
    assert!(session.expect("find_session").is_some());
    Ok(())
}
