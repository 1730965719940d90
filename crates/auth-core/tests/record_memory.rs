//! The memory of a session that a node keeps: at most 200 bytes, every allocation counted.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    FeedEntry, FeedState, Generation, NewToken, Realm, RefreshSession, RefreshState, RegistryLimits, Replacement,
    Scope, Selector, StoreError, Subject, Timestamp, TokenDigest, TokenId, TokenRecord, TokenRegistry, TokenStore,
};
use futures_util::FutureExt;
use testkit::ManualClock;

const SESSIONS: i64 = 100_000;
const MOST: i64 = 200;

/// The kinds of record that the server's strategies make.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Signed,
    Bound,
    Opaque,
    Shared,
}

#[test]
fn a_session_takes_at_most_200_bytes() {
    for kind in [Kind::Signed, Kind::Bound, Kind::Opaque, Kind::Shared] {
        let limits = RegistryLimits {
            records: SESSIONS as usize,
            staleness: None,
        };
        let registry = TokenRegistry::new(Arc::new(Stub(kind)), Arc::new(ManualClock::new()), limits);
        let counted = allocation_counter::measure(|| {
            for id in 1..=SESSIONS {
                let live = registry.live(TokenId(id)).now_or_never();
                live.expect("the stub answers at once").unwrap();
            }
        });
        let bytes = counted.bytes_current / SESSIONS;
        println!("{kind:?}: {bytes} bytes for each of {SESSIONS} sessions");
        assert!(bytes <= MOST, "{kind:?}: {bytes} bytes");
        assert!(bytes >= 50, "{kind:?}: they are not kept");
    }
}

/// Makes each record anew, with texts of its own, as a database does.
#[derive(Debug)]
struct Stub(Kind);

#[async_trait]
impl TokenStore for Stub {
    async fn find(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let some = |bytes: &[u8]| Some(TokenDigest::of(bytes));
        let (digest, salt, key) = match self.0 {
            Kind::Signed => (None, None, None),
            Kind::Bound => (None, None, some(b"key")),
            Kind::Opaque => (some(b"secret"), None, None),
            Kind::Shared => (some(b"secret"), Some([7; 16]), None),
        };
        Ok(Some(TokenRecord {
            id,
            parent: None,
            flavour: "mechanics".into(),
            realm: Realm::from_stored("workshops"),
            subject: Subject(1 + id.0 * 7919 % 50_000),
            generation: Generation(0),
            scopes: ["read", "write"]
                .map(|name| Scope::parse(name).unwrap())
                .into_iter()
                .collect(),
            digest,
            salt,
            key,
            issued_at: ManualClock::START,
            expires_at: Some(ManualClock::START),
        }))
    }

    async fn insert(&self, _: NewToken) -> Result<Option<TokenId>, StoreError> {
        unused()
    }

    async fn replace(&self, _: TokenId, _: NewToken, _: Timestamp) -> Result<Option<Replacement>, StoreError> {
        unused()
    }

    async fn find_or_insert(&self, _: NewToken) -> Result<Option<TokenRecord>, StoreError> {
        unused()
    }

    async fn find_session(&self, _: &Selector) -> Result<Option<RefreshSession>, StoreError> {
        unused()
    }

    async fn rotate(&self, _: TokenId, _: &TokenDigest, _: &RefreshState) -> Result<bool, StoreError> {
        unused()
    }

    async fn revoke(&self, _: TokenId, _: Timestamp) -> Result<bool, StoreError> {
        unused()
    }

    async fn feed_state(&self) -> Result<FeedState, StoreError> {
        unused()
    }

    async fn changes(&self, _: i64, _: u32) -> Result<Vec<FeedEntry>, StoreError> {
        unused()
    }

    async fn touch(&self, _: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        unused()
    }

    async fn shorten(&self, _: TokenId, _: Timestamp, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn purge(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        unused()
    }
}

fn unused<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("this stub has records only".to_owned()))
}
