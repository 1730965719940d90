//! Refresh families.

use std::sync::Arc;

use auth_core::{RefreshState, Selector, TokenDigest, TokenId};

use super::fixture::{Fixture, family_at, generation_digest, session_of, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// How often the laws about concurrency are tried.
const ROUNDS: u8 = 10;

impl Fixture {
    async fn family(&self, family: u8) -> Option<(TokenId, RefreshState)> {
        let found = self.ports.tokens.find_session(&Selector([family; 32])).await;
        let session = found.expect("find_session")?;
        Some((session.token.id, session.refresh))
    }

    async fn rotate(&self, id: TokenId, from: &TokenDigest, to: &RefreshState) -> bool {
        self.ports.tokens.rotate(id, from, to).await.expect("rotate")
    }
}

/// A session is found by the selector of its refresh family, with its record and its family as they were written.
pub async fn a_session_is_found_by_its_selector(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let first = fixture.insert(session_of(&owner, 1)).await;
    let second = fixture.insert(session_of(&owner, 2)).await;
    assert_eq!(fixture.family(1).await, Some((first, family_at(1, 0))));
    assert_eq!(fixture.family(2).await, Some((second, family_at(2, 0))));
    assert_eq!(fixture.family(3).await, None);
    let session = fixture
        .ports
        .tokens
        .find_session(&Selector([1; 32]))
        .await
        .expect("find_session");
    assert_eq!(session.map(|session| session.token), fixture.find(first).await);
    Ok(())
}

/// A session that has ended cannot be refreshed, however it ended.
pub async fn an_ended_session_is_not_found(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let revoked = fixture.insert(session_of(&owner, 1)).await;
    fixture.insert(session_of(&owner, 2)).await;
    fixture.revoke(revoked).await;
    assert_eq!(fixture.family(1).await, None, "revoked");
    assert!(fixture.family(2).await.is_some(), "the other session");
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    assert_eq!(fixture.family(2).await, None, "of an older generation");
    let owner = fixture.account(owner.subject).await;
    fixture.insert(session_of(&owner, 3)).await;
    fixture.disable(owner.subject, true).await;
    assert_eq!(fixture.family(3).await, None, "of a disabled owner");
    Ok(())
}

/// A rotation writes the family exactly as given, and leaves every other family unchanged.
pub async fn a_rotation_is_written_whole(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(session_of(&owner, 1)).await;
    fixture.insert(session_of(&owner, 2)).await;
    for rotations in 0..40 {
        let from = generation_digest(1, rotations);
        let to = family_at(1, rotations + 1);
        assert!(fixture.rotate(id, &from, &to).await, "rotation {rotations}");
        assert_eq!(fixture.family(1).await, Some((id, to)), "rotation {rotations}");
    }
    assert_eq!(fixture.family(2).await.map(|(_, family)| family), Some(family_at(2, 0)));
    Ok(())
}

/// Without the current digest nothing is rotated: not with the predecessor's, and not with a guess.
pub async fn only_the_current_digest_rotates_a_family(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let id = fixture.insert(session_of(&owner, 1)).await;
    let bare = fixture.insert(token_of(&owner)).await;
    assert!(fixture.rotate(id, &generation_digest(1, 0), &family_at(1, 1)).await);
    let to = family_at(1, 2);
    for from in [
        generation_digest(1, 0),
        generation_digest(1, 2),
        generation_digest(2, 1),
    ] {
        assert!(!fixture.rotate(id, &from, &to).await);
    }
    let current = generation_digest(1, 1);
    for unknown in [TokenId(id.0 + 1000), TokenId(0), bare] {
        assert!(!fixture.rotate(unknown, &current, &to).await, "{unknown}");
    }
    assert_eq!(fixture.family(1).await, Some((id, family_at(1, 1))));
    Ok(())
}

/// A session that has ended is not rotated, even with its current digest: sign-out, password change and disabling win
/// over a refresh that had begun.
pub async fn an_ended_session_does_not_rotate(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let revoked = fixture.insert(session_of(&owner, 1)).await;
    fixture.revoke(revoked).await;
    assert!(
        !fixture
            .rotate(revoked, &generation_digest(1, 0), &family_at(1, 1))
            .await,
        "revoked"
    );
    let superseded = fixture.insert(session_of(&owner, 2)).await;
    fixture.set_password(owner.subject, "$2b$12$new", true).await;
    let moved = fixture
        .rotate(superseded, &generation_digest(2, 0), &family_at(2, 1))
        .await;
    assert!(!moved, "of an older generation");
    let owner = fixture.account(owner.subject).await;
    let disabled = fixture.insert(session_of(&owner, 3)).await;
    fixture.disable(owner.subject, true).await;
    assert!(
        !fixture
            .rotate(disabled, &generation_digest(3, 0), &family_at(3, 1))
            .await,
        "disabled"
    );
    fixture.disable(owner.subject, false).await;
    assert!(
        !fixture
            .rotate(disabled, &generation_digest(3, 0), &family_at(3, 1))
            .await,
        "enabled again"
    );
    Ok(())
}

/// However many callers use one refresh token at the same moment, one of them rotates the family: two would be two
/// holders of one session, each with a valid token.
pub async fn one_rotation_wins(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for family in 1..=ROUNDS {
        let id = fixture.insert(session_of(&owner, family)).await;
        let from = generation_digest(family, 0);
        let answers = at_once(fixture.harness.crowd(), |caller| {
            let tokens = fixture.ports.tokens.clone();
            let to = RefreshState {
                current: TokenDigest::of(&caller.to_be_bytes()),
                ..family_at(family, 1)
            };
            async move { tokens.rotate(id, &from, &to).await.expect("rotate").then_some(to) }
        })
        .await;
        let winners: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "winners in round {family}");
        let stored = fixture.family(family).await.map(|(_, family)| family);
        assert_eq!(
            stored.as_ref(),
            winners.first(),
            "what the winner of round {family} wrote"
        );
    }
    Ok(())
}
