//! The new secret of a consumer or a resource server, given or generated.

use anyhow::bail;
use auth_core::{PlainToken, TokenDigest};
use secrecy::{ExposeSecret, SecretString};

use super::admin::Admin;
use super::input;

pub use crate::acts::secret::SecretKind;

/// The shortest secret that an operator may choose, in characters.
const MIN_LENGTH: usize = 16;

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
