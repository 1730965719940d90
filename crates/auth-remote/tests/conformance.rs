//! What a remote verifier accepts and refuses follows the laws that hold in process: over introspection all of them, with
//! the key set all that need no record of tokens.

#[path = "support/remotely.rs"]
mod remotely;
#[path = "support/stub.rs"]
mod stub;

use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    ClaimsProfile, FlavourName, Issuer, KeyBound, Lifetime, SecretKey, SubjectClaim, TokenDigest, Tracked,
};
use auth_remote::{DateUnit, JwtConfig};
use testkit::{InProcess, Parts};
use token_jwt::{Algorithm, JwtIssuer, JwtKeys, Kid, SigningKey, SystemRandom};
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use remotely::{introspected, with_fetched_keys};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn opaque(parts: &Parts, lifetime: Lifetime) -> OpaqueIssuer {
    let config = OpaqueConfig {
        flavour: parts.flavour.clone(),
        lifetime,
        idle: None,
        key: SecretKey::from_bytes([7; 32]),
    };
    OpaqueIssuer::new(config, parts.registry.clone(), parts.entropy.clone())
}

fn opaque_until_revoked(parts: &Parts) -> Arc<dyn Issuer> {
    introspected(Arc::new(opaque(parts, Lifetime::UntilRevoked)), parts)
}

fn opaque_for_an_hour(parts: &Parts) -> Arc<dyn Issuer> {
    introspected(Arc::new(opaque(parts, Lifetime::Limited(HOUR))), parts)
}

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let (registry, entropy) = (parts.registry.clone(), parts.entropy.clone());
    let bound = KeyBound::new(opaque(parts, Lifetime::Limited(HOUR)), registry, entropy);
    introspected(Arc::new(bound.expect("sessions are recorded")), parts)
}

fn tracked_jwt(parts: &Parts) -> Arc<dyn Issuer> {
    introspected(Arc::new(Tracked::new(jwt(parts), parts.registry.clone())), parts)
}

fn bare_jwt(parts: &Parts) -> Arc<dyn Issuer> {
    let published = FLAVOURS.map(|flavour| (flavour, key(flavour).verifying_key().clone()));
    with_fetched_keys(jwt(parts), &published, parts)
}

/// The two flavours of the harness.
const FLAVOURS: [&str; 2] = ["mechanics", "device"];

fn jwt(parts: &Parts) -> JwtIssuer {
    let keys = JwtKeys::new(key(&parts.flavour), Vec::new()).expect("keys");
    JwtIssuer::new(config(&parts.flavour), keys, parts.clock.clone(), parts.entropy.clone())
}

fn config(flavour: &FlavourName) -> JwtConfig {
    JwtConfig {
        claims: ClaimsProfile {
            flavour: flavour.clone(),
            realm: None,
            lifetime: HOUR,
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    }
}

/// The key of a flavour, the same one on each node: PKCS #8 (RFC 8410 section 7) over a seed that the name gives.
fn key(flavour: &str) -> SigningKey {
    let head = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let seed = TokenDigest::of(flavour.as_bytes());
    let der = [head, &seed.as_bytes()[..]].concat();
    let key = SigningKey::from_der(Algorithm::EdDSA, &der, &SystemRandom::new()).expect("a key");
    key.with_kid(Kid::new(flavour).expect("a name"))
}

testkit::issuer_conformance!(introspected_until_revoked, InProcess::in_memory(opaque_until_revoked).await.many(100, 100), except: [
    expiry_is_exact,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(introspected_for_an_hour, InProcess::in_memory(opaque_for_an_hour).await.many(100, 100), except: [
    a_token_until_revoked_does_not_expire,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(introspected_key_bound, InProcess::in_memory(key_bound).await.many(100, 100), except: [
    a_token_until_revoked_does_not_expire,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
]);

testkit::issuer_conformance!(introspected_jwt, InProcess::in_memory(tracked_jwt).await.many(100, 100), except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
    without_randomness_nothing_is_issued,
]);

testkit::issuer_conformance!(fetched_keys, InProcess::in_memory(bare_jwt).await.many(100, 100), except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    a_refresh_token_is_not_access,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
    revoked_tokens_stay_refused,
    revoking_one_leaves_the_others,
    revoking_twice_is_no_error,
    revoking_a_session_ends_what_belongs_to_it,
    disabling_an_owner_revokes_tokens_for_good,
    a_new_generation_ends_older_tokens_only,
    an_outdated_grant_is_not_entitled,
    a_revocation_reaches_the_other_node,
    lost_rights_are_lost_at_once,
    lost_rights_are_lost_on_the_other_node,
    the_record_of_a_session_decides_whose_it_is,
    rights_of_one_owner_do_not_affect_another,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
    nothing_is_issued_while_the_store_fails,
    a_failed_revocation_is_reported,
    a_node_without_news_answers_unavailable,
]);
