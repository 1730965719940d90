//! The form of a refresh token.

use zeroize::Zeroize;

use super::text_cipher::{Half, TextCipher};
use crate::contract::entropy::{Entropy, EntropyError, random_bytes};
use crate::contract::refresh_state::Selector;
use crate::contract::secret::{PlainToken, SecretKey, TokenDigest};

const HALF: usize = 16;

/// A refresh token: the bits of its family, and a random half of its own. Its text shows neither: both are encrypted by a
/// [`TextCipher`]. Wiped when dropped.
pub(crate) struct RefreshToken {
    bytes: [u8; 2 * HALF],
    /// It came out of a text that only the server can make. Then it was issued, if there is a family with its bits.
    proven: bool,
}

impl RefreshToken {
    /// Reads 64 lower-case hexadecimal characters, and nothing else. The first reading is the right one, unless the
    /// token was issued before texts were encrypted: those show their bits, which is the second.
    pub(crate) fn read(text: &str, key: &SecretKey) -> Option<[Self; 2]> {
        let mut bytes = [0; 2 * HALF];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = 16 * hex_value(pair[0])? + hex_value(pair[1])?;
        }
        let shown = Self { bytes, proven: false };
        let (family, random) = TextCipher::of(key).decrypt((shown.half(0), shown.half(HALF)));
        Some([Self::join(family, random), shown])
    }

    /// The first token of a family.
    pub(super) fn first(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            bytes: random_bytes(entropy)?,
            proven: true,
        })
    }

    /// A new token of the family of this one.
    pub(super) fn next(&self, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self::join(self.half(0), random_bytes(entropy)?))
    }

    fn join(family: Half, random: Half) -> Self {
        let mut bytes = [0; 2 * HALF];
        bytes[..HALF].copy_from_slice(&family);
        bytes[HALF..].copy_from_slice(&random);
        Self { bytes, proven: true }
    }

    pub(crate) fn selector(&self) -> Selector {
        Selector::of(&self.half(0))
    }

    /// Whether it was issued, provided that there is a session with its selector.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    pub(super) fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.bytes)
    }

    /// Its text.
    pub(super) fn to_plain(&self, key: &SecretKey) -> PlainToken {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
        let (left, right) = TextCipher::of(key).encrypt((self.half(0), self.half(HALF)));
        let bytes = left.iter().chain(&right);
        PlainToken::new(bytes.flat_map(|b| [digit(b >> 4), digit(*b)]).collect())
    }

    /// The random half of `successor`, sealed so that it opens only with `key` and this token.
    pub(super) fn seal(&self, successor: &Self, key: &SecretKey) -> [u8; HALF] {
        self.pad(successor.half(HALF), key)
    }

    /// The successor that [`seal`](Self::seal) sealed. With another key or token it is some other text: compare its
    /// digest.
    pub(super) fn open(&self, sealed: [u8; HALF], key: &SecretKey) -> Self {
        Self::join(self.half(0), self.pad(sealed, key))
    }

    /// A one-time pad: a token has one successor, so the pad is used once.
    fn pad(&self, half: [u8; HALF], key: &SecretKey) -> [u8; HALF] {
        let pad = key.mac(&[&self.bytes]);
        let mut out = half;
        out.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
        out
    }

    fn half(&self, start: usize) -> [u8; HALF] {
        let mut half = [0; HALF];
        half.copy_from_slice(&self.bytes[start..start + HALF]);
        half
    }

    #[cfg(test)]
    pub(super) fn halves(&self) -> [Half; 2] {
        [self.half(0), self.half(HALF)]
    }

    #[cfg(test)]
    pub(super) fn half_of_its_own(&self) -> Half {
        self.half(HALF)
    }

    /// The token as one that was issued before texts were encrypted.
    #[cfg(test)]
    pub(super) fn shown(&self) -> Self {
        let bytes = self.bytes;
        Self { bytes, proven: false }
    }

    #[cfg(test)]
    pub(super) fn alter(&mut self) {
        self.bytes[2 * HALF - 1] ^= 1;
    }
}

impl Drop for RefreshToken {
    fn drop(&mut self) {
        self.bytes.zeroize();
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
        let key = SecretKey::from_bytes([9; 32]);
        let token = RefreshToken::first(&SystemEntropy).unwrap();
        let plain = token.to_plain(&key);
        let text = plain.expose();
        let [read, shown] = RefreshToken::read(text, &key).unwrap();
        assert!(read.bytes == token.bytes && read.proven);
        assert!(shown.bytes != token.bytes && !shown.proven);
        assert_eq!(read.to_plain(&key).expose(), text);
        for bad in [
            String::new(),
            text.to_uppercase() + "G",
            text[1..].into(),
            format!("{text}0"),
            "g".repeat(64),
        ] {
            assert!(RefreshToken::read(&bad, &key).is_none());
        }
        assert!(RefreshToken::read(&"A".repeat(64), &key).is_none());
    }

    #[test]
    fn a_seal_opens_only_with_the_servers_key_and_the_predecessor() {
        let key = SecretKey::from_bytes([9; 32]);
        let token = RefreshToken::first(&SystemEntropy).unwrap();
        let successor = token.next(&SystemEntropy).unwrap();
        let sealed = token.seal(&successor, &key);
        assert_ne!(sealed, successor.half(HALF));
        assert!(token.open(sealed, &key).digest() == successor.digest());
        assert!(token.open(sealed, &SecretKey::from_bytes([8; 32])).digest() != successor.digest());
        assert!(successor.open(sealed, &key).digest() != successor.digest());
    }
}
