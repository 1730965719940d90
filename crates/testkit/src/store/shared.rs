//! Records that all grants of one flavour to one subject share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Change, NewToken, TokenDigest, TokenRecord};

use super::fixture::{Fixture, HOUR, NOW, next, scopes, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn share(&self, new: NewToken) -> TokenRecord {
        let found = self.ports.tokens.find_or_insert(new).await.expect("find_or_insert");
        found.expect("an active owner")
    }

    /// A shared record that has expired, and the one that replaced it at that moment.
    async fn share_and_replace(&self) -> (TokenRecord, TokenRecord) {
        let owner = self.owner("client@example.com").await;
        let first = self.share(token_of(&owner)).await;
        let end = first.expires_at.expect("it ends");
        let later = NewToken {
            issued_at: end,
            expires_at: Some(end.plus(HOUR)),
            ..token_of(&owner)
        };
        let second = self.share(later).await;
        assert_ne!(first.id, second.id);
        (first, second)
    }
}

/// Asked again, the store returns the same record, as first written: tokens already handed out stay valid, and the
/// table does not grow.
pub async fn a_shared_record_is_made_once(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    let new = NewToken {
        salt: Some([1; 16]),
        digest: Some(TokenDigest::of(b"first")),
        expires_at: None,
        ..token_of(&owner)
    };
    let first = fixture.share(new.clone()).await;
    assert_eq!((first.salt, first.digest), (new.salt, new.digest));
    let again = NewToken {
        salt: Some([2; 16]),
        digest: Some(TokenDigest::of(b"second")),
        issued_at: NOW.plus(HOUR * 24 * 365),
        ..new
    };
    for _ in 0..10 {
        assert_eq!(fixture.share(again.clone()).await, first);
    }
    assert_eq!(fixture.find(first.id).await, Some(first));
    Ok(())
}

/// However many callers ask at the same moment, there is one record, and all of them get it.
pub async fn a_shared_record_is_made_once_for_a_crowd(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    for round in 0..10 {
        let owner = fixture.owner(&format!("client-{round}@example.com")).await;
        let answers = at_once(fixture.harness.crowd(), |caller| {
            let tokens = fixture.ports.tokens.clone();
            let new = NewToken {
                salt: Some([u8::try_from(caller).unwrap_or(u8::MAX); 16]),
                ..token_of(&owner)
            };
            async move { tokens.find_or_insert(new).await.expect("find_or_insert") }
        })
        .await;
        let distinct: HashSet<_> = answers
            .iter()
            .map(|a| a.as_ref().map(|record| (record.id, record.salt)))
            .collect();
        assert_eq!(distinct.len(), 1, "records in round {round}: {distinct:?}");
        assert!(!distinct.contains(&None), "refused in round {round}");
    }
    Ok(())
}

/// The record belongs to one flavour and one owner; no other grant gets it.
pub async fn a_shared_record_is_of_one_flavour_and_subject(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    let other = fixture.owner("other@example.com").await;
    let first = fixture.share(token_of(&owner)).await;
    let other_flavour = NewToken {
        flavour: "integration".into(),
        ..token_of(&owner)
    };
    let elsewhere = fixture.share(other_flavour).await;
    let others = fixture.share(token_of(&other)).await;
    let ids = HashSet::from([first.id, elsewhere.id, others.id]);
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!((&*elsewhere.flavour, others.subject), ("integration", other.subject));
    Ok(())
}

/// A session that was not shared is not shared afterwards.
pub async fn an_own_record_is_never_shared(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    let own = fixture.insert(token_of(&owner)).await;
    let shared = fixture.share(token_of(&owner)).await;
    assert_ne!(own, shared.id);
    let second = fixture.insert(token_of(&owner)).await;
    assert!(second != own && second != shared.id, "insert shares nothing");
    Ok(())
}

/// A shared record that has ended is not handed out again, however it ended; a new one replaces it.
pub async fn an_ended_shared_record_is_replaced(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    let first = fixture.share(token_of(&owner)).await;
    assert!(fixture.revoke(first.id).await);
    let second = fixture.share(token_of(&owner)).await;
    assert_ne!(first.id, second.id, "revoked");
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    let owner = fixture.account(owner.subject).await;
    let third = fixture.share(token_of(&owner)).await;
    assert_ne!(second.id, third.id, "of an older generation");
    assert!(!fixture.is_live(first.id).await && !fixture.is_live(second.id).await);
    assert!(fixture.is_live(third.id).await);
    assert_eq!(fixture.share(token_of(&owner)).await.id, third.id);
    Ok(())
}

/// Here the store is given the time: a record that expires at that moment is replaced, one that expires a millisecond
/// later is not.
pub async fn an_expired_shared_record_is_replaced(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    let first = fixture.share(token_of(&owner)).await;
    let end = first.expires_at.expect("it ends");
    let asked_at = |issued_at: auth_core::Timestamp| NewToken {
        issued_at,
        expires_at: Some(issued_at.plus(HOUR)),
        ..token_of(&owner)
    };
    let last = end.minus(Duration::from_millis(1));
    assert_eq!(
        fixture.share(asked_at(last)).await.id,
        first.id,
        "a millisecond before its end"
    );
    let second = fixture.share(asked_at(end)).await;
    assert_ne!(second.id, first.id, "at its end");
    assert_eq!(second.expires_at, Some(end.plus(HOUR)));
    assert_eq!(
        fixture.share(asked_at(end)).await.id,
        second.id,
        "and then there is one again"
    );
    Ok(())
}

/// A shared record that was replaced at its expiry is ended, whatever a caller's clock says: nobody finds it again.
pub async fn a_replaced_shared_record_is_ended(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (first, second) = fixture.share_and_replace().await;
    assert!(!fixture.is_live(first.id).await, "the one that was replaced");
    assert!(!fixture.revoke(first.id).await, "it has ended already");
    assert!(fixture.is_live(second.id).await, "its successor");
    Ok(())
}

/// And its end is published, once and for some time: another node may have it in memory, and a clock that is behind.
pub async fn a_replaced_shared_record_is_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (first, second) = fixture.share_and_replace().await;
    let entry = fixture.entry(Change::Ended(first.id)).await;
    let end = first.expires_at.expect("it ends");
    assert!(entry.until >= end.plus(HOUR * 24), "until {:?}", entry.until);
    assert_eq!(fixture.published(Change::Ended(second.id)).await, 0);
    Ok(())
}

/// As for any record, the owner must be active, even where there is a record already: a disabled client gets nothing.
pub async fn nothing_is_shared_with_an_inactive_owner(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    fixture.share(token_of(&owner)).await;
    let outdated = NewToken {
        generation: next(owner.generation),
        ..token_of(&owner)
    };
    let tokens = &fixture.ports.tokens;
    assert_eq!(
        tokens.find_or_insert(outdated).await.expect("find_or_insert"),
        None,
        "another generation"
    );
    fixture.disable(owner.subject, true).await;
    let disabled = token_of(&fixture.account(owner.subject).await);
    assert_eq!(
        tokens.find_or_insert(disabled).await.expect("find_or_insert"),
        None,
        "disabled"
    );
    Ok(())
}

/// A shared record has the permissions it was issued with and its owner still has, like any other.
pub async fn a_shared_records_rights_are_current(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("client@example.com").await;
    assert_eq!(
        fixture.share(token_of(&owner)).await.scopes,
        scopes("read write delete")
    );
    fixture.allow(super::fixture::ROLE, "delete read more").await;
    assert_eq!(fixture.share(token_of(&owner)).await.scopes, scopes("read delete"));
    Ok(())
}
