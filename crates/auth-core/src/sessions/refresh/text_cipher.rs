//! The text of a refresh token is an encryption of what it consists of.

use crate::contract::secret::SecretKey;

/// Half of a refresh token.
pub(super) type Half = [u8; 16];

/// Four rounds, so that nobody without the key can make a text of which any part opens as wanted, even with answers to
/// guesses (Luby and Rackoff, 1988).
const ROUNDS: u8 = 4;

/// A permutation of 32 bytes under a key: a Feistel network over HMAC-SHA-256.
///
/// A text that was altered, or made up, opens to random bytes. So a text that opens to the bits of a family was once
/// issued to that family: it needs no signature of its own, and no list of what was issued.
pub(super) struct TextCipher(SecretKey);

impl TextCipher {
    /// The cipher of the tokens that are sealed with `key`.
    pub(super) fn of(key: &SecretKey) -> Self {
        Self(key.derive("the text of refresh tokens"))
    }

    /// What may be shown of two halves.
    pub(super) fn encrypt(&self, (mut left, mut right): (Half, Half)) -> (Half, Half) {
        for round in 0..ROUNDS {
            (left, right) = (right, self.mixed(round, left, &right));
        }
        (left, right)
    }

    /// The two halves of what was shown.
    pub(super) fn decrypt(&self, (mut left, mut right): (Half, Half)) -> (Half, Half) {
        for round in (0..ROUNDS).rev() {
            (left, right) = (self.mixed(round, right, &left), left);
        }
        (left, right)
    }

    fn mixed(&self, round: u8, mut half: Half, with: &Half) -> Half {
        let pad = self.0.mac(&[&[round], with]);
        half.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
        half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_decrypted_by_the_same_key_alone() {
        let (cipher, other) = ([1; 32], [2; 32]);
        let [cipher, other] = [cipher, other].map(|key| TextCipher::of(&SecretKey::from_bytes(key)));
        for halves in [([0; 16], [0; 16]), ([7; 16], [9; 16])] {
            let shown = cipher.encrypt(halves);
            assert_eq!(cipher.decrypt(shown), halves);
            assert_ne!(other.decrypt(shown).0, halves.0);
        }
    }

    #[test]
    fn neither_half_is_shown_and_a_changed_bit_changes_both() {
        let cipher = TextCipher::of(&SecretKey::from_bytes([1; 32]));
        let family = [5; 16];
        let texts: Vec<_> = (0..64).map(|n| cipher.encrypt((family, [n; 16]))).collect();
        for (i, (left, right)) in texts.iter().enumerate() {
            assert!(*left != family && *right != family);
            assert!(texts[..i].iter().all(|(l, r)| l != left && r != right));
            for bit in 0..128 {
                let mut altered = (*left, *right);
                altered.1[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(cipher.decrypt(altered).0, family);
            }
        }
    }
}
