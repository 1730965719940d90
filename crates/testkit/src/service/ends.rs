//! What ends a session.

use std::time::Duration;

use super::fixture::{Harness, ServiceAssertions, TICK};
use crate::harness::Revocation;
use crate::issuer::fixture::IssuerAssertions;
use crate::law::{LawResult, at_once};

const MINUTE: Duration = Duration::from_secs(60);

/// A refresh token older than the direct predecessor ends its session, at any time, because two parties hold the token
/// family. No other session ends, neither of another owner nor of the same one.
pub async fn an_older_generation_ends_that_session_only(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let other = harness.signed_in(&owner).await;
    for rotations in [2, 3, 10, 40, 100] {
        let mut tokens = vec![harness.signed_in(&owner).await];
        for _ in 0..rotations {
            let current = tokens.last().map(|session| session.refresh.clone());
            tokens.push(harness.renews(&current.unwrap_or_default(), "the current one").await);
        }
        let old = &tokens[if rotations % 2 == 0 { 0 } else { rotations - 2 }];
        harness.refuses(&old.refresh, "an older generation").await;
        for session in &tokens {
            harness
                .is_revoked(session, &format!("after a reuse among {rotations}"))
                .await;
        }
        harness.accepts(&other.token, "another session of the same owner").await;
    }
    harness
        .renews(&other.refresh, "another session of the same owner")
        .await;
    Ok(())
}

/// After the grace period, even the direct predecessor ends its session.
pub async fn a_predecessor_after_the_grace_ends_its_session(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let other = harness.signed_in(&owner).await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the current one").await;
    harness.pass_grace().await?;
    harness.refuses(&first.refresh, "after the grace period").await;
    harness.is_revoked(&second, "after the reuse").await;
    harness.is_revoked(&first, "after the reuse").await;
    harness.renews(&other.refresh, "another session").await;
    Ok(())
}

/// A session that is not refreshed for the idle time ends. A millisecond before, it can still be refreshed.
pub async fn an_idle_session_ends(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let idle = harness.policy().idle;
    let session = harness.signed_in(&owner).await;
    harness.advance(idle - TICK).await?;
    let session = harness.renews(&session.refresh, "in the last millisecond").await;
    harness.advance(idle).await?;
    harness.refuses(&session.refresh, "after the idle time").await;
    Ok(())
}

/// A session ends at its absolute limit, however often it was refreshed. A millisecond before, it can still be refreshed.
pub async fn a_session_ends_at_its_absolute_limit(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let policy = harness.policy();
    let mut session = harness.signed_in(&owner).await;
    let start = harness.now()?;
    let step = policy.idle / 2;
    let end = start.plus(policy.absolute);
    while harness.now()?.plus(step) < end {
        harness.advance(step).await?;
        session = harness.renews(&session.refresh, "while it lasts").await;
    }
    harness.advance(end.since(harness.now()?) - TICK).await?;
    session = harness.renews(&session.refresh, "in its last millisecond").await;
    harness.advance(TICK).await?;
    harness.refuses(&session.refresh, "at its end").await;
    harness.advance(step).await?;
    harness.refuses(&session.refresh, "after its end").await;
    Ok(())
}

/// A retry within the grace period is refused too, once the session has reached its absolute limit.
pub async fn a_retry_after_the_end_of_its_session_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let policy = harness.policy();
    let mut session = harness.signed_in(&owner).await;
    let end = harness.now()?.plus(policy.absolute);
    while harness.now()?.plus(policy.idle / 2) < end {
        harness.advance(policy.idle / 2).await?;
        session = harness.renews(&session.refresh, "while it lasts").await;
    }
    harness.advance(end.since(harness.now()?) - TICK).await?;
    harness.renews(&session.refresh, "in its last millisecond").await;
    harness
        .renews(&session.refresh, "a retry in its last millisecond")
        .await;
    harness.advance(TICK).await?;
    harness.refuses(&session.refresh, "a retry at its end").await;
    Ok(())
}

/// Signing out ends the session at once: its refresh tokens and its access tokens. Other sessions stay active. A second
/// sign-out is rejected.
pub async fn a_sign_out_ends_the_session(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let other = harness.signed_in(&owner).await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the current one").await;
    assert_eq!(harness.sign_out(&second.token).await, Revocation::Done);
    for session in [&first, &second] {
        harness.is_revoked(session, "after the sign-out").await;
        assert_eq!(
            harness.sign_out(&session.token).await,
            Revocation::Rejected,
            "signing out again"
        );
    }
    harness.renews(&other.refresh, "another session").await;
    Ok(())
}

