//! What a token's bearer may do.

use super::fixture::{Harness, IssuerAssertions, recorded};
use crate::law::{LawResult, Unsupported};

/// The rights of a token are those it was issued with *and* that its owner still has: what the owner loses, the token
/// loses at once, and regains with the owner, in the order in which it was issued.
pub async fn lost_rights_are_lost_at_once(harness: Harness) -> LawResult {
    if !harness.profile().rights_at_once {
        return Err(Unsupported("rights are lost by the next refresh").into());
    }
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let rights = async |when: &str| harness.accepts(&token, when).await.rights;
    assert_eq!(rights("before").await, owner.rights);
    let mut kept: Vec<String> = owner.rights[1..].to_vec();
    kept.reverse();
    harness.set_rights(&owner, &kept).await?;
    assert_eq!(rights("with one right lost").await, owner.rights[1..]);
    harness.set_rights(&owner, &[]).await?;
    assert_eq!(rights("with all rights lost").await, Vec::<String>::new());
    harness.set_rights(&owner, &owner.rights).await?;
    assert_eq!(rights("with all of them back").await, owner.rights);
    Ok(())
}

/// What the owner gains later, a token that was issued before does not gain.
pub async fn rights_never_widen(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let mut wider = owner.rights.clone();
    wider.push("everything".into());
    harness.set_rights(&owner, &wider).await?;
    assert_eq!(harness.accepts(&token, "afterwards").await.rights, owner.rights);
    Ok(())
}

/// One person's rights say nothing of another's, who holds a token at the same time.
pub async fn rights_are_ones_own(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let (owner, stranger) = (harness.owner().await, harness.owner().await);
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.set_rights(&stranger, &["everything".into()]).await?;
    assert_eq!(harness.accepts(&token, "afterwards").await.rights, owner.rights);
    Ok(())
}
