//! Stored values and refresh tokens are refused as access tokens.

use super::fixture::{Harness, IssuerAssertions};
use crate::law::{LawResult, Unsupported};
use crate::simple::hex;

/// A stored digest is not accepted as a token or a part of one: a stolen database cannot be used to sign in.
pub async fn a_stored_digest_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let stored = harness.stored_secrets().await?;
    if stored.is_empty() {
        return Err(Unsupported("nothing derived from a secret is stored").into());
    }
    for secret in &stored {
        let spellings = [
            hex(secret),
            hex(secret).to_uppercase(),
            base64(secret, false),
            base64(secret, true),
        ];
        for spelling in spellings {
            harness
                .refuses_text(&spelling, token.key.as_deref(), "a stored digest")
                .await;
            for text in with_part_replaced(&token.text, &spelling) {
                harness
                    .refuses_text(&text, token.key.as_deref(), "a token of a stored digest")
                    .await;
            }
            if token.key.is_some() {
                harness
                    .refuses_text(&token.text, Some(&spelling), "a stored digest for the key")
                    .await;
            }
        }
    }
    Ok(())
}

/// The token with each of its parts in turn replaced, completely and truncated to the part's length.
fn with_part_replaced(text: &str, by: &str) -> Vec<String> {
    let separator = |c: char| matches!(c, '.' | '|');
    let mut texts = Vec::new();
    for part in text.split(separator).filter(|part| part.len() >= 16) {
        texts.push(text.replace(part, by));
        texts.push(text.replace(part, by.get(..part.len()).unwrap_or(by)));
    }
    texts
}

fn base64(bytes: &[u8], url: bool) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |value: usize| match (LETTERS.get(value), value, url) {
        (Some(letter), ..) => char::from(*letter),
        (None, 62, false) => '+',
        (None, 62, true) => '-',
        (None, _, false) => '/',
        (None, _, true) => '_',
    };
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(letter(bits >> (18 - 6 * place) & 63));
        }
    }
    text
}

/// A refresh token is not accepted as an access token: it is sent elsewhere and is valid for longer.
pub async fn a_refresh_token_is_not_access(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let refresh = harness.refresh_token(&owner).await?;
    let token = harness.issued(&owner).await;
    for key in [None, token.key.as_deref()] {
        harness.refuses_text(&refresh, key, "a refresh token").await;
        harness
            .refuses_text(&refresh.to_uppercase(), key, "a refresh token in upper case")
            .await;
    }
    for text in with_part_replaced(&token.text, &refresh) {
        harness
            .refuses_text(&text, token.key.as_deref(), "a token with a refresh token in it")
            .await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// RFC 4648 10.
    #[test]
    fn base64_is_base64() {
        assert_eq!(base64(b"foobar", false), "Zm9vYmFy");
        assert_eq!(base64(b"foob", false), "Zm9vYg");
        assert_eq!(base64(b"fooba", false), "Zm9vYmE");
        assert_eq!(
            (base64(&[0xfb, 0xff], false), base64(&[0xfb, 0xff], true)),
            ("+/8".into(), "-_8".into())
        );
    }
}
