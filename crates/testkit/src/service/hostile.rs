//! A text that is not a refresh token of this flavour has no effect.

use super::fixture::{Harness, ServiceAssertions};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::LawResult;

/// A refresh token with any character changed is refused and has no effect: guessing must not sign an owner out.
pub async fn an_altered_refresh_token_harms_nothing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the current one").await;
    for token in [&first.refresh, &second.refresh] {
        for (place, digit) in token.char_indices() {
            let other = if digit == '0' { '1' } else { '0' };
            let altered = format!("{}{other}{}", &token[..place], &token[place + 1..]);
            harness.refuses(&altered, "an altered refresh token").await;
        }
    }
    let again = harness.renews(&first.refresh, "a retry after all that").await;
    assert_eq!(again.refresh, second.refresh);
    harness.renews(&second.refresh, "the current one after all that").await;
    Ok(())
}

/// A text that does not have the form of a refresh token is refused without a call to the store.
pub async fn a_malformed_refresh_token_is_refused_without_the_store(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let token = &session.refresh;
    let mut texts = vec![
        String::new(),
        " ".into(),
        "\0".repeat(64),
        "g".repeat(64),
        "é".repeat(32),
        token.to_uppercase(),
        token[1..].to_owned(),
        format!("{token}0"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("0x{}", &token[2..]),
        format!("+{}", &token[1..]),
        token.repeat(16_000),
    ];
    texts.retain(|text| text != token);
    let before = harness.store_calls().await?;
    for text in &texts {
        let shown: String = text.chars().take(20).collect();
        harness.refuses(text, &format!("{shown:?}…")).await;
    }
    assert_eq!(
        harness.store_calls().await? - before,
        0,
        "calls to the store for {} texts",
        texts.len()
    );
    harness.renews(token, "after all that").await;
    Ok(())
}

/// Neither an access token nor its key can be used to refresh.
pub async fn an_access_token_refreshes_nothing(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let parts = session.token.text.split(['.', '|']).map(str::to_owned);
    let mut texts: Vec<String> = parts.chain([session.token.text.clone()]).collect();
    texts.extend(session.token.key.clone());
    for text in &texts {
        harness.refuses(text, "an access token, or part of one").await;
    }
    harness.accepts(&session.token, "after all that").await;
    harness.renews(&session.refresh, "after all that").await;
    Ok(())
}

/// Another flavour refuses a refresh token in any state, and its session is not affected.
pub async fn another_flavour_refuses_a_refresh_token(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the first").await;
    let third = harness.renews(&second.refresh, "the second").await;
    for (token, which) in [(&third, "current"), (&second, "previous"), (&first, "older")] {
        let answer = harness.refresh_foreign(&token.refresh).await?;
        assert!(answer.is_refused(), "the {which} one was answered {answer:?} there");
    }
    let again = harness.renews(&second.refresh, "a retry at its own flavour").await;
    assert_eq!(again.refresh, third.refresh);
    harness
        .renews(&third.refresh, "the current one at its own flavour")
        .await;
    Ok(())
}

/// Random guesses end no session, in whichever part they agree with a token of it, and however many tokens it has had.
pub async fn guesses_end_no_session(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let mut session = first.clone();
    for _ in 0..40 {
        session = harness.renews(&session.refresh, "the current one").await;
    }
    for guess in 0..500_u32 {
        harness.refuses(&format!("{guess:064x}"), "a guess").await;
        for token in [&first.refresh, &session.refresh] {
            let (left, right) = token.split_at(32);
            for guess in [format!("{left}{guess:032x}"), format!("{guess:032x}{right}")] {
                harness.refuses(&guess, "a guess with half of a token").await;
            }
        }
    }
    harness.accepts(&session.token, "after all that").await;
    harness.renews(&session.refresh, "after all that").await;
    Ok(())
}
