//! The format `<id>|<secret>`: parsing and printing.

use std::fmt;

use auth_core::{Entropy, EntropyError, PlainToken, SecretKey, TokenDigest, TokenId, random_bytes};

/// The length of a secret.
pub const SECRET_CHARS: usize = 40;

/// The longest token: 19 digits, the `|`, the secret.
pub const MAX_BYTES: usize = 19 + 1 + SECRET_CHARS;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A byte below this limit is used modulo 62; others are discarded, so that every character is equally likely.
const UNBIASED_LIMIT: u8 = 248;

/// An opaque token as presented: well-formed, and not yet checked.
#[derive(Clone, Copy)]
pub struct OpaqueToken<'a> {
    /// The number of its record.
    pub id: TokenId,
    secret: &'a str,
}

impl<'a> OpaqueToken<'a> {
    /// Parses the only spelling of a token: a positive number without sign or leading zero, one `|`, 40 characters of
    /// `A-Z a-z 0-9`. Everything else is `None`; a text longer than [`MAX_BYTES`] is not read.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (id, secret) = (text.len() <= MAX_BYTES).then(|| text.split_once('|'))??;
        let id = TokenId::parse(id).filter(|id| id.0 > 0)?;
        let whole = secret.len() == SECRET_CHARS && secret.bytes().all(|b| b.is_ascii_alphanumeric());
        whole.then_some(Self { id, secret })
    }

    /// The digest of the secret.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.secret.as_bytes())
    }
}

impl fmt::Debug for OpaqueToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueToken({}|redacted)", self.id)
    }
}

/// The secret part of a new token.
#[derive(Debug)]
pub struct OpaqueSecret(PlainToken);

impl OpaqueSecret {
    /// 40 characters from the random source.
    ///
    /// # Errors
    /// If the source fails.
    pub fn random(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Self::collect(|_| random_bytes(entropy))
    }

    /// The 40 characters for this salt under this key. Without the key, the salt reveals nothing about them.
    #[allow(clippy::missing_panics_doc, reason = "the blocks of a MAC do not fail")]
    pub fn derived(key: &SecretKey, salt: &[u8; 16]) -> Self {
        let block = |n: u64| Ok::<_, EntropyError>(key.mac(&[salt, &n.to_be_bytes()]));
        Self::collect(block).expect("a MAC does not fail")
    }

    /// The digest, which may be stored.
    pub fn digest(&self) -> TokenDigest {
        self.0.digest()
    }

    /// The complete token, to show to its owner.
    pub fn into_token(self, id: TokenId) -> PlainToken {
        PlainToken::new(format!("{id}|{}", self.0.expose()))
    }

    fn collect<E>(mut block: impl FnMut(u64) -> Result<[u8; 32], E>) -> Result<Self, E> {
        let mut text = String::with_capacity(SECRET_CHARS);
        let mut blocks = 0;
        while text.len() < SECRET_CHARS {
            let unbiased = block(blocks)?.into_iter().filter(|byte| *byte < UNBIASED_LIMIT);
            let room = SECRET_CHARS - text.len();
            text.extend(
                unbiased
                    .take(room)
                    .map(|byte| char::from(ALPHABET[usize::from(byte % 62)])),
            );
            blocks += 1;
        }
        Ok(Self(PlainToken::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_core::SystemEntropy;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn a_printed_token_parses() {
        let secret = OpaqueSecret::random(&SystemEntropy).unwrap();
        let digest = secret.digest();
        let token = secret.into_token(TokenId(17));
        let parsed = OpaqueToken::parse(token.expose()).unwrap();
        assert_eq!(parsed.id, TokenId(17));
        assert!(parsed.digest() == digest);
    }

    #[test]
    fn the_example_of_the_device_document_parses() {
        let token = OpaqueToken::parse("1|63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU").unwrap();
        assert_eq!(token.id, TokenId(1));
        assert_eq!(format!("{token:?}"), "OpaqueToken(1|redacted)");
    }

    #[test]
    fn the_longest_token_parses() {
        let text = format!("{}|{}", i64::MAX, "a".repeat(SECRET_CHARS));
        assert_eq!(text.len(), MAX_BYTES);
        assert_eq!(OpaqueToken::parse(&text).unwrap().id, TokenId(i64::MAX));
    }

    #[test]
    fn no_other_text_parses() {
        let secret = "a".repeat(SECRET_CHARS);
        let texts = ["0|", "-1|", "01|", "|", "1||", "1| "].map(|start| format!("{start}{secret}"));
        let others = [
            format!("1|{}", "a".repeat(39)),
            format!("1|{}-", "a".repeat(39)),
            format!("1|{secret}a"),
        ];
        for text in texts.iter().chain(&others) {
            assert!(OpaqueToken::parse(text).is_none(), "{text}");
        }
    }

    /// A source of these bytes, again and again.
    #[derive(Debug)]
    struct Fixed([u8; 32]);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes
                .iter_mut()
                .zip(self.0.iter().cycle())
                .for_each(|(to, from)| *to = *from);
            Ok(())
        }
    }

    #[test]
    fn bytes_that_would_favour_the_first_letters_are_discarded() {
        let mut bytes = [UNBIASED_LIMIT; 32];
        bytes[1] = UNBIASED_LIMIT - 1;
        assert_eq!(
            OpaqueSecret::random(&Fixed(bytes)).unwrap().0.expose(),
            "9".repeat(SECRET_CHARS)
        );
    }

    /// Shared tokens are derived again at each call: another derivation would end all that were handed out. The value was
    /// computed with Python's `hmac`.
    #[test]
    fn a_derived_secret_is_the_same_in_every_version() {
        let secret = OpaqueSecret::derived(&SecretKey::from_bytes([1; 32]), &[3; 16]);
        assert_eq!(secret.0.expose(), "CFuRpBUE9J7BVWqGBp3fj96EED3oGWJEKlS4EXon");
    }

    #[test]
    fn every_character_is_equally_likely() {
        let mut counts = HashMap::<char, u32>::new();
        for _ in 0..2000 {
            let secret = OpaqueSecret::random(&SystemEntropy).unwrap();
            secret
                .0
                .expose()
                .chars()
                .for_each(|c| *counts.entry(c).or_default() += 1);
        }
        let expected = 2000.0 * 40.0 / 62.0;
        let chi_squared: f64 = counts
            .values()
            .map(|n| (f64::from(*n) - expected).powi(2) / expected)
            .sum();
        assert_eq!(counts.len(), 62);
        // 61 degrees of freedom: an unbiased source exceeds 140 once in ten million runs; bytes modulo 62 without
        // discarding any give about 800.
        assert!(chi_squared < 140.0, "{chi_squared}");
    }

    #[test]
    fn a_derived_secret_depends_on_key_and_salt_alone() {
        let (key, other) = (SecretKey::from_bytes([1; 32]), SecretKey::from_bytes([2; 32]));
        let text = |key, salt| OpaqueSecret::derived(key, &salt).0.expose().to_owned();
        assert_eq!(text(&key, [3; 16]), text(&key, [3; 16]));
        assert_ne!(text(&key, [3; 16]), text(&key, [4; 16]));
        assert_ne!(text(&key, [3; 16]), text(&other, [3; 16]));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC*") {
            let _ = OpaqueToken::parse(&text);
        }

        #[test]
        fn a_parsed_token_has_one_spelling(text in "[0-9+ ]{0,4}[|]{0,2}[A-Za-z0-9]{39,41}") {
            if let Some(token) = OpaqueToken::parse(&text) {
                prop_assert_eq!(format!("{}|{}", token.id, token.secret), text);
            }
        }
    }
}
