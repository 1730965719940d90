//! The form of a refresh token.

use zeroize::Zeroize;

use crate::contract::entropy::{Entropy, EntropyError, random_bytes};
use crate::contract::refresh_state::Selector;
use crate::contract::secret::{PlainToken, SecretKey, TokenDigest};

const HALF: usize = 16;

/// A refresh token of the right form: a selector, and a random half of its own. Wiped when dropped.
pub(crate) struct RefreshToken([u8; 2 * HALF]);

impl RefreshToken {
    /// Reads 64 lower-case hexadecimal characters, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 2 * HALF];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = 16 * hex_value(pair[0])? + hex_value(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The first token of a family.
    pub(super) fn first(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        random_bytes(entropy).map(Self)
    }

    /// A new token of an existing family.
    pub(super) fn next(selector: Selector, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self::join(selector, random_bytes(entropy)?))
    }

    fn join(selector: Selector, random: [u8; HALF]) -> Self {
        let mut bytes = [0; 2 * HALF];
        bytes[..HALF].copy_from_slice(&selector.0);
        bytes[HALF..].copy_from_slice(&random);
        Self(bytes)
    }

    pub(crate) fn selector(&self) -> Selector {
        Selector(self.half(0))
    }

    pub(super) fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }

    pub(super) fn to_plain(&self) -> PlainToken {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
        PlainToken::new(self.0.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect())
    }

    /// The random half of `successor`, sealed so that it opens only with `key` and this token.
    pub(super) fn seal(&self, successor: &Self, key: &SecretKey) -> [u8; HALF] {
        self.pad(successor.half(HALF), key)
    }

    /// The successor that [`seal`](Self::seal) sealed. With another key or token it is some other text: compare its
    /// digest.
    pub(super) fn open(&self, sealed: [u8; HALF], key: &SecretKey) -> Self {
        Self::join(self.selector(), self.pad(sealed, key))
    }

    /// A one-time pad: a token has one successor, so the pad is used once.
    fn pad(&self, half: [u8; HALF], key: &SecretKey) -> [u8; HALF] {
        let pad = key.mac(&[&self.0]);
        let mut out = half;
        out.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
        out
    }

    fn half(&self, start: usize) -> [u8; HALF] {
        let mut half = [0; HALF];
        half.copy_from_slice(&self.0[start..start + HALF]);
        half
    }

    #[cfg(test)]
    pub(super) fn alter(&mut self) {
        self.0[2 * HALF - 1] ^= 1;
    }
}

impl Drop for RefreshToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::entropy::SystemEntropy;

    #[test]
    fn a_refresh_token_has_one_spelling() {
        let plain = RefreshToken::first(&SystemEntropy).unwrap().to_plain();
        let text = plain.expose();
        assert_eq!(RefreshToken::parse(text).unwrap().to_plain().expose(), text);
        for bad in [
            String::new(),
            text.to_uppercase() + "G",
            text[1..].into(),
            format!("{text}0"),
            "g".repeat(64),
        ] {
            assert!(RefreshToken::parse(&bad).is_none());
        }
        assert!(RefreshToken::parse(&"A".repeat(64)).is_none());
    }

    #[test]
    fn a_seal_opens_only_with_the_servers_key_and_the_predecessor() {
        let key = SecretKey::from_bytes([9; 32]);
        let token = RefreshToken::first(&SystemEntropy).unwrap();
        let successor = RefreshToken::next(token.selector(), &SystemEntropy).unwrap();
        let sealed = token.seal(&successor, &key);
        assert_ne!(sealed, successor.half(HALF));
        assert!(token.open(sealed, &key).digest() == successor.digest());
        assert!(token.open(sealed, &SecretKey::from_bytes([8; 32])).digest() != successor.digest());
        assert!(successor.open(sealed, &key).digest() != successor.digest());
    }
}
