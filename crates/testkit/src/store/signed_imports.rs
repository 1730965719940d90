//! Tokens that another system has signed, recorded when they are first presented (`ImportedTokenStore::record_signed`).

use std::sync::Arc;

use auth_core::{AccountImport, ImportMode, ImportedDigest, SignedArrival, TokenId};

use super::fixture::{Fixture, HOUR, NOW};
use super::imports::{person, signed};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

impl Fixture {
    async fn record_signed(&self, arrival: &SignedArrival) -> Option<TokenId> {
        let recorded = self.ports.imported_tokens.record_signed(arrival).await;
        recorded.expect("record a signed token").map(|found| found.token)
    }
}

/// All who are asked at once answer with one record, which expires with the token.
pub async fn a_signed_token_is_recorded_once(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let arrival = signed("text", "1", &fixture);
    let found = at_once(fixture.harness.crowd(), |_| {
        let (store, arrival) = (fixture.ports.imported_tokens.clone(), arrival.clone());
        async move { store.record_signed(&arrival).await.expect("record a signed token") }
    })
    .await;
    let found: Vec<_> = found.into_iter().map(|found| found.map(|found| found.token)).collect();
    let id = found[0].expect("it is recorded");
    assert!(found.iter().all(|one| *one == Some(id)), "{found:?}");
    assert_eq!(fixture.imported(ImportedDigest::sha256("text")).await, Some(id));
    let record = fixture.find(id).await.expect("it is live");
    assert_eq!(record.expires_at, Some(NOW.plus(HOUR)));
    Ok(())
}

/// Nor of somebody who is disabled.
pub async fn a_signed_token_of_nobody_imported_is_not_recorded(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.owner("ann").await;
    let disabled = AccountImport {
        disabled: true,
        ..person("2", "bob")
    };
    fixture.people(&[disabled], ImportMode::Apply).await;
    for owner in ["1", "2", "ann"] {
        assert_eq!(
            fixture.record_signed(&signed("text", owner, &fixture)).await,
            None,
            "{owner}"
        );
    }
    assert_eq!(fixture.imported(ImportedDigest::sha256("text")).await, None);
    Ok(())
}

/// Which were signed before is not known.
pub async fn no_signed_token_is_recorded_after_its_owners_were_revoked(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let before = fixture.record_signed(&signed("before", "1", &fixture)).await;
    let owner = fixture
        .find(before.expect("it is recorded"))
        .await
        .expect("it is live")
        .subject;
    let ended = fixture.ports.token_admin.end_sessions(owner, NOW).await;
    assert!(ended.expect("end sessions"));
    assert_eq!(fixture.record_signed(&signed("after", "1", &fixture)).await, None);
    assert_eq!(fixture.record_of("before").await, None);
    Ok(())
}

/// A signed token is known until it has expired, also when its record is gone; and not for ever.
pub async fn a_signed_token_is_forgotten_when_it_has_expired(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let arrival = signed("text", "1", &fixture);
    let id = fixture.record_signed(&arrival).await.expect("it is recorded");
    assert!(fixture.revoke(id).await);
    let purge = async |hours: u32| {
        let purged = fixture.ports.tokens.purge(NOW.plus(HOUR * hours / 2), 100).await;
        purged.expect("purge")
    };
    assert!(purge(1).await > 0, "the record");
    assert_eq!(fixture.record_signed(&arrival).await, Some(id), "no other record");
    assert_eq!(fixture.find(id).await, None);
    assert!(purge(3).await > 0, "what was known of the text");
    assert_eq!(fixture.imported(ImportedDigest::sha256("text")).await, None);
    Ok(())
}
