//! The laws about issuers and services, tested over HTTP: two nodes on one database, with the real clock and without
//! injected failures. Laws that need more are listed as exceptions, each by name, and are tested in the crates of the
//! issuers.

mod harness;
mod mounted_flavour;
mod world;

use harness::{Http, OfClients};
use mounted_flavour::{DEVICE, LOGIN, MECHANICS, MECHANICS_OPAQUE};

testkit::issuer_conformance!(mechanics, Http::new(&MECHANICS).await,
except: [
    a_failed_revocation_is_reported,
    a_key_alone_is_refused,
    a_key_has_one_spelling,
    a_node_without_news_answers_unavailable,
    a_revoked_shared_token_is_replaced,
    a_stored_digest_is_refused,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    clocks_may_differ_by_five_seconds,
    expiry_is_exact,
    nothing_is_issued_while_the_store_fails,
    nothing_prints_a_secret,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_an_acceptance,
    revoked_tokens_stay_refused,
    the_record_of_a_session_decides_whose_it_is,
    with_another_key_a_token_is_refused,
    without_randomness_nothing_is_issued,
    without_its_key_a_token_is_refused,
]);

testkit::issuer_conformance!(login, Http::new(&LOGIN).await,
except: [
    a_failed_revocation_is_reported,
    a_node_without_news_answers_unavailable,
    a_refresh_token_is_not_access,
    a_revoked_shared_token_is_replaced,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    clocks_may_differ_by_five_seconds,
    expiry_is_exact,
    nothing_is_issued_while_the_store_fails,
    nothing_prints_a_secret,
    revoking_a_session_ends_what_belongs_to_it,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_an_acceptance,
    revoked_tokens_stay_refused,
    the_record_of_a_session_decides_whose_it_is,
    without_randomness_nothing_is_issued,
]);

testkit::issuer_conformance!(device, Http::new(&DEVICE).await,
except: [
    a_failed_revocation_is_reported,
    a_key_alone_is_refused,
    a_key_has_one_spelling,
    a_node_without_news_answers_unavailable,
    a_refresh_token_is_not_access,
    a_revoked_shared_token_is_replaced,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    clocks_may_differ_by_five_seconds,
    expiry_is_exact,
    nothing_is_issued_while_the_store_fails,
    nothing_prints_a_secret,
    revoking_a_session_ends_what_belongs_to_it,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_an_acceptance,
    revoked_tokens_stay_refused,
    the_record_of_a_session_decides_whose_it_is,
    with_another_key_a_token_is_refused,
    without_randomness_nothing_is_issued,
    without_its_key_a_token_is_refused,
]);

/// The laws about sessions that a client can see. The others need control of the store, the clock or the random bytes,
/// and are tested in process.
macro_rules! sessions_over_http {
    ($name:ident, $setup:expr) => {
        testkit::service_conformance!($name, Http::new($setup).await,
        except: [
            a_clock_set_back_ends_nothing,
            a_clock_set_back_hides_no_missing_news,
            a_record_read_beside_a_change_is_not_kept,
            a_retry_after_the_end_of_its_session_is_refused,
            a_retry_on_a_node_that_is_ahead_gets_the_same_successor,
            a_session_from_the_far_future_ends,
            a_failed_refresh_leaves_the_token_good,
            a_password_change_wins_over_a_refresh,
            a_predecessor_after_the_grace_ends_its_session,
            a_refresh_whose_answer_was_lost_can_be_retried,
            a_refresh_within_a_refresh_gets_the_same_successor,
            a_retry_gets_the_identical_successor,
            a_reuse_is_reported_only_after_the_session_ended,
            a_session_ends_at_its_absolute_limit,
            a_sign_out_wins_over_a_refresh,
            one_of_a_crowd_signs_a_session_out,
            a_malformed_refresh_token_is_refused_without_the_store,
            an_idle_session_ends,
            disabling_wins_over_a_refresh,
            rotations_add_no_rows,
            a_signed_out_session_stays_signed_out,
            while_the_store_fails_nothing_is_decided,
            without_randomness_nothing_rotates,
        ]);
    };
}

sessions_over_http!(mechanics_sessions, &MECHANICS);
sessions_over_http!(mechanics_sessions_with_opaque_tokens, &MECHANICS_OPAQUE);

/// The laws about shared tokens that can be tested without reading rows. Clients' tokens are the shared ones.
mod integration {
    use std::sync::Arc;

    use super::OfClients;

    #[test]
    fn shared_tokens_belong_to_one_owner() {
        let law = async { testkit::issuer::shared_tokens_belong_to_one_owner(Arc::new(OfClients::new().await)).await };
        testkit::law::hold("shared_tokens_belong_to_one_owner", &[], law);
    }

    #[test]
    fn a_revoked_shared_token_is_replaced() {
        let law = async { testkit::issuer::a_revoked_shared_token_is_replaced(Arc::new(OfClients::new().await)).await };
        testkit::law::hold("a_revoked_shared_token_is_replaced", &[], law);
    }
}
