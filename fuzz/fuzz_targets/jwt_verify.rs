//! A text that our key did not sign is rejected.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use token_jwt::{Algorithm, ClaimsVerifier, KeySet, Kid, Policy, SigningKey, SystemRandom, UnixTime};

/// A verifier for each family of keys, with random keys.
static VERIFIERS: LazyLock<Vec<ClaimsVerifier>> = LazyLock::new(|| {
    let families = [Algorithm::HS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
    families.map(verifier).into()
});

fuzz_target!(|token: &str| {
    for verifier in VERIFIERS.iter() {
        assert!(
            verifier
                .verify::<()>(token, UnixTime::from_secs(1_700_000_000))
                .is_err()
        );
        assert!(verifier.verify_signature_only(token).is_err());
    }
});

fn verifier(algorithm: Algorithm) -> ClaimsVerifier {
    let random = SystemRandom::new();
    let key = SigningKey::generate(algorithm, &random).expect("a key of this family can be made");
    let key = key.with_kid(Kid::new("fuzz").expect("a good name"));
    let keys = KeySet::new(vec![key.verifying_key().clone()]).expect("one key is a set");
    ClaimsVerifier::new(keys, Policy::default())
}
