//! An expiry that moves with the use.

use std::sync::Arc;

use auth_core::{IdleLife, Timestamp, TokenId};

use super::fixture::{Fixture, HOUR, NOW, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

/// What a record expires at after each of these uses, in sixths of an hour.
async fn expiries(fixture: &Fixture, id: TokenId, uses: &[(u32, u32)]) {
    let at = |sixths: u32| NOW.plus(HOUR / 6 * sixths);
    let tokens = &fixture.ports.tokens;
    for (used, then) in uses {
        tokens.touch(&[(id, at(*used))]).await.expect("touch");
        let record = tokens.find(id).await.expect("find").expect("it is live");
        assert_eq!(record.expires_at, Some(at(*then)), "used after {used} sixths");
    }
}

fn idle(ends_at: Option<Timestamp>) -> IdleLife {
    IdleLife { after: HOUR, ends_at }
}

/// A record with an idle life expires so long after its last use, and a use that is reported late moves nothing back.
pub async fn a_used_record_expires_later(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let mut new = token_of(&owner);
    (new.idle, new.expires_at) = (Some(idle(None)), Some(NOW.plus(HOUR)));
    let id = fixture.insert(new).await;
    expiries(&fixture, id, &[(3, 9), (1, 9), (3, 9), (8, 14), (0, 14)]).await;
    let fixed = fixture.insert(token_of(&owner)).await;
    let before = fixture
        .ports
        .tokens
        .find(fixed)
        .await
        .expect("find")
        .expect("it is live");
    fixture
        .ports
        .tokens
        .touch(&[(fixed, NOW.plus(HOUR / 2))])
        .await
        .expect("touch");
    let after = fixture
        .ports
        .tokens
        .find(fixed)
        .await
        .expect("find")
        .expect("it is live");
    assert_eq!(
        after.expires_at, before.expires_at,
        "a record without an idle life stays as it is"
    );
    Ok(())
}

/// No use moves the expiry past the end of the record, and no use moves it past what it was shortened to.
pub async fn no_use_passes_the_end(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let mut new = token_of(&owner);
    (new.idle, new.expires_at) = (Some(idle(Some(NOW.plus(HOUR * 2)))), Some(NOW.plus(HOUR)));
    let id = fixture.insert(new.clone()).await;
    expiries(&fixture, id, &[(3, 9), (9, 12), (11, 12)]).await;
    let shortened = fixture.insert(new).await;
    let until = NOW.plus(HOUR / 6 * 8);
    assert!(
        fixture
            .ports
            .tokens
            .shorten(shortened, until, NOW)
            .await
            .expect("shorten")
    );
    expiries(&fixture, shortened, &[(1, 7), (3, 8), (7, 8)]).await;
    Ok(())
}

/// A list has the moment at which each record expires at the latest, which is not that at which it expires if it is not used again.
pub async fn a_list_has_the_end_of_what_is_used(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let (end, until) = (Some(NOW.plus(HOUR * 2)), NOW.plus(HOUR / 2));
    let mut new = token_of(&owner);
    (new.idle, new.expires_at) = (Some(idle(None)), Some(NOW.plus(HOUR)));
    fixture.insert(new.clone()).await;
    new.idle = Some(idle(end));
    fixture.insert(new.clone()).await;
    let shortened = fixture.insert(new).await;
    let tokens = &fixture.ports.tokens;
    assert!(tokens.shorten(shortened, until, NOW).await.expect("shorten"));
    let fixed = token_of(&owner);
    let fixed_end = fixed.expires_at;
    fixture.insert(fixed).await;
    let listed = fixture.ports.token_admin.tokens_of(owner.subject, None, 10).await;
    let ends: Vec<_> = listed.expect("tokens_of").iter().map(|token| token.ends_at).collect();
    assert_eq!(ends, [fixed_end, Some(until), end, None], "newest first");
    Ok(())
}
