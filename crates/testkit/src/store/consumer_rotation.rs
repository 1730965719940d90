//! The tokens of a consumer: the current one, and for a while the one before.

use std::sync::Arc;

use auth_core::{Timestamp, TokenDigest};
use consumer_auth::{PreviousSecret, SecretRotation};

use super::fixture::{Fixture, HOUR, NOW};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

const KEY: &str = "demo-key";

fn rotation(from: &str, to: &str, now: Timestamp) -> SecretRotation {
    SecretRotation {
        key: KEY.into(),
        from: TokenDigest::of(from.as_bytes()),
        to: TokenDigest::of(to.as_bytes()),
        previous_until: now.plus(HOUR),
        now,
    }
}

impl Fixture {
    async fn with_consumer(harness: Arc<dyn StoreHarness>) -> Self {
        let fixture = Self::new(harness).await;
        fixture.organisation(171, "Ping Pong").await;
        fixture.put_consumer(KEY, b"first", 171).await;
        fixture.put_consumer("other-key", b"first", 171).await;
        fixture
    }

    async fn rotate_consumer(&self, rotation: &SecretRotation) -> bool {
        let rotated = self.ports.consumers.rotate_consumer(rotation).await;
        rotated.expect("rotate_consumer")
    }

    async fn tokens_of_consumer(&self, key: &str) -> (TokenDigest, Option<PreviousSecret>) {
        let found = self.ports.consumers.find(key).await.expect("find a consumer");
        let consumer = found.expect("the consumer");
        (consumer.token, consumer.previous)
    }
}

/// A rotated consumer has both tokens until the end given, and is otherwise as it was.
pub async fn a_rotated_consumers_tokens_overlap(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_consumer(harness).await;
    fixture.set_consumer_disabled(KEY, true).await;
    let other = fixture.tokens_of_consumer("other-key").await;
    assert!(fixture.rotate_consumer(&rotation("first", "second", NOW)).await);
    let previous = PreviousSecret {
        digest: TokenDigest::of(b"first"),
        until: NOW.plus(HOUR),
    };
    let expected = (TokenDigest::of(b"second"), Some(previous));
    assert_eq!(fixture.tokens_of_consumer(KEY).await, expected);
    assert_eq!(fixture.tokens_of_consumer("other-key").await, other, "another consumer");
    let found = fixture.ports.consumers.find(KEY).await.expect("find").expect("there");
    assert!(found.disabled, "a rotation enables nothing");
    Ok(())
}

/// A consumer has two tokens at most: while one before is accepted, it is not rotated again; from that one's end on it is.
pub async fn a_consumer_never_has_three_tokens(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_consumer(harness).await;
    assert!(fixture.rotate_consumer(&rotation("first", "second", NOW)).await);
    let before = fixture.tokens_of_consumer(KEY).await;
    let just_before = NOW.plus(HOUR).minus(std::time::Duration::from_millis(1));
    for now in [NOW, just_before] {
        assert!(!fixture.rotate_consumer(&rotation("second", "third", now)).await);
        assert_eq!(fixture.tokens_of_consumer(KEY).await, before);
    }
    assert!(
        fixture
            .rotate_consumer(&rotation("second", "third", NOW.plus(HOUR)))
            .await
    );
    Ok(())
}

/// Only the current token is rotated, whatever was current before, and an unknown consumer has none.
pub async fn only_the_current_token_of_a_consumer_is_rotated(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_consumer(harness).await;
    let later = NOW.plus(HOUR).plus(HOUR);
    assert!(fixture.rotate_consumer(&rotation("first", "second", NOW)).await);
    for from in ["first", "third", ""] {
        assert!(
            !fixture.rotate_consumer(&rotation(from, "third", later)).await,
            "{from}"
        );
    }
    for key in ["unknown", "Demo-Key", "demo\0key"] {
        let rotation = SecretRotation {
            key: key.into(),
            ..rotation("second", "third", later)
        };
        assert!(!fixture.rotate_consumer(&rotation).await, "{key:?}");
    }
    assert_eq!(fixture.tokens_of_consumer(KEY).await.0, TokenDigest::of(b"second"));
    Ok(())
}

/// Of all who rotate one token at once, one gets `true`, and its token is the one that is stored.
pub async fn one_consumer_rotation_wins(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_consumer(harness).await;
    // Each overlap ends before the next round: nothing but the swap decides.
    for round in 0..5u32 {
        let now = NOW.plus(2 * HOUR * round);
        let (current, _) = fixture.tokens_of_consumer(KEY).await;
        let won = at_once(fixture.harness.crowd(), |caller| {
            let consumers = fixture.ports.consumers.clone();
            let rotation = SecretRotation {
                from: current,
                previous_until: now,
                ..rotation("", &format!("{round} {caller}"), now)
            };
            async move {
                let won = consumers.rotate_consumer(&rotation).await.expect("rotate_consumer");
                won.then_some(rotation.to)
            }
        })
        .await;
        let won: Vec<TokenDigest> = won.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "winners in round {round}");
        assert_eq!(won.first(), Some(&fixture.tokens_of_consumer(KEY).await.0));
    }
    Ok(())
}

/// Putting a consumer leaves one token: the one before ends, too.
pub async fn a_put_consumer_has_one_token(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::with_consumer(harness).await;
    assert!(fixture.rotate_consumer(&rotation("first", "second", NOW)).await);
    fixture.put_consumer(KEY, b"third", 171).await;
    let expected = (TokenDigest::of(b"third"), None);
    assert_eq!(fixture.tokens_of_consumer(KEY).await, expected);
    Ok(())
}
