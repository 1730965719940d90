//! What revokes a token before it expires.

use std::time::Duration;

use super::fixture::{Harness, IssuerAssertions, recorded, revocable};
use crate::harness::{NotIssued, Revocation, Verdict};
use crate::law::{LawResult, NotApplicable};

/// Once a revocation is answered, this node refuses the token at once. An issuer that cannot revoke says so, and the token
/// stays valid.
pub async fn revoked_is_refused_or_declared_unsupported(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    for warm in [true, false] {
        let token = harness.issued(&owner).await;
        if warm {
            harness.accepts(&token, "before").await;
        }
        match harness.profile().capabilities.revocable {
            true => {
                harness.revokes(&token).await;
                harness.rejects(&token, "after it was revoked").await;
            }
            false => {
                assert_eq!(harness.revoke(&token).await, Revocation::Unsupported);
                harness.accepts(&token, "because it cannot be revoked").await;
            }
        }
    }
    Ok(())
}

/// A revoked token stays refused for ever, also after records are purged; so does one that a password change revoked.
pub async fn revoked_tokens_stay_refused(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, changing) = (harness.owner().await, harness.owner().await);
    let mut ended = Vec::new();
    for owner in [&owner, &changing] {
        let (warm, cold) = (harness.issued(owner).await, harness.issued(owner).await);
        harness.accepts(&warm, "before").await;
        ended.extend([warm, cold]);
    }
    harness.revokes(&ended[0]).await;
    harness.revokes(&ended[1]).await;
    harness.change_password(&changing).await?;
    let (minute, day) = (Duration::from_secs(60), Duration::from_secs(24 * 60 * 60));
    for step in [minute, minute * 60, day, day * 2, day * 30, day * 365, day * 3650] {
        harness.advance(step).await?;
        for token in &ended {
            harness.rejects(token, &format!("{step:?} later")).await;
        }
    }
    Ok(())
}

/// One token is revoked, and no other, neither of the same owner nor of another.
pub async fn revoking_one_leaves_the_others(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let before = harness.issued(&owner).await;
    let ended = harness.issued(&owner).await;
    let after = harness.issued(&owner).await;
    let of_other_owner = harness.issued(&other_owner).await;
    harness.revokes(&ended).await;
    for other in [&before, &after, &of_other_owner] {
        harness.accepts(other, "when another was revoked").await;
    }
    harness.rejects(&ended, "revoked").await;
    Ok(())
}

/// Revoking a revoked token is not an error, so that a client that lost the answer can repeat the request.
pub async fn revoking_twice_is_no_error(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.revokes(&token).await;
    let again = harness.revoke(&token).await;
    // Over HTTP, the caller has to present the token, which is not valid any more.
    assert!(
        matches!(again, Revocation::Done | Revocation::Rejected),
        "the second time: {again:?}"
    );
    harness.rejects(&token, "revoked twice").await;
    Ok(())
}

/// Revoking a session revokes every token that belongs to it: signing out in one tab signs out all of them.
pub async fn revoking_a_session_ends_what_belongs_to_it(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let session = harness.issued(&owner).await;
    let belonging = harness
        .issue_within(&owner, &session)
        .await?
        .expect("the session is active");
    let cold = harness
        .issue_within(&owner, &session)
        .await?
        .expect("the session is active");
    let other = harness.issued(&owner).await;
    harness.accepts(&belonging, "while its session is active").await;
    harness.revokes(&session).await;
    harness.rejects(&session, "the session's own").await;
    harness.rejects(&belonging, "one that belongs to the session").await;
    harness.rejects(&cold, "one that was never checked").await;
    harness.accepts(&other, "of another session").await;
    Ok(())
}

/// Disabling an owner revokes its tokens, checked before or not. They stay revoked when the owner is enabled. No token is
/// issued in between; a new one is valid after.
pub async fn disabling_an_owner_revokes_tokens_for_good(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let warm = harness.issued(&owner).await;
    let cold = harness.issued(&owner).await;
    let of_other_owner = harness.issued(&other_owner).await;
    harness.accepts(&warm, "before").await;
    harness.set_disabled(&owner, true).await?;
    for token in [&warm, &cold] {
        harness.rejects(token, "while its owner is disabled").await;
    }
    assert_eq!(
        harness.issue(&owner).await.err(),
        Some(NotIssued::NotEntitled),
        "issued to a disabled owner"
    );
    harness.set_disabled(&owner, false).await?;
    for token in [&warm, &cold] {
        harness.rejects(token, "after its owner was enabled").await;
    }
    let fresh = harness.issued(&owner).await;
    harness.accepts(&fresh, "a new one").await;
    harness.accepts(&of_other_owner, "another owner's").await;
    Ok(())
}

/// A password change revokes what was granted before it, and nothing that is granted after.
pub async fn a_new_generation_ends_older_tokens_only(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let of_other_owner = harness.issued(&other_owner).await;
    let mut older = Vec::new();
    for round in 0..3 {
        let (warm, cold) = (harness.issued(&owner).await, harness.issued(&owner).await);
        harness.accepts(&warm, "of this generation").await;
        harness.change_password(&owner).await?;
        older.extend([warm, cold]);
        for token in &older {
            harness
                .rejects(token, &format!("of an older generation, in round {round}"))
                .await;
        }
        let newer = harness.issued(&owner).await;
        harness.accepts(&newer, "of the new generation").await;
    }
    harness.accepts(&of_other_owner, "another owner's").await;
    Ok(())
}

/// A sign-in that was checked before a password change gets no token after it: the change wins.
pub async fn an_outdated_grant_is_not_entitled(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let owner = harness.owner().await;
    let outcome = harness.issue_outdated(&owner).await?;
    assert_eq!(outcome.err(), Some(NotIssued::NotEntitled));
    let fresh = harness.issued(&owner).await;
    harness.accepts(&fresh, "of a grant that is not outdated").await;
    Ok(())
}

/// Another node refuses what was revoked here as soon as it has read the feed, whether it had checked the token or not.
pub async fn a_revocation_reaches_the_other_node(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, disabled) = (harness.owner().await, harness.owner().await);
    let warm = harness.issued(&owner).await;
    let cold = harness.issued(&owner).await;
    let kept = harness.issued(&owner).await;
    let of_disabled = harness.issued(&disabled).await;
    let elsewhere = async |token: &crate::harness::Issued| -> Result<Verdict, NotApplicable> {
        Ok(harness.verify_elsewhere(&token.text, token.key.as_deref()).await?)
    };
    for token in [&warm, &kept, &of_disabled] {
        let verdict = elsewhere(token).await?;
        assert!(verdict.is_accepted(), "on the other node: {verdict:?}");
    }
    harness.revokes(&warm).await;
    harness.revokes(&cold).await;
    harness.set_disabled(&disabled, true).await?;
    harness.sync_elsewhere().await?;
    for (token, what) in [
        (&warm, "checked there"),
        (&cold, "never checked there"),
        (&of_disabled, "of a disabled owner"),
    ] {
        let verdict = elsewhere(token).await?;
        assert!(verdict.is_refused(), "one {what} was answered {verdict:?}");
    }
    assert!(elsewhere(&kept).await?.is_accepted(), "one that was not revoked");
    Ok(())
}
