//! What ends a token before its time.

use std::time::Duration;

use super::fixture::{Harness, IssuerAssertions, recorded, revocable};
use crate::harness::{NotIssued, Revocation, Verdict};
use crate::law::{LawResult, NotApplicable};

/// Once a revocation is answered, the token is refused, here and at once. An issuer that cannot do that says so, and
/// then pretends nothing: the token goes on.
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
                harness.accepts(&token, "since it cannot be revoked").await;
            }
        }
    }
    Ok(())
}

/// And it stays refused for ever, however much is forgotten and tidied up meanwhile; so does one that a password change
/// ended.
pub async fn what_has_ended_stays_ended(harness: Harness) -> LawResult {
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

/// One token ends, and no other: not of the same owner, not of anybody else.
pub async fn revoking_one_leaves_the_others(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, stranger) = (harness.owner().await, harness.owner().await);
    let before = harness.issued(&owner).await;
    let ended = harness.issued(&owner).await;
    let after = harness.issued(&owner).await;
    let strangers = harness.issued(&stranger).await;
    harness.revokes(&ended).await;
    for other in [&before, &after, &strangers] {
        harness.accepts(other, "when another was revoked").await;
    }
    harness.rejects(&ended, "revoked").await;
    Ok(())
}

/// Ending what has ended is no error, so that a client whose answer was lost can ask again.
pub async fn revoking_twice_is_no_error(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    harness.revokes(&token).await;
    let again = harness.revoke(&token).await;
    // Behind a door, whoever revokes has to present the token, which is no good any more.
    assert!(
        matches!(again, Revocation::Done | Revocation::Rejected),
        "the second time: {again:?}"
    );
    harness.rejects(&token, "revoked twice").await;
    Ok(())
}

/// A session ends with every token that belongs to it: signing out on one tab signs out all of them.
pub async fn revoking_a_session_ends_what_belongs_to_it(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let owner = harness.owner().await;
    let session = harness.issued(&owner).await;
    let belonging = harness
        .issue_within(&owner, &session)
        .await?
        .expect("the session lives");
    let cold = harness
        .issue_within(&owner, &session)
        .await?
        .expect("the session lives");
    let other = harness.issued(&owner).await;
    harness.accepts(&belonging, "while its session lives").await;
    harness.revokes(&session).await;
    harness.rejects(&session, "the session's own").await;
    harness.rejects(&belonging, "one that belongs to the session").await;
    harness.rejects(&cold, "one that was never seen").await;
    harness.accepts(&other, "of another session").await;
    Ok(())
}

/// A barred owner's tokens die, seen before or not, and stay dead when the owner is readmitted; a new one is good then,
/// and none is issued in between.
pub async fn a_disabled_owners_tokens_die_and_stay_dead(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, stranger) = (harness.owner().await, harness.owner().await);
    let warm = harness.issued(&owner).await;
    let cold = harness.issued(&owner).await;
    let strangers = harness.issued(&stranger).await;
    harness.accepts(&warm, "before").await;
    harness.set_disabled(&owner, true).await?;
    for token in [&warm, &cold] {
        harness.rejects(token, "while its owner is barred").await;
    }
    assert_eq!(
        harness.issue(&owner).await.err(),
        Some(NotIssued::NotEntitled),
        "issued to a barred owner"
    );
    harness.set_disabled(&owner, false).await?;
    for token in [&warm, &cold] {
        harness.rejects(token, "after its owner was readmitted").await;
    }
    let fresh = harness.issued(&owner).await;
    harness.accepts(&fresh, "a new one").await;
    harness.accepts(&strangers, "somebody else's").await;
    Ok(())
}

/// A password change ends what was granted before it, and nothing that is granted after.
pub async fn a_new_generation_ends_older_tokens_only(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, stranger) = (harness.owner().await, harness.owner().await);
    let strangers = harness.issued(&stranger).await;
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
    harness.accepts(&strangers, "somebody else's").await;
    Ok(())
}

/// Whoever was let in before the password changed and is issued a token after, is not: the change wins.
pub async fn an_outdated_grant_is_not_entitled(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let owner = harness.owner().await;
    let outcome = harness.issue_outdated(&owner).await?;
    assert_eq!(outcome.err(), Some(NotIssued::NotEntitled));
    let fresh = harness.issued(&owner).await;
    harness.accepts(&fresh, "of a grant that is not outdated").await;
    Ok(())
}

/// Another node refuses what ended here as soon as it has heard of it, whether it had seen the token or not.
pub async fn an_end_reaches_the_other_node(harness: Harness) -> LawResult {
    revocable(&harness)?;
    let (owner, barred) = (harness.owner().await, harness.owner().await);
    let warm = harness.issued(&owner).await;
    let cold = harness.issued(&owner).await;
    let kept = harness.issued(&owner).await;
    let barreds = harness.issued(&barred).await;
    let elsewhere = async |token: &crate::harness::Issued| -> Result<Verdict, NotApplicable> {
        Ok(harness.verify_elsewhere(&token.text, token.key.as_deref()).await?)
    };
    for token in [&warm, &kept, &barreds] {
        let verdict = elsewhere(token).await?;
        assert!(verdict.is_yes(), "on the other node: {verdict:?}");
    }
    harness.revokes(&warm).await;
    harness.revokes(&cold).await;
    harness.set_disabled(&barred, true).await?;
    harness.sync_elsewhere().await?;
    for (token, what) in [
        (&warm, "seen there"),
        (&cold, "never seen there"),
        (&barreds, "of a barred owner"),
    ] {
        let verdict = elsewhere(token).await?;
        assert!(verdict.is_no(), "one {what} was answered {verdict:?}");
    }
    assert!(elsewhere(&kept).await?.is_yes(), "one that did not end");
    Ok(())
}
