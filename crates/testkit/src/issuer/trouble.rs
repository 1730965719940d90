//! What happens when the store, the random source or the news fail: trouble of ours is neither a yes nor a no.

use super::fixture::{Harness, IssuerAssertions, recorded, revocable};
use crate::harness::{NotIssued, Revocation, Verdict};
use crate::law::{LawResult, Unsupported};

/// While the store fails, a good token is accepted where that is known, or cannot be judged; it is never refused, since
/// its owner would be signed out by our trouble. Afterwards it is good again.
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
                !verdict.is_no(),
                "a good token was answered {verdict:?} while the store failed"
            );
        }
    }
    harness.fail_store(false).await?;
    harness.accepts(&warm, "after the store came back").await;
    harness.accepts(&cold, "after the store came back").await;
    Ok(())
}

/// While the store fails, what is no good is not accepted either: no doubt is settled in the caller's favour.
pub async fn store_trouble_is_not_a_yes(harness: Harness) -> LawResult {
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
            assert!(!here.is_yes(), "no token was answered {here:?} while the store failed");
            // The other node may not have heard of the revocation; everything else it must know to be bad.
            assert!(
                !elsewhere.is_yes() || *text == ended.text,
                "no token was answered {elsewhere:?} elsewhere"
            );
        }
    }
    if other.key.is_some() {
        let crossed = harness.verify(&good.text, other.key.as_deref()).await;
        assert!(!crossed.is_yes(), "with another's key: {crossed:?}");
    }
    harness.fail_store(false).await?;
    for text in &bad {
        harness
            .refuses_text(text, key, "no token, after the store came back")
            .await;
    }
    Ok(())
}

/// What should be recorded and cannot be is not issued; and nothing of it is left when the store comes back.
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

/// A revocation that could not be recorded is answered so, and has not half happened: the token is good until it is
/// revoked indeed.
pub async fn a_failed_revocation_says_so(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.fail_store(true).await?;
    assert_eq!(harness.revoke(&token).await, Revocation::Unavailable);
    harness.fail_store(false).await?;
    harness.accepts(&token, "since it was not revoked").await;
    harness.revokes(&token).await;
    harness.rejects(&token, "once it was").await;
    Ok(())
}

/// No token is made of what a failed random source left behind.
pub async fn without_chance_nothing_is_issued(harness: Harness) -> LawResult {
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
    harness.accepts(&token, "once it works again").await;
    Ok(())
}

/// A node that has not heard of revocations for longer than it may does not guess; it knows again when it has heard.
pub async fn a_node_out_of_touch_does_not_guess(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.lose_touch(true).await?;
    assert_eq!(harness.verdict(&token).await, Verdict::Unavailable);
    harness.lose_touch(false).await?;
    harness.accepts(&token, "when the news are back").await;
    Ok(())
}
