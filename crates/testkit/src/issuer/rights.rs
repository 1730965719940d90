//! The permissions of a token.

use super::fixture::{Harness, IssuerAssertions, recorded};
use crate::harness::{Issued, Verdict};
use crate::law::LawResult;

/// A token has the permissions that it was issued with *and* that its owner still has. What the owner loses, the token
/// loses at once; what the owner regains, the token regains, in the order in which it was issued.
pub async fn lost_rights_are_lost_at_once(harness: Harness) -> LawResult {
    harness.require(
        |can| can.current_rights,
        "a token keeps the permissions it was issued with",
    )?;
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

/// The other node follows as soon as it has read the feed, whether it had checked the token or not.
pub async fn lost_rights_are_lost_on_the_other_node(harness: Harness) -> LawResult {
    harness.require(
        |can| can.current_rights,
        "a token keeps the permissions it was issued with",
    )?;
    let owner = harness.owner().await;
    let (warm, cold) = (harness.issued(&owner).await, harness.issued(&owner).await);
    let elsewhere = async |token: &Issued| harness.verify_elsewhere(&token.text, token.key.as_deref()).await;
    assert!(elsewhere(&warm).await?.is_accepted(), "before, on the other node");
    harness.set_rights(&owner, &owner.rights[1..]).await?;
    harness.sync_elsewhere().await?;
    for token in [&warm, &cold] {
        match elsewhere(token).await? {
            Verdict::Accepted(accepted) => assert_eq!(accepted.rights, owner.rights[1..], "on the other node"),
            verdict => panic!("on the other node: {verdict:?}"),
        }
    }
    Ok(())
}

/// A token does not gain permissions that its owner gets after it was issued.
pub async fn rights_never_widen(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let mut wider = owner.rights.clone();
    wider.push("everything".into());
    harness.set_rights(&owner, &wider).await?;
    assert_eq!(harness.accepts(&token, "afterwards").await.rights, owner.rights);
    Ok(())
}

/// A change to one owner's permissions does not affect another owner's token.
pub async fn rights_of_one_owner_do_not_affect_another(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let token = harness.issued(&owner).await;
    harness.accepts(&token, "before").await;
    harness.set_rights(&other_owner, &["everything".into()]).await?;
    assert_eq!(harness.accepts(&token, "afterwards").await.rights, owner.rights);
    Ok(())
}
