//! The new secret of a consumer or a resource server.

use anyhow::bail;
use auth_core::{Entropy, PlainToken, TokenDigest, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::admin::Admin;
use super::input;

/// The shortest secret that an operator may choose, in characters.
const MIN_LENGTH: usize = 16;

/// One kind of secret.
pub struct SecretKind {
    /// The start of every generated one, so that a scanner for leaked secrets recognises it.
    pub prefix: &'static str,
    /// What it is called: `token`, `secret`.
    pub noun: &'static str,
}

impl SecretKind {
    /// The digest of a secret from standard input, or of a generated one with the secret itself.
    pub fn make(&self, admin: &Admin, from_stdin: bool) -> anyhow::Result<(TokenDigest, Option<PlainToken>)> {
        match from_stdin {
            true => Ok((TokenDigest::of(self.given()?.expose_secret().as_bytes()), None)),
            false => {
                let secret = self.generated(&*admin.entropy())?;
                Ok((secret.digest(), Some(secret)))
            }
        }
    }

    /// A secret of 256 random bits.
    fn generated(&self, entropy: &dyn Entropy) -> anyhow::Result<PlainToken> {
        let bytes = Zeroizing::new(random_bytes::<32>(entropy)?);
        let text = URL_SAFE_NO_PAD.encode(bytes.as_slice());
        Ok(PlainToken::new(format!("{}{text}", self.prefix)))
    }

    /// A secret that somebody chose, from standard input.
    fn given(&self) -> anyhow::Result<SecretString> {
        let noun = self.noun;
        let secret = input::line(&format!("the {noun}"))?;
        let text = secret.expose_secret();
        if text.chars().count() < MIN_LENGTH || text.trim() != text || text.chars().any(char::is_control) {
            bail!(
                "the {noun} on standard input is refused: a {noun} has at least {MIN_LENGTH} characters, no control \
                   characters, and no space at its ends"
            );
        }
        Ok(secret)
    }
}
