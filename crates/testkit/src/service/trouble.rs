//! Trouble of ours in the middle of a refresh.

use super::fixture::{Harness, ServiceAssertions};
use crate::failing::Moment;
use crate::harness::{NotIssued, Renewal, Revocation};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::{LawResult, Unsupported};

/// More calls to the store than this a refresh does not make.
const MANY: u64 = 20;

/// Whichever call to the store fails during a refresh, the answer is that it cannot be done now; and the same refresh
/// token works when the store does.
pub async fn a_failed_refresh_leaves_the_token_good(harness: Harness) -> LawResult {
    fails_at_each_call(&harness, Moment::Before).await
}

/// Nor is anything lost when a call did its work and only its answer got lost: a retry gets the successor that was made.
pub async fn a_refresh_whose_answer_was_lost_can_be_retried(harness: Harness) -> LawResult {
    fails_at_each_call(&harness, Moment::After).await
}

async fn fails_at_each_call(harness: &Harness, moment: Moment) -> LawResult {
    let owner = harness.owner().await;
    for nth in 1..MANY {
        let first = harness.signed_in(&owner).await;
        let session = harness.renews(&first.refresh, "before").await;
        harness.fail_nth(nth, moment).await?;
        let answer = harness.refresh(&session.refresh).await;
        let unharmed = harness.mend().await?;
        match answer {
            Renewal::Renewed(renewed) if unharmed => {
                harness.renews(&renewed.refresh, "since nothing failed").await;
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
    panic!("a refresh makes {MANY} calls to the store and more");
}

/// While the store is away altogether, refresh and sign-in cannot be done, and a sign-out that was not recorded is not
/// claimed; nobody is signed out by it.
pub async fn while_the_store_is_away_nothing_is_decided(harness: Harness) -> LawResult {
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
    harness.accepts(&session.token, "since it was not signed out").await;
    harness.renews(&session.refresh, "when the store is back").await;
    Ok(())
}

/// A reuse that cannot be acted on now is not told either; the next attempt finds it again, and then the session ends.
pub async fn a_reuse_is_told_only_once_the_session_has_ended(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    for nth in 1..MANY {
        let first = harness.signed_in(&owner).await;
        let second = harness.renews(&first.refresh, "the first").await;
        let third = harness.renews(&second.refresh, "the second").await;
        harness.fail_nth(nth, Moment::Before).await?;
        let answer = harness.refresh(&first.refresh).await;
        let unharmed = harness.mend().await?;
        match answer {
            Renewal::Refused => harness.is_dead(&third, "since the reuse was told").await,
            Renewal::Unavailable => {
                harness
                    .accepts(&third.token, "since the session could not be ended")
                    .await;
                harness.refuses(&first.refresh, "the reuse, again").await;
                harness.is_dead(&third, "since the reuse was told now").await;
            }
            other => panic!("a reuse was answered {other:?}"),
        }
        if unharmed {
            return Ok(());
        }
    }
    panic!("a reuse makes {MANY} calls to the store and more");
}

/// Without the random source there is no successor and no session; the token presented stays good.
pub async fn without_chance_nothing_rotates(harness: Harness) -> LawResult {
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
    harness.renews(&session.refresh, "once it works again").await;
    Ok(())
}
