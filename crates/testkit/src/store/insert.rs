//! Recording tokens and sessions.

use std::collections::HashSet;
use std::sync::Arc;

use auth_core::{Generation, NewToken, Subject, TokenDigest, TokenId, TokenRecord};

use super::fixture::{Fixture, HOUR, NOW, family_at, next, scopes, session_of, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// A record is returned as it was written, in every field.
pub async fn a_record_comes_back_as_it_was_written(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let new = NewToken {
        scopes: scopes("write read"),
        digest: Some(TokenDigest::of(b"secret")),
        salt: Some([7; 16]),
        key: Some(TokenDigest::of(b"key")),
        parent: Some(session),
        ..token_of(&owner)
    };
    let id = fixture.insert(new.clone()).await;
    let expected = TokenRecord {
        id,
        parent: new.parent,
        flavour: new.flavour,
        realm: new.realm,
        subject: new.subject,
        generation: new.generation,
        scopes: new.scopes,
        digest: new.digest,
        salt: new.salt,
        key: new.key,
        issued_at: new.issued_at,
        expires_at: new.expires_at,
    };
    assert_eq!(fixture.find(id).await, Some(expected));
    Ok(())
}

/// What a record does not have is returned as absent: no digest is not the digest of nothing, and no expiry is not the
/// end of time.
pub async fn what_a_record_lacks_stays_lacking(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let bare = NewToken {
        scopes: scopes(""),
        expires_at: None,
        ..token_of(&owner)
    };
    let id = fixture.insert(bare).await;
    let record = fixture.find(id).await.expect("recorded");
    assert_eq!((record.digest, record.salt, record.key), (None, None, None));
    assert_eq!((record.parent, record.expires_at), (None, None));
    assert!(record.scopes.is_empty(), "{:?}", record.scopes);
    Ok(())
}

/// The label of a token is kept as written: the owner recognises the token by it.
pub async fn a_label_is_kept(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("gmachia").await;
    for label in [
        None,
        Some("Télefono de 'Ana'; -- \u{202e}\u{1f4f1}".to_owned()),
        Some("x".repeat(255)),
    ] {
        let new = NewToken {
            label: label.clone(),
            ..token_of(&owner)
        };
        let id = fixture.insert(new).await;
        assert_eq!(fixture.harness.label_of(id).await?, label);
    }
    Ok(())
}

/// The owner must exist, be enabled, and be of the generation in which the credentials were read; otherwise a sign-in
/// at the time of a password change would be valid after it.
pub async fn nothing_is_recorded_for_an_inactive_owner(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let unknown = NewToken {
        subject: Subject(owner.subject.0 + 1000),
        ..token_of(&owner)
    };
    assert!(fixture.refused(unknown).await, "recorded for an unknown owner");
    for generation in [next(owner.generation), Generation(owner.generation.0 - 1)] {
        let other = NewToken {
            generation,
            ..token_of(&owner)
        };
        assert!(fixture.refused(other).await, "recorded for {generation:?}");
    }
    fixture.disable(owner.subject, true).await;
    let disabled = fixture.account(owner.subject).await;
    assert!(
        fixture.refused(token_of(&disabled)).await,
        "recorded for a disabled owner"
    );
    Ok(())
}

/// A token that names its session is recorded only while the session is live: a refresh at the time of a sign-out must
/// not leave a token behind.
pub async fn nothing_is_recorded_in_an_inactive_session(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = |parent| NewToken {
        parent: Some(parent),
        ..token_of(&owner)
    };
    assert!(!fixture.refused(child(session)).await, "the session lives");
    assert!(fixture.refused(child(TokenId(session.0 + 1000))).await, "of no session");
    assert!(fixture.revoke(session).await);
    assert!(fixture.refused(child(session)).await, "of an ended session");
    Ok(())
}

/// A record that was refused leaves no row.
pub async fn a_refused_record_leaves_no_row(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let before = fixture.harness.token_rows().await?;
    let outdated = NewToken {
        generation: next(owner.generation),
        refresh: Some(family_at(1, 0)),
        ..token_of(&owner)
    };
    assert!(fixture.refused(outdated.clone()).await);
    assert_eq!(fixture.harness.token_rows().await?, before, "after insert");
    let shared = fixture.ports.tokens.find_or_insert(outdated).await;
    assert_eq!(shared.expect("find_or_insert"), None);
    assert_eq!(fixture.harness.token_rows().await?, before, "after find_or_insert");
    Ok(())
}

/// A token's number is positive and never given twice, not even after its row was removed: a signed token names its
/// session by it, and must never name another one.
pub async fn a_name_is_never_given_twice(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let mut names = HashSet::new();
    for round in 0..5 {
        for _ in 0..4 {
            let id = fixture.insert(token_of(&owner)).await;
            assert!(id.0 > 0, "{id} is not positive");
            assert!(names.insert(id), "{id} was given before, in round {round} or earlier");
            fixture.revoke(id).await;
        }
        let later = NOW.plus(HOUR * 24 * 365);
        fixture.ports.tokens.purge(later, 1000).await.expect("purge");
    }
    Ok(())
}
