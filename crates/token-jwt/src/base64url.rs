//! base64url without padding, in its one canonical spelling (RFC 7515 section 2, RFC 4648 section 3.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical unpadded base64url: a character outside the alphabet, padding, white space, an
/// impossible length, unused bits that are not zero, or more than the caller has room for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Decodes into the front of `room` and returns that part.
pub(crate) fn decode<'a>(text: &[u8], room: &'a mut [u8]) -> Result<&'a [u8], NotBase64Url> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, room).map_err(|_| NotBase64Url)?;
    room.get(..length).ok_or(NotBase64Url)
}

/// Decodes into new memory; for keys, never on the way of a token.
pub(crate) fn decode_to_vec(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// The one text of these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the one text of these bytes.
pub(crate) fn encode_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// How many characters `bytes` bytes become.
pub(crate) const fn text_length(bytes: usize) -> usize {
    (bytes / 3) * 4 + [0, 2, 3][bytes % 3]
}

/// How many bytes `characters` characters become at most.
pub(crate) const fn byte_length(characters: usize) -> usize {
    (characters / 4) * 3 + [0, 0, 1, 2][characters % 4]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
        let mut room = vec![0; text.len()];
        decode(text, &mut room).map(<[u8]>::to_vec)
    }

    /// The definition, written the slow way: six bits for each character, nothing left over.
    fn oracle(text: &[u8]) -> Option<Vec<u8>> {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut bits = Vec::new();
        for character in text {
            let value = ALPHABET.iter().position(|known| known == character)?;
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
            prop_assert_eq!(text.len(), text_length(bytes.len()));
            prop_assert_eq!(byte_length(text.len()), bytes.len());
            prop_assert_eq!(decoded(text.as_bytes()), Ok(bytes));
        }

        #[test]
        fn near_misses_are_judged_as_the_definition_judges_them(
            text in prop::collection::vec(prop::sample::select(b"AQgwBZz09-_+/= \n.\0\xc3".to_vec()), 0..12),
        ) {
            prop_assert_eq!(decoded(&text).ok(), oracle(&text));
        }
    }

    #[test]
    fn a_full_room_is_an_error_and_not_a_panic() {
        assert_eq!(decode(b"Zm9v", &mut [0; 2]), Err(NotBase64Url));
        assert_eq!(decode(b"Zm9v", &mut [0; 3]), Ok(&b"foo"[..]));
        assert_eq!(decode(b"", &mut []), Ok(&b""[..]));
    }
}
