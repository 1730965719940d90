//! base64url without padding, in its canonical form (RFC 7515 section 2, RFC 4648 section 3.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical unpadded base64url: a character outside the alphabet, padding, white space, an
/// impossible length, unused bits that are not zero, or longer than the caller's buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Decodes into the front of `buffer` and returns that part.
///
/// Every token goes through here, and it is half of the work beside the signature. For texts of this length the decoder
/// of the crate `base64` takes twice as long; the tests compare the two.
pub(crate) fn decode<'a>(text: &[u8], buffer: &'a mut [u8]) -> Result<&'a [u8], NotBase64Url> {
    let buffer = buffer.get_mut(..byte_length(text.len())).ok_or(NotBase64Url)?;
    let (groups, rest) = text.as_chunks::<8>();
    let (whole, part) = buffer.split_at_mut(groups.len() * 6);
    let mut bad = 0;
    for (eight, six) in groups.iter().zip(whole.as_chunks_mut::<6>().0) {
        let [a, b, c, d, e, f, g, h] = *eight;
        let (high, low) = (four(a, b, c, d), four(e, f, g, h));
        bad |= high | low;
        let [_, _, bytes @ ..] = (u64::from(high) << 24 | u64::from(low)).to_be_bytes();
        *six = bytes;
    }
    if bad & INVALID != 0 {
        return Err(NotBase64Url);
    }
    decode_rest(rest, part)?;
    Ok(buffer)
}

/// The 24 bits of four characters, or [`INVALID`] among them.
#[inline]
fn four(a: u8, b: u8, c: u8, d: u8) -> u32 {
    let [first, second, third, fourth] = &VALUES;
    first[usize::from(a)] | second[usize::from(b)] | third[usize::from(c)] | fourth[usize::from(d)]
}

/// Decodes the last seven characters or fewer; `part` is as long as their bytes.
#[inline]
fn decode_rest(rest: &[u8], part: &mut [u8]) -> Result<(), NotBase64Url> {
    let (mut bits, mut bad) = (0_u64, 0);
    for character in rest {
        let value = VALUES[3][usize::from(*character)];
        bad |= value;
        bits = bits << 6 | u64::from(value);
    }
    // Bits beyond the last whole byte must be zero; six of them or more are a character too many.
    let beyond = rest.len() * 6 - part.len() * 8;
    if bad & INVALID != 0 || beyond >= 6 || bits & ((1 << beyond) - 1) != 0 {
        return Err(NotBase64Url);
    }
    let bytes = (bits >> beyond).to_le_bytes();
    for (target, byte) in part.iter_mut().rev().zip(bytes) {
        *target = byte;
    }
    Ok(())
}

/// A bit that no value has: the character is not in the alphabet.
const INVALID: u32 = 1 << 31;

/// The value of each character of the alphabet (RFC 4648 section 5), at each of the four positions in its group.
static VALUES: [[u32; 256]; 4] = {
    let mut values = [[INVALID; 256]; 4];
    let mut value = 0_u8;
    while value < 64 {
        let character = match value {
            0..26 => b'A' + value,
            26..52 => b'a' + value - 26,
            52..62 => b'0' + value - 52,
            62 => b'-',
            _ => b'_',
        };
        let mut position = 0;
        while position < 4 {
            values[position][character as usize] = (value as u32) << (18 - 6 * position);
            position += 1;
        }
        value += 1;
    }
    values
};

