//! The strategy keeps the laws about issuers: alone, tracked, and bound to a key.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use auth_core::{ClaimsProfile, Issuer, KeyBound, SubjectClaim, Tracked};
use keystore::{KeyFormat, PlainKey};
use paseto_strategy::{PasetoIssuer, PasetoKeyFormat, PasetoKeys};
use testkit::{InProcess, Parts};

/// One key for all nodes.
static KEY: LazyLock<PlainKey> = LazyLock::new(|| PasetoKeyFormat.generate().expect("a key"));

fn paseto(parts: &Parts) -> PasetoIssuer {
    let profile = ClaimsProfile {
        flavour: parts.flavour.clone(),
        realm: None,
        lifetime: Duration::from_secs(15 * 60),
        subject: SubjectClaim::Sub,
        issued_at: true,
        scope: true,
    };
    let keys = PasetoKeys::from_plain(Some(&KEY), std::iter::once(&*KEY)).expect("keys");
    PasetoIssuer::new(profile, keys, parts.clock.clone(), parts.entropy.clone())
}

fn bare(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(paseto(parts))
}

fn tracked(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(paseto(parts), parts.registry.clone()))
}

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let tracked = Tracked::new(paseto(parts), parts.registry.clone());
    let bound = KeyBound::new(tracked, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}

testkit::issuer_conformance!(alone, InProcess::in_memory(bare).await, except: [
    // Its tokens end, and cannot be revoked: nothing is recorded.
    a_token_until_revoked_does_not_expire,
    revoked_tokens_stay_refused,
    revoking_one_leaves_the_others,
    revoking_twice_is_no_error,
    revoking_a_session_ends_what_belongs_to_it,
    a_failed_revocation_is_reported,
    a_revocation_reaches_the_other_node,
    a_node_without_news_answers_unavailable,
    disabling_an_owner_revokes_tokens_for_good,
    a_new_generation_ends_older_tokens_only,
    an_outdated_grant_is_not_entitled,
    nothing_is_issued_while_the_store_fails,
    lost_rights_are_lost_at_once,
    lost_rights_are_lost_on_the_other_node,
    the_record_of_a_session_decides_whose_it_is,
    rights_of_one_owner_do_not_affect_another,
    // It is signed: no digest, no refresh token, no shared record, no key beside it.
    a_stored_digest_is_refused,
    a_refresh_token_is_not_access,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(with_sessions, InProcess::in_memory(tracked).await, except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    // The store numbers the sessions, and a signature needs no randomness.
    without_randomness_nothing_is_issued,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(bound_to_a_key, InProcess::in_memory(key_bound).await, except: [
    a_token_until_revoked_does_not_expire,
    // A key is one session's: nothing is shared.
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
]);

testkit::service_conformance!(a_service, InProcess::in_memory(tracked).await.many(100, 200));
