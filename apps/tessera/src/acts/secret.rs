//! The new secret of a consumer or a resource server.

use auth_core::{Entropy, EntropyError, PlainToken, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// One kind of secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretKind {
    /// The start of every generated one, so that a scanner for leaked secrets recognises it.
    pub prefix: &'static str,
    /// What it is called: `token`, `secret`.
    pub noun: &'static str,
}

impl SecretKind {
    /// A secret of 256 random bits.
    pub fn generated(&self, entropy: &dyn Entropy) -> Result<PlainToken, EntropyError> {
        let bytes = Zeroizing::new(random_bytes::<32>(entropy)?);
        let text = URL_SAFE_NO_PAD.encode(bytes.as_slice());
        Ok(PlainToken::new(format!("{}{text}", self.prefix)))
    }
}
