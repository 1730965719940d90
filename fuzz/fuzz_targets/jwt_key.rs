//! Any text or bytes are a key or are refused. A public key that was read can be written and read again, unchanged.
//!
//! The first byte of the input chooses the form: a JWK, a JWK Set, DER, PEM.
#![no_main]

use libfuzzer_sys::fuzz_target;
use token_jwt::{Algorithm, KeySet, SigningKey, SystemRandom, VerifyingKey};

fuzz_target!(|input: &[u8]| {
    let Some((&form, bytes)) = input.split_first() else {
        return;
    };
    let algorithm = Algorithm::ALL[usize::from(form >> 2) % Algorithm::ALL.len()];
    let text = String::from_utf8_lossy(bytes);
    match form & 3 {
        0 => read_again(VerifyingKey::from_jwk(&text).ok()),
        1 => drop(KeySet::from_jwk_set(&text)),
        2 => {
            read_again(VerifyingKey::from_der(algorithm, bytes).ok());
            drop(SigningKey::from_der(algorithm, bytes, &SystemRandom::new()));
        }
        _ => {
            read_again(VerifyingKey::from_pem(algorithm, &text).ok());
            drop(SigningKey::from_jwk(&text, &SystemRandom::new()));
        }
    }
});

fn read_again(key: Option<VerifyingKey>) {
    if let Some((key, json)) = key.and_then(|key| key.to_jwk().map(|json| (key, json))) {
        let again = VerifyingKey::from_jwk(&json).expect("what was written is read");
        assert_eq!(again.thumbprint(), key.thumbprint());
        assert_eq!(again.algorithm(), key.algorithm());
    }
}
