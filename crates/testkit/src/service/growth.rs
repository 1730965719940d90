//! Storage that a long session needs.

use std::time::Duration;

use auth_core::Lifetime;

use super::fixture::{Harness, ServiceAssertions};
use crate::law::LawResult;

/// A session needs one row, however often it is refreshed; all other rows are purged in time. The oldest refresh token is
/// still recognised as used, not as unknown.
pub async fn rotations_add_no_rows(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let rows = harness.token_rows().await?;
    let mut refresh = first.refresh.clone();
    for rotation in 0..harness.rotations() {
        if rotation % 100 == 0 {
            harness.advance(Duration::from_secs(1)).await?;
        }
        let answer = harness.refresh(&refresh).await.renewed();
        let session = answer.unwrap_or_else(|| panic!("rotation {rotation} was not answered with a successor"));
        refresh = session.refresh;
    }
    if let Lifetime::Limited(life) = harness.profile().lifetime {
        harness.advance(life + Duration::from_secs(1)).await?;
    }
    let after = harness.token_rows().await?;
    assert!(
        after <= rows,
        "{after} rows, not {rows}, after {} rotations",
        harness.rotations()
    );
    let last = harness.renews(&refresh, "the current one").await;
    harness.refuses(&first.refresh, "the first one").await;
    harness.is_revoked(&last, "after that reuse").await;
    Ok(())
}
