//! Tokens that were made from others, or took the place of others.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Account, Change, IdleLife, NewToken, Replacement, Timestamp, TokenId, TokenSummary};

use super::fixture::{Fixture, HOUR, NOW, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

/// For how long a token that was replaced is still accepted, from now.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// When a token that was replaced now ends.
fn overlap_end() -> Timestamp {
    NOW.plus(OVERLAP)
}

impl Fixture {
    async fn made_from(&self, maker: TokenId, owner: &Account) -> Option<TokenId> {
        let new = NewToken {
            made_from: Some(maker),
            ..token_of(owner)
        };
        self.ports.tokens.insert(new).await.expect("insert")
    }

    async fn replace(&self, old: TokenId, owner: &Account) -> Option<Replacement> {
        self.replace_by(old, token_of(owner)).await
    }

    async fn replace_by(&self, old: TokenId, new: NewToken) -> Option<Replacement> {
        let replaced = self.ports.tokens.replace(old, new, overlap_end()).await;
        replaced.expect("replace")
    }

    /// All live records of an owner, the first ones first.
    async fn all_of(&self, owner: &Account) -> Vec<TokenSummary> {
        let listed = self.ports.token_admin.tokens_of(owner.subject, None, 1000).await;
        let mut listed = listed.expect("tokens_of");
        listed.reverse();
        listed
    }
}

/// A token that is made from another is revoked with it, which is published; the other way round it is not.
pub async fn what_is_made_from_a_token_is_revoked_with_it(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let maker = fixture.insert(token_of(&owner)).await;
    let bystander = fixture.insert(token_of(&owner)).await;
    let one = fixture.made_from(maker, &owner).await.expect("the maker is live");
    let other = fixture.made_from(maker, &owner).await.expect("the maker is live");
    assert!(fixture.revoke(one).await);
    assert!(fixture.is_live(maker).await && fixture.is_live(other).await);
    assert!(fixture.revoke(maker).await);
    assert!(!fixture.is_live(other).await && !fixture.is_live(maker).await);
    assert!(fixture.is_live(bystander).await);
    for id in [maker, one, other] {
        assert_eq!(fixture.published(Change::Ended(id)).await, 1);
    }
    Ok(())
}

/// Nothing is made from a token that is revoked, has expired, is another owner's, not there, or itself made from another. Nor is one replaced that
/// has ended: whoever had it would come back with it.
pub async fn nothing_is_made_from_what_may_make_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let other = fixture.owner("other@email.dk").await;
    let maker = fixture.insert(token_of(&owner)).await;
    let made = fixture.made_from(maker, &owner).await.expect("the maker is live");
    let revoked = fixture.insert(token_of(&owner)).await;
    fixture.revoke(revoked).await;
    let expired = NewToken {
        expires_at: Some(NOW),
        ..token_of(&owner)
    };
    let expired = fixture.insert(expired).await;
    for (from, by) in [
        (expired, &owner),
        (made, &owner),
        (maker, &other),
        (revoked, &owner),
        (TokenId(expired.0 + 1000), &owner),
    ] {
        assert_eq!(fixture.made_from(from, by).await, None, "{from:?}");
    }
    for (old, by) in [
        (expired, &owner),
        (maker, &other),
        (revoked, &owner),
        (TokenId(expired.0 + 1000), &owner),
    ] {
        assert_eq!(fixture.replace(old, by).await, None, "{old:?}");
    }
    let left: Vec<TokenId> = fixture.all_of(&owner).await.iter().map(|token| token.id).collect();
    assert_eq!(left, [maker, made, expired]);
    assert_eq!(fixture.all_of(&other).await, []);
    Ok(())
}

/// A list says which tokens are of one line, and from which line a token was made. What takes the place of a made token counts as made.
pub async fn a_list_has_the_lines_of_tokens(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let first = fixture.insert(token_of(&owner)).await;
    let second = fixture.replace(first, &owner).await.expect("the first is live").id;
    let made = fixture.made_from(second, &owner).await.expect("the second is live");
    let replaced = fixture.replace(made, &owner).await.expect("the made one is live").id;
    let listed = fixture.all_of(&owner).await;
    let lines: Vec<_> = listed
        .iter()
        .map(|token| (token.id, token.line, token.made_from))
        .collect();
    assert_eq!(
        lines,
        [
            (first, first, None),
            (second, first, None),
            (made, made, Some(first)),
            (replaced, made, Some(first)),
        ]
    );
    assert_eq!(fixture.made_from(replaced, &owner).await, None, "it was made itself");
    Ok(())
}

/// A token that was replaced expires with the overlap, which every node reads. The one in its place ends when it did, if not earlier.
pub async fn a_replaced_token_expires_and_its_place_is_taken(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let end = Some(NOW.plus(HOUR));
    let (shorter, longer) = (Some(NOW.plus(HOUR / 2)), None);
    for (asked, got) in [(shorter, shorter), (longer, end)] {
        let old = fixture.insert(token_of(&owner)).await;
        let before = fixture.published(Change::SubjectRights(owner.subject)).await;
        let new = NewToken {
            expires_at: asked,
            ..token_of(&owner)
        };
        let made = fixture.replace_by(old, new).await.expect("the old one is live");
        assert_eq!((made.expires_at, made.old_ends_at), (got, overlap_end()));
        let (replaced, taken) = (fixture.find(old).await, fixture.find(made.id).await);
        assert_eq!(replaced.expect("it is live").expires_at, Some(overlap_end()));
        assert_eq!(taken.expect("it is live").expires_at, got);
        assert!(fixture.published(Change::SubjectRights(owner.subject)).await > before);
    }
    Ok(())
}

