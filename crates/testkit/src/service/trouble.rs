//! Failures of the server during a refresh.

use super::fixture::{Harness, ServiceAssertions};
use crate::failing::Moment;
use crate::harness::{NotIssued, Renewal, Revocation};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::{LawResult, Unsupported};

/// An upper limit for the calls to the store in one refresh.
const MAX_CALLS: u64 = 20;

/// If any call to the store fails during a refresh, the answer is "unavailable", and the same refresh token works when the
/// store works again.
pub async fn a_failed_refresh_leaves_the_token_good(harness: Harness) -> LawResult {
    fails_at_each_call(&harness, Moment::Before).await
}

/// If a call succeeded and only its answer was lost, a retry gets the successor that was made.
pub async fn a_refresh_whose_answer_was_lost_can_be_retried(harness: Harness) -> LawResult {
    fails_at_each_call(&harness, Moment::After).await
}

async fn fails_at_each_call(harness: &Harness, moment: Moment) -> LawResult {
    let owner = harness.owner().await;
    for nth in 1..MAX_CALLS {
        let first = harness.signed_in(&owner).await;
        let session = harness.renews(&first.refresh, "before").await;
        harness.fail_nth(nth, moment).await?;
        let answer = harness.refresh(&session.refresh).await;
        let not_reached = harness.clear_fault().await?;
        match answer {
            Renewal::Renewed(renewed) if not_reached => {
                harness.renews(&renewed.refresh, "because nothing failed").await;
                assert!(nth > 2, "no call of a refresh could be made to fail");
                return Ok(());
            }
            Renewal::Unavailable => {}
            other => panic!("call {nth} failed {moment:?} and the answer was {other:?}"),
        }
        harness
            .accepts(&session.token, &format!("its access token, when call {nth} failed"))
            .await;
        let renewed = harness
            .renews(&session.refresh, &format!("a retry, when call {nth} failed {moment:?}"))
            .await;
        harness.renews(&renewed.refresh, "and its successor").await;
    }
    panic!("a refresh makes {MAX_CALLS} or more calls to the store");
}

/// While every call to the store fails, refresh and sign-in answer "unavailable". A sign-out that was not recorded is not
/// reported as done, and does not end the session.
pub async fn while_the_store_fails_nothing_is_decided(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let session = harness.renews(&first.refresh, "before").await;
    harness.fail_store(true).await?;
    for token in [&session.refresh, &first.refresh, &"0".repeat(64)] {
        let answer = harness.refresh(token).await;
        assert!(matches!(answer, Renewal::Unavailable), "answered {answer:?}");
    }
    assert_eq!(harness.sign_in(&owner).await.err(), Some(NotIssued::Unavailable));
    assert_eq!(harness.sign_out(&session.token).await, Revocation::Unavailable);
    harness.fail_store(false).await?;
    harness.accepts(&session.token, "because it was not signed out").await;
    harness.renews(&session.refresh, "after the store works again").await;
    Ok(())
}

/// A reuse is not reported while its session cannot be ended. The next attempt detects it again, and then the session
/// ends.
pub async fn a_reuse_is_reported_only_after_the_session_ended(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    for nth in 1..MAX_CALLS {
        let first = harness.signed_in(&owner).await;
        let second = harness.renews(&first.refresh, "the first").await;
        let third = harness.renews(&second.refresh, "the second").await;
        harness.fail_nth(nth, Moment::Before).await?;
        let answer = harness.refresh(&first.refresh).await;
        let not_reached = harness.clear_fault().await?;
        match answer {
            Renewal::Refused => harness.is_revoked(&third, "because the reuse was reported").await,
            Renewal::Unavailable => {
                harness
                    .accepts(&third.token, "because the session could not be ended")
                    .await;
                harness.refuses(&first.refresh, "the reuse, again").await;
                harness.is_revoked(&third, "because the reuse was reported now").await;
            }
            other => panic!("a reuse was answered {other:?}"),
        }
        if not_reached {
            return Ok(());
        }
    }
    panic!("a reuse makes {MAX_CALLS} or more calls to the store");
}

/// While the random source fails, there is no successor and no new session. The presented token stays valid.
pub async fn without_randomness_nothing_rotates(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let before = harness.fail_entropy(true).await?;
    let answer = harness.refresh(&session.refresh).await;
    let sign_in = harness.sign_in(&owner).await;
    if harness.fail_entropy(false).await? == before {
        return Err(Unsupported("no random bytes were drawn").into());
    }
    assert!(matches!(answer, Renewal::Unavailable), "answered {answer:?}");
    assert_eq!(sign_in.err(), Some(NotIssued::Unavailable));
    harness.renews(&session.refresh, "after it works again").await;
    Ok(())
}
