//! Finds HMAC keys that are long enough and can be guessed all the same.

use super::der;

/// Whether a key looks like text that a person typed, a pattern, or a public key used as a secret.
///
/// A key of 32 random bytes is not affected: the loosest rule below applies to fewer than one in 10^20 of them.
pub(super) fn is_weak(key: &[u8]) -> bool {
    few_values(key) || repeats(without_padding(key)) || is_made_of_common_words(key) || public_text(key)
}

/// Fewer than eight different bytes.
fn few_values(key: &[u8]) -> bool {
    let mut seen = [false; 256];
    key.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|occurs| **occurs).count() < 8
}

/// Fewer than 16 bytes, over and over; also where the last repetition is cut.
fn repeats(key: &[u8]) -> bool {
    key.len() < 16 || (1..16).any(|period| key.iter().zip(key.iter().skip(period)).all(|(a, b)| a == b))
}

/// The key without the four or more equal bytes that pad its end.
fn without_padding(key: &[u8]) -> &[u8] {
    let padding = key.iter().rev().take_while(|byte| Some(*byte) == key.last()).count();
    if padding < 4 {
        key
    } else {
        key.get(..key.len() - padding).unwrap_or_default()
    }
}

/// Keys of tutorials, sample tokens and example configurations: printable text that consists almost only of the words
/// below and of signs between them.
fn is_made_of_common_words(key: &[u8]) -> bool {
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let Some(text) = std::str::from_utf8(key).ok().filter(|_| key.iter().all(printable)) else {
        return false;
    };
    let mut rest = text.to_ascii_lowercase();
    for word in WORDS {
        rest = rest.replace(word, "");
    }
    rest.bytes().filter(|byte| !b"-_ .,:!?/".contains(byte)).count() < 12
}

/// Longer words first, so that removing a short one does not hide a long one.
const WORDS: [&str; 44] = [
    "qwertyuiopasdfghjklzxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789abcdef",
    "supersecret",
    "qwertyuiop",
    "1234567890",
    "0123456789",
    "asdfghjkl",
    "changeme",
    "change_me",
    "password",
    "passw0rd",
    "zxcvbnm",
    "default",
    "example",
    "private",
    "123456",
    "qwerty",
    "letmein",
    "replace",
    "signing",
    "secret",
    "string",
    "please",
    "change",
    "random",
    "valid",
    "token",
    "least",
    "super",
    "very",
    "long",
    "your",
    "that",
    "this",
    "which",
    "admin",
    "test",
    "bit",
    "jwt",
    "key",
    "256",
    "384",
    "512",
];

/// A key that anyone can read: a public key or certificate, as text or as DER (CVE-2016-10555 and similar).
fn public_text(key: &[u8]) -> bool {
    let text = key.trim_ascii_start();
    let begins = |start: &[u8]| text.starts_with(start);
    let jwk = begins(b"{") && text.windows(5).any(|five| five == b"\"kty\"");
    let armoured = [&b"-----BEGIN "[..], b"ssh-rsa ", b"ssh-ed25519 ", b"ecdsa-sha2-"];
    jwk || armoured.into_iter().any(begins) || der::public(key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_from_tutorials_are_weak() {
        for key in [
            "secret",
            "changeme",
            "your-256-bit-secret",
            "passwordpasswordpasswordpassword",
            "your-256-bit-secret-your-256-bit-secret",
            "a-string-secret-at-least-256-bits-long",
            "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
            "qwertyuiopasdfghjklzxcvbnm123456",
            "12345678901234567890123456789012",
            "0123456789abcdef0123456789abcdef",
            "ThisIsMySuperSecretSigningKeyForJWT!!",
            "supersecretsupersecretsupersecret",
            "abcdefghijklmnopqrstuvwxyz123456",
            "please-change-this-secret-key-please",
            "please change this secret key please",
            "password-password-u7Xk2Qw9ZbR",
            "secret\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        ] {
            assert!(is_weak(key.as_bytes()), "{key}");
        }
        for byte in [0, 1, b'a', 255] {
            assert!(is_weak(&[byte; 32]), "32 times {byte}");
        }
    }

    #[test]
    fn a_key_has_eight_different_bytes() {
        let digits = b"\x01\x00\x04\x01\x05\x02\x02\x06\x05\x03\x05\x01\x02\x00\x03\x02\x03\x01\x04\x06\x02\x06\x04\x03\x00\x03\x02\x05\x00\x02\x01\x04";
        assert!(is_weak(digits), "seven");
        let eight = [&digits[..31], &[7]].concat();
        assert!(!is_weak(&eight));
    }

    /// As a key that is repeated, or filled up with equal bytes.
    #[test]
    fn a_key_has_sixteen_bytes_of_its_own() {
        let own = b"\xf9\xe6\xee\x0c\xdb\x15\x67\x68\x89\xb6\x86\x7e\x6a\x47\xd7\x4d";
        assert!(is_weak(&own[..15].repeat(3)));
        assert!(is_weak(&own[..15].repeat(3)[..32]), "cut");
        assert!(!is_weak(&own.repeat(2)));
        for padding in [4, 16, 17] {
            assert!(is_weak(&[&own[..15], &vec![0; padding]].concat()), "{padding}");
            assert!(!is_weak(&[&own[..], &vec![0; padding]].concat()), "{padding}");
        }
        assert!(!is_weak(&[&own[..15], &[0; 3]].concat()), "which may be its own");
    }

    #[test]
    fn keys_from_a_generator_are_not_weak() {
        for key in [
            &b"\xf9\xe6\xee\x0c\xdb\x15\x67\x68\x89\xb6\x86\x7e\x6a\x47\xd7\x4d\x20\xad\xe1\x43\xb6\x72\xbb\x8b\x0a\xc6\xd6\x94\x18\xa7\x82\x01"[..],
            b"8f14e45fceea167a5a36dedd4bea2543aa5f1d3c9b7e60d2c4187f0e93b6a5d1",
            b"u7Xk2Qw9ZbR4tYp0LmNc8VfHs3JgDe6A",
            b"DQ3zvYQm1l2S0m1pWnq4b8J1o2Yx7Hq5T9u6V8w0ZkE=",
            b"{u7Xk2Qw9ZbR4tYp0LmNc8VfHs3JgDe6A",
            b"password-password-u7Xk2Qw9ZbR4",
        ] {
            assert!(!is_weak(key), "{key:?}");
        }
    }

    proptest! {
        #[test]
        fn random_keys_are_never_weak(key in prop::array::uniform32(any::<u8>())) {
            // The strategy prefers special values; only keys with enough different bytes count as random.
            prop_assume!(key.iter().collect::<std::collections::HashSet<_>>().len() >= 20);
            prop_assert!(!is_weak(&key));
        }
    }
}
