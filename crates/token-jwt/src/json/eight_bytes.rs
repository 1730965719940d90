//! Eight bytes of a JSON text at a time: where a plain run of a string ends, and the value of a run of digits.

/// Where, from `at` on, there is a quote, a backslash, a control character or the end: eight bytes at a time.
#[inline]
pub(super) fn plain_end(bytes: &[u8], at: usize) -> usize {
    let (words, rest) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    for (index, eight) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*eight));
        if found != 0 {
            return at + 8 * index + found.trailing_zeros() as usize / 8;
        }
    }
    let special = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    at + 8 * words.len() + special.unwrap_or(rest.len())
}

/// The high bit of each byte of a word that ends a plain run of a string: a quote, a backslash or a control character.
/// Exact up to the first such byte.
#[inline]
pub(super) fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let quote = below(word ^ (ONES * b'"' as u64), 1);
    let backslash = below(word ^ (ONES * b'\\' as u64), 1);
    (below(word, 0x20) | quote | backslash) & HIGHS
}

/// The eight bytes at a position, the first of them lowest; NUL after the end of the text. `None` for a position beyond it.
#[inline(always)]
pub(super) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    let rest = bytes.get(at..)?;
    match rest.first_chunk::<8>() {
        Some(eight) => Some(u64::from_le_bytes(*eight)),
        None => Some(last_word(rest)),
    }
}

#[inline(never)]
fn last_word(rest: &[u8]) -> u64 {
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// How many of eight bytes are digits before the first that is not, and the number that they make.
#[inline(always)]
pub(super) fn digit_run(word: u64) -> (usize, u64) {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // A digit becomes a value below ten. Adding 0x76 sets the high bit of any other byte that does not have it yet.
    let values = word ^ ZEROS;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGHS;
    let count = others.trailing_zeros() as usize / 8;
    if count == 0 {
        return (0, 0);
    }
    // The last digit goes to the highest byte, with zeros before the first; then digits are joined to pairs, fours, eight.
    let digits = values << (64 - 8 * count);
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    (count, fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// The factor of a number that this many digits follow.
pub(super) const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes at and near the bounds of what is searched for, digits more often than others.
    fn bytes(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
        let digits = prop::sample::select(b"0123456789".to_vec());
        let others = prop::sample::select(b"/:\"!#\\[]az\x00\x01\x1f\x20\x7f\x80\xa2\xaf\xb0\xb9\xba\xdc\xff".to_vec());
        prop::collection::vec(prop_oneof![6 => digits, 1 => others, 1 => any::<u8>()], length)
    }

    fn is_special(byte: &u8) -> bool {
        *byte < 0x20 || *byte == b'"' || *byte == b'\\'
    }

    proptest! {
        #[test]
        fn digits_are_read_as_far_as_they_go(bytes in bytes(8)) {
            let word = u64::from_le_bytes(bytes.clone().try_into().unwrap());
            let digits: String = bytes.iter().map(|byte| char::from(*byte)).take_while(char::is_ascii_digit).collect();
            prop_assert_eq!(digit_run(word), (digits.len(), digits.parse().unwrap_or(0)));
        }

        #[test]
        fn the_first_special_byte_is_found(bytes in bytes(8)) {
            let word = u64::from_le_bytes(bytes.clone().try_into().unwrap());
            let first = bytes.iter().position(is_special).unwrap_or(8);
            prop_assert_eq!(specials(word).trailing_zeros() as usize / 8, first);
            prop_assert_eq!(specials(word) & !0x8080_8080_8080_8080, 0);
        }

        #[test]
        fn a_plain_run_ends_where_its_definition_ends_it(bytes in bytes(0..40), at in 0_usize..45) {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = rest.iter().position(is_special).unwrap_or(rest.len());
            prop_assert_eq!(plain_end(&bytes, at), at + length);
        }

        #[test]
        fn a_word_is_the_next_eight_bytes_with_zeros_after_the_end(bytes in bytes(0..20), at in 0_usize..25) {
            let expected = bytes.get(at..).map(|rest| {
                let mut word = [0; 8];
                let length = rest.len().min(8);
                word[..length].copy_from_slice(&rest[..length]);
                u64::from_le_bytes(word)
            });
            prop_assert_eq!(word_at(&bytes, at), expected);
        }
    }

    #[test]
    fn every_byte_is_classified_at_every_position() {
        for position_in_word in 0..8 {
            for byte in 0..=255 {
                let mut bytes = [b'7'; 8];
                bytes[position_in_word] = byte;
                let word = u64::from_le_bytes(bytes);
                let expected = if byte.is_ascii_digit() { 8 } else { position_in_word };
                assert_eq!(digit_run(word).0, expected, "{byte} {position_in_word}");
                let expected = if is_special(&byte) { position_in_word } else { 8 };
                assert_eq!(
                    specials(word).trailing_zeros() as usize / 8,
                    expected,
                    "{byte} {position_in_word}"
                );
            }
        }
    }
}
