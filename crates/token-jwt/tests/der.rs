//! Keys in DER and PEM: read completely or not at all (K-14).
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use support::*;
use token_jwt::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// `rsaEncryption` without parameters (RFC 8017 appendix A.1), as an AlgorithmIdentifier.
const RSA: &[u8] = &[0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = match contents.len() {
        short @ 0..0x80 => vec![short as u8],
        long @ 0x80..0x100 => vec![0x81, long as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag], &length[..], contents].concat()
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

/// A member of an RSA key as an integer in DER.
fn integer(jwk: &Value, name: &str) -> Vec<u8> {
    let mut bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    element(INTEGER, &bytes)
}

#[test]
fn an_rsa_key_is_the_same_in_der_and_as_a_jwk() {
    let jwk: Value = serde_json::from_str(&rsa_jwk()).unwrap();
    let thumbprint = Jwk::parse(&rsa_jwk()).unwrap();
    let thumbprint = thumbprint.verifying_key_for(Algorithm::RS256).unwrap().thumbprint();
    let private = |version: u8| {
        let mut key = vec![element(INTEGER, &[version])];
        key.extend(["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| integer(&jwk, name)));
        let key = element(OCTET_STRING, &sequence(&key));
        let der = sequence(&[element(INTEGER, &[0]), RSA.to_vec(), key]);
        SigningKey::from_der(Algorithm::RS256, &der, &random())
    };
    assert_eq!(private(0).unwrap().verifying_key().thumbprint(), thumbprint);
    assert_eq!(private(1).err(), Some(KeyError::Der), "of more than two primes");
    let public = |e: Vec<u8>| {
        let key = sequence(&[integer(&jwk, "n"), e]);
        let bits = element(BIT_STRING, &[&[0], &key[..]].concat());
        VerifyingKey::from_der(Algorithm::RS256, &sequence(&[RSA.to_vec(), bits]))
    };
    assert_eq!(public(integer(&jwk, "e")).unwrap().thumbprint(), thumbprint);
    for e in [&[0, 1, 0, 1][..], &[0], &[], &[0x81, 0, 1]] {
        assert_eq!(public(element(INTEGER, e)).err(), Some(KeyError::Der), "{e:?}");
    }
}

#[test]
fn der_and_pem_are_read_completely_or_not_at_all() {
    let pkcs8 =
        ring::signature::EcdsaKeyPair::generate_pkcs8(&ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING, &random())
            .unwrap();
    let der = pkcs8.as_ref();
    let key = SigningKey::from_der(Algorithm::ES256, der, &random()).unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    );
    let again = SigningKey::from_pem(Algorithm::ES256, &pem, &random()).unwrap();
    assert_eq!(again.verifying_key().thumbprint(), key.verifying_key().thumbprint());
    let sec1 = pem.replace("PRIVATE KEY", "EC PRIVATE KEY");
    assert_eq!(
        SigningKey::from_pem(Algorithm::ES256, &sec1, &random()).err(),
        Some(KeyError::Pem)
    );
    assert_eq!(
        VerifyingKey::from_pem(Algorithm::ES256, &pem).err(),
        Some(KeyError::Pem),
        "a private key is not for verifiers"
    );
    for length in 0..der.len() {
        assert!(SigningKey::from_der(Algorithm::ES256, &der[..length], &random()).is_err());
    }
    assert!(SigningKey::from_der(Algorithm::ES256, &[der, &[0]].concat(), &random()).is_err());
    for at in 0..der.len() {
        let mut changed = der.to_vec();
        changed[at] ^= 0x40;
        if let Ok(other) = SigningKey::from_der(Algorithm::ES256, &changed, &random()) {
            assert_eq!(
                other.verifying_key().thumbprint(),
                key.verifying_key().thumbprint(),
                "byte {at}"
            );
        }
    }
    assert!(SigningKey::from_der(Algorithm::ES384, der, &random()).is_err());
    assert!(SigningKey::from_der(Algorithm::EdDSA, der, &random()).is_err());
    let ed25519 = ring::signature::Ed25519KeyPair::generate_pkcs8(&random()).unwrap();
    assert!(SigningKey::from_der(Algorithm::EdDSA, ed25519.as_ref(), &random()).is_ok());
}