/// Of many sign-outs of one session at once, exactly one is answered as done. The others are rejected, as later ones are:
/// a session ends once, and so one answer says it.
pub async fn one_of_a_crowd_signs_a_session_out(harness: Harness) -> LawResult {
    harness.signs_out()?;
    let owner = harness.owner().await;
    for _ in 0..harness.rounds() {
        let session = harness.signed_in(&owner).await;
        let answers = at_once(harness.crowd(), |_| {
            let (harness, token) = (harness.clone(), session.token.clone());
            async move { harness.sign_out(&token).await }
        });
        let (done, others): (Vec<_>, Vec<_>) = answers
            .await
            .into_iter()
            .partition(|answer| *answer == Revocation::Done);
        assert_eq!(done.len(), 1, "sign-outs of one session that were answered as done");
        assert!(
            others.iter().all(|answer| *answer == Revocation::Rejected),
            "the others: {others:?}"
        );
        harness.is_revoked(&session, "after the sign-outs").await;
    }
    Ok(())
}

/// A session that was signed out stays signed out, however much time passes, also after records are purged.
pub async fn a_signed_out_session_stays_signed_out(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let policy = harness.policy();
    let session = harness.signed_in(&owner).await;
    harness.advance(policy.idle - MINUTE).await?;
    let session = harness.renews(&session.refresh, "before the idle limit").await;
    harness.advance(policy.idle - MINUTE).await?;
    let session = harness.renews(&session.refresh, "before the idle limit").await;
    let left = policy.absolute.saturating_sub(policy.idle * 2);
    harness.advance(left).await?;
    let session = harness
        .renews(&session.refresh, "shortly before the absolute end")
        .await;
    harness.sign_out(&session.token).await;
    let day = MINUTE * 60 * 24;
    for step in [
        TICK,
        MINUTE,
        MINUTE,
        MINUTE * 5,
        MINUTE * 60,
        day,
        day,
        day,
        policy.idle,
        policy.absolute,
    ] {
        harness.is_revoked(&session, "after the sign-out").await;
        harness.advance(step).await?;
    }
    harness.is_revoked(&session, "long after the sign-out").await;
    Ok(())
}

/// A password change ends every session of the account, and none that begins after.
pub async fn a_password_change_ends_refreshing(harness: Harness) -> LawResult {
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let of_other_owner = harness.signed_in(&other_owner).await;
    let (one, other) = (harness.signed_in(&owner).await, harness.signed_in(&owner).await);
    let renewed = harness.renews(&other.refresh, "before").await;
    harness.change_password(&owner).await?;
    for session in [&one, &other, &renewed] {
        harness.is_revoked(session, "after the password change").await;
    }
    let fresh = harness.signed_in(&owner).await;
    harness.renews(&fresh.refresh, "a session of the new password").await;
    harness.renews(&of_other_owner.refresh, "another owner's").await;
    Ok(())
}

/// Disabling an owner ends its sessions for good.
pub async fn disabling_ends_refreshing(harness: Harness) -> LawResult {
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let of_other_owner = harness.signed_in(&other_owner).await;
    let session = harness.signed_in(&owner).await;
    harness.set_disabled(&owner, true).await?;
    harness.is_revoked(&session, "while the owner is disabled").await;
    harness.set_disabled(&owner, false).await?;
    harness.is_revoked(&session, "after the owner was enabled").await;
    let fresh = harness.signed_in(&owner).await;
    harness.renews(&fresh.refresh, "a new session").await;
    harness.renews(&of_other_owner.refresh, "another owner's").await;
    Ok(())
}

/// A clock that is set back by an hour neither ends a session nor turns a refresh into a reuse.
pub async fn a_clock_set_back_ends_nothing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "before").await;
    harness.turn_clock_back(MINUTE * 60).await?;
    let retry = harness.renews(&first.refresh, "a retry, an hour earlier").await;
    assert_eq!(retry.refresh, second.refresh);
    let mut session = harness
        .renews(&second.refresh, "the current one, an hour earlier")
        .await;
    for _ in 0..3 {
        harness.turn_clock_back(TICK * 1500).await?;
        session = harness.renews(&session.refresh, "the clock set back again").await;
    }
    harness.advance(MINUTE * 60).await?;
    harness.renews(&session.refresh, "when the clock has caught up").await;
    Ok(())
}

/// A refresh never gives more permissions than the session was granted, and drops those that the owner has lost.
pub async fn rights_never_grow_at_a_refresh(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let mut wider = owner.rights.clone();
    wider.insert(0, "everything".into());
    harness.set_rights(&owner, &wider).await?;
    let session = harness.renews(&session.refresh, "with more rights").await;
    assert_eq!(
        harness.accepts(&session.token, "with more rights").await.rights,
        owner.rights
    );
    harness.set_rights(&owner, &owner.rights[1..]).await?;
    let session = harness.renews(&session.refresh, "with fewer rights").await;
    assert_eq!(
        harness.accepts(&session.token, "with fewer rights").await.rights,
        owner.rights[1..]
    );
    harness.set_rights(&owner, &wider).await?;
    let session = harness.renews(&session.refresh, "with more rights again").await;
    assert_eq!(
        harness.accepts(&session.token, "with more rights again").await.rights,
        owner.rights
    );
    Ok(())
}
