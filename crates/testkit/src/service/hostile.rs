//! What is no refresh token of this flavour harms nobody.

use super::fixture::{Harness, ServiceAssertions};
use crate::issuer::fixture::IssuerAssertions;
use crate::law::LawResult;

/// A refresh token with any character changed is refused and harms nothing: whoever guesses must not be able to sign
/// somebody out.
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

/// Text that has not the form of a refresh token is refused before anything is read.
pub async fn a_text_of_another_form_is_refused_unread(harness: Harness) -> LawResult {
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

/// An access token refreshes nothing, nor does its key.
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

/// At another flavour's door a refresh token is unknown, in whatever state it is, and its session is not harmed there.
pub async fn another_flavour_does_not_know_a_refresh_token(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let first = harness.signed_in(&owner).await;
    let second = harness.renews(&first.refresh, "the first").await;
    let third = harness.renews(&second.refresh, "the second").await;
    for (token, which) in [(&third, "current"), (&second, "previous"), (&first, "older")] {
        let answer = harness.refresh_foreign(&token.refresh).await?;
        assert!(answer.is_refused(), "the {which} one was answered {answer:?} there");
    }
    let again = harness.renews(&second.refresh, "a retry at its own door").await;
    assert_eq!(again.refresh, third.refresh);
    harness.renews(&third.refresh, "the current one at its own door").await;
    Ok(())
}

/// Random guesses end nobody's session.
pub async fn guesses_end_no_session(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let session = harness.signed_in(&owner).await;
    let selector = &session.refresh[..32];
    for guess in 0..1000_u32 {
        harness.refuses(&format!("{guess:064x}"), "a guess").await;
        harness
            .refuses(
                &format!("{selector}{guess:032x}"),
                "a guess of somebody who knows the session",
            )
            .await;
    }
    harness.accepts(&session.token, "after all that").await;
    harness.renews(&session.refresh, "after all that").await;
    Ok(())
}
