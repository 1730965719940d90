//! Each refresh token is used once, and a request whose answer was lost can be repeated.

use std::collections::HashSet;

use super::fixture::{Harness, ServiceAssertions, TICK};
use crate::harness::Renewal;
use crate::issuer::fixture::IssuerAssertions;
use crate::law::{LawResult, at_once};

/// Each refresh gives the next refresh token and an access token of the same session, for the same owner with the same
/// permissions. Earlier access tokens stay valid until they expire. (Two signed tokens of one session in one second may be
/// equal, because their content is equal.)
pub async fn a_refresh_rotates(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let granted = harness.accepts(&first.token, "after the sign-in").await;
    let mut refresh_tokens = HashSet::from([first.refresh.clone()]);
    let mut session = first.clone();
    for _ in 0..5 {
        session = harness.renews(&session.refresh, "the current one").await;
        assert!(
            refresh_tokens.insert(session.refresh.clone()),
            "the same refresh token twice"
        );
        let renewed = harness.accepts(&session.token, "after a refresh").await;
        assert_eq!((renewed.subject, &renewed.flavour), (granted.subject, &granted.flavour));
        assert_eq!(
            (renewed.realm, renewed.rights),
            (granted.realm.clone(), granted.rights.clone())
        );
    }
    harness
        .accepts(&first.token, "the first access token, before it expires")
        .await;
    Ok(())
}

/// A session has one number, from the sign-in to its end: the one that its access tokens belong to. A caller that revokes it
/// ends all of them.
pub async fn a_session_has_one_number(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut session = harness.signed_in(&owner).await;
    let number = harness.session_number(&session.token).await?;
    for _ in 0..3 {
        assert_eq!(session.number.unwrap_or(number), number, "as the service names it");
        assert_eq!(harness.session_number(&session.token).await?, number, "of its token");
        session = harness.renews(&session.refresh, "the current one").await;
    }
    Ok(())
}

/// A refresh token is 256 bits in 64 lower-case hexadecimal characters. Neither half can be derived from another token.
pub async fn a_refresh_token_is_64_hexadecimal_digits(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut proofs = HashSet::new();
    let mut sessions = HashSet::new();
    for _ in 0..20 {
        let first = harness.signed_in(&owner).await;
        let next = harness.renews(&first.refresh, "the current one").await;
        for token in [&first.refresh, &next.refresh] {
            let digits = token.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            assert!(token.len() == 64 && digits, "{} characters", token.len());
            assert!(proofs.insert(token[32..].to_owned()), "the same second half twice");
        }
        assert!(
            sessions.insert(first.refresh[..32].to_owned()),
            "the same first half twice"
        );
    }
    Ok(())
}

/// A retry with the direct predecessor, because the answer was lost or from another tab, gets the identical successor, on
/// any node, until the grace period is over.
pub async fn a_retry_gets_the_identical_successor(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut session = harness.signed_in(&owner).await;
    for _ in 0..3 {
        let used = session.refresh.clone();
        session = harness.renews(&used, "the first time").await;
        for _ in 0..3 {
            let again = harness.renews(&used, "a retry").await;
            assert_eq!(again.refresh, session.refresh);
        }
        harness.advance(harness.policy().grace - TICK).await?;
        let last = harness
            .renews(&used, "a retry in the last millisecond of the grace period")
            .await;
        assert_eq!(last.refresh, session.refresh);
        if let Ok(elsewhere) = harness.refresh_elsewhere(&used).await {
            let there = elsewhere.renewed().expect("a retry on another node");
            assert_eq!(there.refresh, session.refresh);
        }
    }
    harness
        .renews(&session.refresh, "the successor, after all those retries")
        .await;
    Ok(())
}

/// A retry belongs to the same session: its tokens end with the session.
pub async fn a_retry_makes_no_second_session(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let once = harness.renews(&first.refresh, "the first time").await;
    let again = harness.renews(&first.refresh, "a retry").await;
    harness.sign_out(&once.token).await;
    for session in [&first, &once, &again] {
        harness.is_revoked(session, "after the sign-out").await;
    }
    Ok(())
}

/// If many callers present one refresh token at once, on several nodes, all of them get the same successor. This is
/// repeated for many rounds.
pub async fn concurrent_refreshes_get_one_successor(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let mut refresh = harness.signed_in(&owner).await.refresh;
    for round in 0..harness.rounds() {
        let answers = at_once(harness.crowd(), |caller| {
            let (harness, refresh) = (harness.clone(), refresh.clone());
            async move {
                if caller % 2 == 1
                    && let Ok(answer) = harness.refresh_elsewhere(&refresh).await
                {
                    return answer;
                }
                harness.refresh(&refresh).await
            }
        })
        .await;
        let mut successors = HashSet::new();
        for answer in answers {
            match answer {
                Renewal::Renewed(session) => {
                    harness.accepts(&session.token, "of one of the callers").await;
                    successors.insert(session.refresh);
                }
                other => panic!("round {round}: one caller was answered {other:?}"),
            }
        }
        assert_eq!(successors.len(), 1, "successors in round {round}");
        refresh = successors.into_iter().next().expect("one");
    }
    Ok(())
}

/// Rotations in the same millisecond keep their order: a retry of the last one gets its successor, and an older token is
/// a reuse.
pub async fn rotations_of_one_millisecond_are_in_order(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the first").await;
    let third = harness
        .renews(&second.refresh, "the second, in the same millisecond")
        .await;
    let fourth = harness
        .renews(&third.refresh, "the third, in the same millisecond")
        .await;
    let retry = harness.renews(&third.refresh, "a retry of the third").await;
    assert_eq!(retry.refresh, fourth.refresh);
    harness
        .refuses(&second.refresh, "two generations back, in the same millisecond")
        .await;
    harness.is_revoked(&fourth, "after that reuse").await;
    Ok(())
}
