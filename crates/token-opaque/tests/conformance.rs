//! Opaque tokens keep every law about issuers, with and without an expiry, with and without keys. The service over them
//! keeps every law about services.

#[path = "support/issuers.rs"]
mod support;

use support::{for_an_hour, key_bound, until_revoked};
use testkit::InProcess;

testkit::issuer_conformance!(without_end, InProcess::in_memory(until_revoked).await, except: [
    expiry_is_exact,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(with_an_end, InProcess::in_memory(for_an_hour).await, except: [
    a_token_until_revoked_does_not_expire,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(bound_to_a_key, InProcess::in_memory(key_bound).await, except: [
    a_token_until_revoked_does_not_expire,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
]);

testkit::service_conformance!(a_service, InProcess::in_memory(for_an_hour).await.many(1000, 2000));
