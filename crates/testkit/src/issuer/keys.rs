//! Tokens that are valid only together with a key.

use super::fixture::{Harness, IssuerAssertions, key_bound};
use crate::law::LawResult;

/// A token that was issued with a key is refused without it.
pub async fn without_its_key_a_token_is_refused(harness: Harness) -> LawResult {
    key_bound(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    for key in [None, Some(""), Some(" ")] {
        harness
            .refuses_text(&token.text, key, &format!("a token with the key {key:?}"))
            .await;
    }
    harness.accepts(&token, "with its key").await;
    Ok(())
}

/// A token is refused with any other key, also with the key of another active session of the same owner.
pub async fn with_another_key_a_token_is_refused(harness: Harness) -> LawResult {
    key_bound(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let token = harness.issued(&owner).await;
    let key = token.key.clone().expect("key-bound");
    let others = [harness.issued(&owner).await, harness.issued(&other_owner).await];
    for other in &others {
        harness
            .refuses_text(&token.text, other.key.as_deref(), "a token with another's key")
            .await;
        harness
            .refuses_text(&other.text, token.key.as_deref(), "another's token with this key")
            .await;
    }
    let nil = "00000000-0000-0000-0000-000000000000";
    for wrong in [
        nil,
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "x",
        "\0",
        &"a".repeat(1_000_000),
        &token.text,
    ] {
        harness
            .refuses_text(&token.text, Some(wrong), "a token with a made-up key")
            .await;
    }
    for place in 0..key.len() {
        let mut altered = key.clone().into_bytes();
        altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
        let altered = String::from_utf8(altered).expect("ASCII");
        harness
            .refuses_text(&token.text, Some(&altered), "a token with an altered key")
            .await;
    }
    harness.accepts(&token, "with its own").await;
    Ok(())
}

/// A key is accepted as it was issued and in no other spelling: a second spelling could survive a revocation.
pub async fn a_key_has_one_spelling(harness: Harness) -> LawResult {
    key_bound(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let key = token.key.clone().expect("key-bound");
    let spellings = [
        key.to_uppercase(),
        key.replace('-', ""),
        format!("{{{key}}}"),
        format!("urn:uuid:{key}"),
        format!("{key} "),
        format!(" {key}"),
        format!("{key}\n"),
        format!("{key}\0"),
        format!("{key}0"),
        key[..key.len() - 1].to_owned(),
        format!("\"{key}\""),
        format!("{key},{key}"),
    ];
    for spelling in spellings.iter().filter(|spelling| **spelling != key) {
        harness
            .refuses_text(&token.text, Some(spelling), &format!("the key spelled {spelling:?}"))
            .await;
    }
    Ok(())
}

/// The key is not a token, and the token is not a key.
pub async fn a_key_alone_is_refused(harness: Harness) -> LawResult {
    key_bound(&harness)?;
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let key = token.key.as_deref().expect("key-bound");
    for (text, beside) in [
        (key, None),
        (key, Some(key)),
        (key, Some(token.text.as_str())),
        ("", Some(key)),
    ] {
        harness.refuses_text(text, beside, "a key without its token").await;
    }
    Ok(())
}
