//! The base64 of bcrypt: its own alphabet, no padding, and here exactly one text for each value.

/// The digits. `.` is zero.
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Marks a byte that is not a digit.
const NONE: u8 = 64;

/// The value of each byte as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Decodes exactly `N` bytes. `None` for another length, a character outside the alphabet, or unused bits that are not
/// zero.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != digits(N) {
        return None;
    }
    let mut bytes = [0; N];
    let mut written = bytes.iter_mut();
    let (mut bits, mut count) = (0_u32, 0);
    for &character in text {
        let value = VALUES[usize::from(character)];
        if value == NONE {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            *written.next()? = (bits >> count) as u8;
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

/// Appends `bytes` to `text`.
pub(crate) fn encode(bytes: &[u8], text: &mut String) {
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..digits(group.len()) {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(ALPHABET[value as usize]));
        }
    }
}

/// The number of digits for `bytes` bytes.
const fn digits(bytes: usize) -> usize {
    (8 * bytes).div_ceil(6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    fn encoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode(bytes, &mut text);
        text
    }

    proptest! {
        #[test]
        fn encoded_bytes_decode_to_themselves(salt: [u8; 16], digest: [u8; 23]) {
            prop_assert_eq!(decode(encoded(&salt).as_bytes()), Some(salt));
            prop_assert_eq!(decode(encoded(&digest).as_bytes()), Some(digest));
        }

        /// A text that decodes is the text that encoding writes: the same salt has no second spelling.
        #[test]
        fn only_the_canonical_text_decodes(text in "[./A-Za-z0-9]{22}") {
            if let Some(bytes) = decode::<16>(text.as_bytes()) {
                prop_assert_eq!(encoded(&bytes), text);
            }
        }
    }

    #[test]
    fn a_last_character_with_unused_bits_is_refused() {
        let good: String = (0..=255_u8)
            .filter(|&last| decode::<16>(&[&[b'.'; 21][..], &[last]].concat()).is_some())
            .map(char::from)
            .collect();
        assert_eq!(good, ".Oeu");
    }

    #[test]
    fn other_lengths_are_refused() {
        for length in (0..40).filter(|&length| length != 22) {
            assert_eq!(decode::<16>(&vec![b'.'; length]), None);
        }
    }
}
