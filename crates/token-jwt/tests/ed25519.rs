//! Ed25519 is verified by ring, or with the feature `ed25519-dalek` by that crate: both accept exactly the same signatures.
//!
//! What is compared with ring says something with the feature only, which is on in the tests of the whole workspace: without it,
//! ring is compared with ring. That changed signatures, points of small order and other scalars are refused is tested with both.
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

use proptest::prelude::*;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use token_jwt::{KeyError, VerifyingKey};

/// The order of the group, little-endian (RFC 8032 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Encodings of points of small order, whole ones and ones that are not reduced, with both signs.
fn small_order() -> impl Iterator<Item = [u8; 32]> {
    let mut points = Vec::new();
    for lowest in [0_u8, 1] {
        let mut point = [0; 32];
        point[0] = lowest;
        points.push(point);
    }
    // p - 1, p and p + 1.
    for lowest in [0xec_u8, 0xed, 0xee] {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (lowest, 0x7f);
        points.push(point);
    }
    let negative = points.clone().into_iter().map(|mut point| {
        point[31] |= 0x80;
        point
    });
    points.clone().into_iter().chain(negative.collect::<Vec<_>>())
}

fn pair(seed: [u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

/// What our key says, which must be what ring says.
fn verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let ring = UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok();
    let ours = VerifyingKey::ed25519(key).unwrap().verifies(message, signature);
    assert_eq!(ours, ring, "key {key:x?}, signature {signature:x?}");
    ours
}

fn add_order(scalar: &mut [u8]) {
    let mut carry = 0;
    for (byte, order) in scalar.iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
}

#[test]
fn the_same_scalar_plus_the_order_of_the_group_is_no_signature() {
    let pair = pair([7; 32]);
    let mut signature = pair.sign(b"a token").as_ref().to_vec();
    assert!(verifies(pair.public_key().as_ref(), b"a token", &signature));
    add_order(&mut signature[32..]);
    assert!(!verifies(pair.public_key().as_ref(), b"a token", &signature));
}

#[test]
fn a_point_of_small_order_is_no_half_of_a_signature() {
    let pair = pair([7; 32]);
    let signature = pair.sign(b"a token");
    for point in small_order() {
        for scalar in [&signature.as_ref()[32..], &[0; 32], &ORDER] {
            let forged = [&point, scalar].concat();
            assert!(!verifies(pair.public_key().as_ref(), b"a token", &forged));
        }
    }
}

#[test]
fn a_point_of_small_order_is_no_key() {
    for point in small_order() {
        let refused = VerifyingKey::ed25519(&point).unwrap_err();
        assert!(
            matches!(refused, KeyError::SmallOrder | KeyError::NotOnCurve),
            "{point:x?}: {refused}"
        );
    }
}

proptest! {
    #[test]
    fn of_changed_signatures_both_accept_the_same(
        seed: [u8; 32],
        message in proptest::collection::vec(any::<u8>(), 0..200),
        changes in proptest::collection::vec((0..64_usize, any::<u8>()), 0..3),
    ) {
        let pair = pair(seed);
        let mut signature = pair.sign(&message).as_ref().to_vec();
        let original = signature.clone();
        for (at, with) in changes {
            signature[at] ^= with;
        }
        prop_assert_eq!(verifies(pair.public_key().as_ref(), &message, &signature), signature == original);
    }
}
