//! A consumer's new token.

use anyhow::bail;
use auth_core::{Entropy, PlainToken, TokenDigest, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::commands::admin::Admin;
use crate::commands::input;

/// The start of every generated token, so that a scanner for leaked secrets recognises it.
const PREFIX: &str = "tsr_c_";

/// The shortest token that a partner may choose, in characters.
const MIN_LENGTH: usize = 16;

/// The digest of a token from standard input, or of a generated one with the token itself.
pub(super) fn new(admin: &Admin, from_stdin: bool) -> anyhow::Result<(TokenDigest, Option<PlainToken>)> {
    match from_stdin {
        true => Ok((TokenDigest::of(given()?.expose_secret().as_bytes()), None)),
        false => {
            let token = generated(&*admin.entropy())?;
            Ok((token.digest(), Some(token)))
        }
    }
}

/// A token of 256 random bits.
fn generated(entropy: &dyn Entropy) -> anyhow::Result<PlainToken> {
    let bytes = Zeroizing::new(random_bytes::<32>(entropy)?);
    Ok(PlainToken::new(format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode(bytes.as_slice())
    )))
}

/// A token that the partner chose, from standard input.
fn given() -> anyhow::Result<SecretString> {
    let token = input::line("the token")?;
    let text = token.expose_secret();
    if text.chars().count() < MIN_LENGTH || text.trim() != text || text.chars().any(char::is_control) {
        bail!(
            "the token on standard input is refused: a token has at least {MIN_LENGTH} characters, no control \
               characters, and no space at its ends"
        );
    }
    Ok(token)
}
