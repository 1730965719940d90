//! `Tracked` and `KeyBound` over the simplest issuer keep every law that an issuer can keep, and so does the service over
//! them. The bare issuer shows which laws it is they that bring.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Issuer, KeyBound, Lifetime, SecretKey, Tracked};
use testkit::{InProcess, Parts, SimpleIssuer};

const QUARTER_OF_AN_HOUR: Lifetime = Lifetime::Limited(Duration::from_secs(900));

fn simple(parts: &Parts, lifetime: Lifetime) -> SimpleIssuer {
    let key = SecretKey::from_bytes([1; 32]);
    SimpleIssuer::new(
        parts.flavour.clone(),
        lifetime,
        key,
        parts.clock.clone(),
        parts.entropy.clone(),
    )
}

fn bare(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(simple(parts, QUARTER_OF_AN_HOUR))
}

fn tracked(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(simple(parts, QUARTER_OF_AN_HOUR), parts.registry.clone()))
}

fn tracked_for_a_week(parts: &Parts) -> Arc<dyn Issuer> {
    let week = Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60));
    Arc::new(Tracked::new(simple(parts, week), parts.registry.clone()))
}

fn tracked_for_ever(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(
        simple(parts, Lifetime::UntilRevoked),
        parts.registry.clone(),
    ))
}

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let tracked = Tracked::new(simple(parts, QUARTER_OF_AN_HOUR), parts.registry.clone());
    let bound = KeyBound::new(tracked, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}

testkit::issuer_conformance!(a_bare_issuer, InProcess::in_memory(bare).await, except: [
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

testkit::issuer_conformance!(a_tracked_issuer, InProcess::in_memory(tracked).await, except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(a_tracked_issuer_without_end, InProcess::in_memory(tracked_for_ever).await, except: [
    expiry_is_exact,
    a_stored_digest_is_refused,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(a_key_bound_issuer, InProcess::in_memory(key_bound).await, except: [
    a_token_until_revoked_does_not_expire,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
]);

testkit::service_conformance!(a_service_over_tracked, InProcess::in_memory(tracked).await);

testkit::service_conformance!(a_service_over_key_bound, InProcess::in_memory(key_bound).await);

testkit::service_conformance!(
    a_service_over_long_lived_tokens,
    InProcess::in_memory(tracked_for_a_week).await.many(100, 500)
);