/// Where tokens live while they are used, so does the one that takes a place, and no longer than the first one would have.
pub async fn what_takes_a_place_lives_while_it_is_used(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let idle = |ends_at| {
        let (idle, expires_at) = (Some(IdleLife { after: HOUR, ends_at }), Some(NOW.plus(HOUR)));
        NewToken {
            idle,
            expires_at,
            ..token_of(&owner)
        }
    };
    let end = Some(NOW.plus(HOUR * 2));
    let first = fixture.insert(idle(end)).await;
    let second = fixture
        .replace_by(first, idle(None))
        .await
        .expect("the first is live")
        .id;
    let third = fixture
        .replace_by(first, idle(None))
        .await
        .expect("the first is live")
        .id;
    assert!(!fixture.is_live(second).await);
    let uses = [(first, NOW.plus(HOUR * 3 / 2)), (third, NOW.plus(HOUR * 3 / 2))];
    fixture.ports.tokens.touch(&uses).await.expect("touch");
    let listed = fixture.all_of(&owner).await;
    let ends: Vec<_> = listed
        .iter()
        .map(|token| (token.id, token.expires_at, token.ends_at))
        .collect();
    let old_end = Some(overlap_end());
    assert_eq!(ends, [(first, old_end, old_end), (third, end, end)]);
    Ok(())
}

/// However often a token is replaced, and by however many at once, one token in its place is live, and ends when the first one would have:
/// a caller that has lost the answer asks again, and loses nothing.
pub async fn one_token_takes_a_place(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for round in 0..5 {
        let old = fixture.insert(token_of(&owner)).await;
        let answers = at_once(fixture.harness.crowd(), |_| {
            let (tokens, new) = (fixture.ports.tokens.clone(), token_of(&owner));
            async move { tokens.replace(old, new, overlap_end()).await.expect("replace") }
        })
        .await;
        let made: Vec<Replacement> = answers.into_iter().flatten().collect();
        assert_eq!(made.len(), fixture.harness.crowd(), "round {round}");
        let again = fixture.replace(old, &owner).await.expect("the old one is live");
        assert_eq!(
            (again.expires_at, again.old_ends_at),
            (Some(NOW.plus(HOUR)), overlap_end())
        );
        for earlier in &made {
            assert!(!fixture.is_live(earlier.id).await, "round {round}");
            assert_eq!(fixture.published(Change::Ended(earlier.id)).await, 1, "round {round}");
        }
        assert!(
            fixture.is_live(old).await && fixture.is_live(again.id).await,
            "round {round}"
        );
    }
    Ok(())
}

/// A token and those in whose place it is are revoked together, with what was made from any of them.
pub async fn a_line_is_revoked_as_one(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let bystander = fixture.insert(token_of(&owner)).await;
    for revoked in 0..3 {
        let first = fixture.insert(token_of(&owner)).await;
        let made = fixture.made_from(first, &owner).await.expect("the first is live");
        let second = fixture.replace(first, &owner).await.expect("the first is live").id;
        let third = fixture.replace(second, &owner).await.expect("the second is live").id;
        let later = fixture.made_from(third, &owner).await.expect("the third is live");
        assert!(fixture.revoke([first, second, third][revoked]).await);
        for id in [first, second, third, made, later] {
            assert!(!fixture.is_live(id).await, "{id:?} by {revoked}");
            assert_eq!(fixture.published(Change::Ended(id)).await, 1, "{id:?} by {revoked}");
        }
        assert_eq!(fixture.replace(third, &owner).await, None);
    }
    assert!(fixture.is_live(bystander).await);
    Ok(())
}

/// Where a token is revoked while others replace it or make tokens from it, and from what they got, nothing of it is live afterwards.
pub async fn no_token_escapes_a_revocation(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for round in 0..5 {
        let first = fixture.insert(token_of(&owner)).await;
        let second = fixture.replace(first, &owner).await.expect("the first is live").id;
        let act = |index: usize| {
            let (tokens, new) = (fixture.ports.tokens.clone(), token_of(&owner));
            let token = [first, second][index / 3 % 2];
            async move {
                if index.is_multiple_of(3) {
                    tokens.revoke(token, NOW).await.expect("revoke");
                    return;
                }
                let mut from = token;
                for step in index..index + 4 {
                    let new = new.clone();
                    let got = match step % 2 {
                        0 => tokens
                            .replace(from, new, overlap_end())
                            .await
                            .expect("replace")
                            .map(|made| made.id),
                        _ => {
                            let made_from = Some(from);
                            tokens.insert(NewToken { made_from, ..new }).await.expect("insert")
                        }
                    };
                    from = got.unwrap_or(from);
                }
            }
        };
        at_once(fixture.harness.crowd().max(6), act).await;
        assert_eq!(fixture.all_of(&owner).await, [], "round {round}");
    }
    Ok(())
}
