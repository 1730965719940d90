//! Failures of the store, the random source or the feed: they neither accept nor reject a token.

use super::fixture::{Harness, IssuerAssertions, recorded, revocable};
use crate::harness::{NotIssued, Revocation, Verdict};
use crate::law::{LawResult, Unsupported};

/// While the store fails, a valid token is accepted from memory or cannot be checked. It is never refused, because the
/// failure would sign its owner out. Afterwards it is accepted again.
pub async fn store_trouble_is_not_a_rejection(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let warm = harness.issued(&owner).await;
    let cold = harness.issued(&owner).await;
    harness.accepts(&warm, "before").await;
    harness.fail_store(true).await?;
    for token in [&warm, &cold] {
        let here = harness.verdict(token).await;
        let elsewhere = harness.verify_elsewhere(&token.text, token.key.as_deref()).await?;
        for verdict in [here, elsewhere] {
            assert!(
                !verdict.is_refused(),
                "a valid token was answered {verdict:?} while the store failed"
            );
        }
    }
    harness.fail_store(false).await?;
    harness.accepts(&warm, "after the store came back").await;
    harness.accepts(&cold, "after the store came back").await;
    Ok(())
}

/// While the store fails, an invalid token is not accepted either.
pub async fn store_trouble_is_not_an_acceptance(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let good = harness.issued(&owner).await;
    let other = harness.issued(&owner).await;
    let ended = harness.issued(&owner).await;
    let revoked = harness.revoke(&ended).await == Revocation::Done;
    let mut bad = vec![
        format!("{}x", good.text),
        good.text.chars().rev().collect(),
        String::new(),
    ];
    bad.extend(revoked.then(|| ended.text.clone()));
    let key = good.key.as_deref();
    harness.fail_store(true).await?;
    for text in &bad {
        for key in [key, ended.key.as_deref()] {
            let here = harness.verify(text, key).await;
            let elsewhere = harness.verify_elsewhere(text, key).await?;
            assert!(
                !here.is_accepted(),
                "an invalid token was answered {here:?} while the store failed"
            );
            // The other node may not have read of the revocation yet; everything else it must refuse.
            assert!(
                !elsewhere.is_accepted() || *text == ended.text,
                "an invalid token was answered {elsewhere:?} elsewhere"
            );
        }
    }
    if other.key.is_some() {
        let crossed = harness.verify(&good.text, other.key.as_deref()).await;
        assert!(!crossed.is_accepted(), "with another's key: {crossed:?}");
    }
    harness.fail_store(false).await?;
    for text in &bad {
        harness
            .refuses_text(text, key, "an invalid token, after the store came back")
            .await;
    }
    Ok(())
}

/// A token that cannot be recorded is not issued, and no part of it remains when the store comes back.
pub async fn nothing_is_issued_while_the_store_fails(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let owner = harness.owner().await;
    let rows = harness.token_rows().await;
    harness.fail_store(true).await?;
    assert_eq!(harness.issue(&owner).await.err(), Some(NotIssued::Unavailable));
    harness.fail_store(false).await?;
    assert_eq!(harness.token_rows().await, rows);
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "after the store came back").await;
    Ok(())
}

/// A revocation that could not be recorded is reported as failed, and has no partial effect: the token stays valid until
/// a revocation succeeds.
pub async fn a_failed_revocation_is_reported(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.fail_store(true).await?;
    assert_eq!(harness.revoke(&token).await, Revocation::Unavailable);
    harness.fail_store(false).await?;
    harness.accepts(&token, "because it was not revoked").await;
    harness.revokes(&token).await;
    harness.rejects(&token, "after it was revoked").await;
    Ok(())
}

/// No token is made from the bytes that a failed random source left.
pub async fn without_randomness_nothing_is_issued(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let before = harness.fail_entropy(true).await?;
    let outcome = harness.issue(&owner).await;
    let refused = harness.fail_entropy(false).await? - before;
    if refused == 0 {
        return Err(Unsupported("the issuer draws no random bytes").into());
    }
    assert_eq!(
        outcome.err(),
        Some(NotIssued::Unavailable),
        "issued although the random source failed"
    );
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "after it works again").await;
    Ok(())
}

/// A node that could not read the feed of revocations for longer than it may answers that it cannot check. When it can
/// read the feed again, it checks again.
pub async fn a_node_without_news_answers_unavailable(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.stop_feed(true).await?;
    assert_eq!(harness.verdict(&token).await, Verdict::Unavailable);
    harness.stop_feed(false).await?;
    harness.accepts(&token, "after the feed was read again").await;
    Ok(())
}