/// Decodes into new memory. For keys; tokens go through [`decode`].
pub(crate) fn decode_to_vec(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// The canonical text of these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the canonical text of these bytes. Every token that is signed goes through here.
pub(crate) fn encode_onto(bytes: &[u8], text: &mut Vec<u8>) {
    let (groups, rest) = bytes.as_chunks::<3>();
    let start = text.len();
    text.resize(start + text_length(bytes.len()), 0);
    let (whole, part) = text[start..].split_at_mut(groups.len() * 4);
    for (group, four) in groups.iter().zip(whole.as_chunks_mut::<4>().0) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        *four = [18, 12, 6, 0].map(|shift| character(bits >> shift));
    }
    match *rest {
        [a] => part.copy_from_slice(&[6, 0].map(|shift| character(u32::from(a) << 4 >> shift))),
        [a, b] => {
            let bits = u32::from(a) << 10 | u32::from(b) << 2;
            part.copy_from_slice(&[12, 6, 0].map(|shift| character(bits >> shift)));
        }
        _ => {}
    }
}

/// The character of the lowest six bits.
#[inline]
fn character(bits: u32) -> u8 {
    ALPHABET[(bits & 63) as usize]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How many characters `bytes` bytes become.
pub(crate) const fn text_length(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}

/// How many bytes `characters` characters become at most.
pub(crate) const fn byte_length(characters: usize) -> usize {
    characters / 4 * 3 + characters % 4 * 3 / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
        let mut buffer = vec![0; text.len()];
        decode(text, &mut buffer).map(<[u8]>::to_vec)
    }

    /// The definition, without regard to speed: six bits for each character, nothing left over.
    fn oracle(text: &[u8]) -> Option<Vec<u8>> {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut bits = Vec::new();
        for character in text {
            let value = ALPHABET.iter().position(|own| own == character)?;
            bits.extend((0..6).rev().map(|bit| value >> bit & 1));
        }
        let rest = bits.split_off(bits.len() / 8 * 8);
        (rest.len() < 6 && rest.iter().all(|bit| *bit == 0)).then(|| {
            bits.chunks(8)
                .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | *bit as u8))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_byte_string_has_exactly_one_text(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let text = encode(&bytes);
            let mut appended = b"before".to_vec();
            encode_onto(&bytes, &mut appended);
            prop_assert_eq!(&appended[6..], text.as_bytes());
            prop_assert_eq!(text.len(), text_length(bytes.len()));
            prop_assert_eq!(byte_length(text.len()), bytes.len());
            prop_assert_eq!(decoded(text.as_bytes()), Ok(bytes));
        }

        #[test]
        fn near_misses_give_the_same_result_as_the_definition(
            text in prop::collection::vec(prop::sample::select(b"AQgwBZz09-_+/= \n.\0\xc3".to_vec()), 0..12),
        ) {
            prop_assert_eq!(decoded(&text).ok(), oracle(&text));
            prop_assert_eq!(decoded(&text).ok(), URL_SAFE_NO_PAD.decode(&text).ok());
        }

        #[test]
        fn one_changed_character_gives_the_same_result_as_the_general_decoder(
            bytes in prop::collection::vec(any::<u8>(), 1..60),
            at in any::<prop::sample::Index>(),
            character in any::<u8>(),
        ) {
            let mut text = encode(&bytes).into_bytes();
            let at = at.index(text.len());
            text[at] = character;
            prop_assert_eq!(decoded(&text).ok(), URL_SAFE_NO_PAD.decode(&text).ok());
        }
    }

    #[test]
    fn two_bad_characters_do_not_cancel_out() {
        for length in [8, 11, 16] {
            for first in 0..length {
                for second in 0..length {
                    let mut text = vec![b'A'; length];
                    assert!(decoded(&text).is_ok());
                    (text[first], text[second]) = (b'!', b'=');
                    assert_eq!(decoded(&text), Err(NotBase64Url), "{first} {second}");
                }
            }
            assert_eq!(decoded(&vec![b'!'; length]), Err(NotBase64Url));
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_an_error_and_not_a_panic() {
        assert_eq!(decode(b"Zm9v", &mut [0; 2]), Err(NotBase64Url));
        assert_eq!(decode(b"Zm9v", &mut [0; 3]), Ok(&b"foo"[..]));
        assert_eq!(decode(b"", &mut []), Ok(&b""[..]));
    }
}
