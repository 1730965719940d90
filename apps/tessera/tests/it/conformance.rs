//! The laws about issuers and services once more, over HTTP: what holds in a process holds behind the socket. Two nodes
//! on one database, the real clock, nothing that could be made to fail on purpose: the laws that need more than that are
//! listed as exceptions, each by name, and are held up in the crates of the issuers.

mod door;
mod harness;
mod world;

use door::{DEVICE, LOGIN, MECHANICS, MECHANICS_OPAQUE};
use harness::{Http, OfClients};

testkit::issuer_conformance!(mechanics, Http::new(&MECHANICS).await,
except: [
    a_failed_revocation_says_so,
    a_key_alone_is_nothing,
    a_key_has_one_spelling,
    a_node_out_of_touch_does_not_guess,
    a_revoked_shared_token_is_replaced,
    a_stored_digest_is_refused,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    expiry_is_exact,
    lost_rights_are_lost_at_once,
    nothing_is_issued_while_the_store_fails,
    nothing_prints,
    shared_grants_repeat_without_growing,
    shared_grants_to_a_crowd_make_one_row,
    shared_tokens_are_one_persons,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_a_yes,
    what_has_ended_stays_ended,
    with_another_key_a_token_is_refused,
    without_chance_nothing_is_issued,
    without_its_key_a_token_is_refused,
]);

testkit::issuer_conformance!(login, Http::new(&LOGIN).await,
except: [
    a_failed_revocation_says_so,
    a_node_out_of_touch_does_not_guess,
    a_refresh_token_is_not_access,
    a_revoked_shared_token_is_replaced,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    expiry_is_exact,
    lost_rights_are_lost_at_once,
    nothing_is_issued_while_the_store_fails,
    nothing_prints,
    revoking_a_session_ends_what_belongs_to_it,
    shared_grants_repeat_without_growing,
    shared_grants_to_a_crowd_make_one_row,
    shared_tokens_are_one_persons,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_a_yes,
    what_has_ended_stays_ended,
    without_chance_nothing_is_issued,
]);

testkit::issuer_conformance!(device, Http::new(&DEVICE).await,
except: [
    a_failed_revocation_says_so,
    a_key_alone_is_nothing,
    a_key_has_one_spelling,
    a_node_out_of_touch_does_not_guess,
    a_refresh_token_is_not_access,
    a_revoked_shared_token_is_replaced,
    a_token_until_revoked_does_not_expire,
    a_warm_check_asks_no_store,
    an_outdated_grant_is_not_entitled,
    expiry_is_exact,
    nothing_is_issued_while_the_store_fails,
    nothing_prints,
    revoking_a_session_ends_what_belongs_to_it,
    shared_grants_repeat_without_growing,
    shared_grants_to_a_crowd_make_one_row,
    shared_tokens_are_one_persons,
    store_trouble_is_not_a_rejection,
    store_trouble_is_not_a_yes,
    what_has_ended_stays_ended,
    with_another_key_a_token_is_refused,
    without_chance_nothing_is_issued,
    without_its_key_a_token_is_refused,
]);

/// The laws about sessions that a client can see: those left out need the store, the clock or chance in hand, and hold in
/// process.
macro_rules! sessions_over_http {
    ($name:ident, $setup:expr) => {
        testkit::service_conformance!($name, Http::new($setup).await,
        except: [
            a_clock_set_back_ends_nothing,
            a_failed_refresh_leaves_the_token_good,
            a_password_change_wins_over_a_refresh,
            a_predecessor_after_the_grace_ends_its_session,
            a_refresh_whose_answer_was_lost_can_be_retried,
            a_refresh_within_a_refresh_gets_the_same_successor,
            a_retry_gets_the_identical_successor,
            a_reuse_is_told_only_once_the_session_has_ended,
            a_session_ends_absolutely,
            a_sign_out_wins_over_a_refresh,
            a_text_of_another_form_is_refused_unread,
            an_idle_session_ends,
            barring_wins_over_a_refresh,
            rotations_add_no_rows,
            what_was_signed_out_stays_so,
            while_the_store_is_away_nothing_is_decided,
            without_chance_nothing_rotates,
        ]);
    };
}

sessions_over_http!(mechanics_sessions, &MECHANICS);
sessions_over_http!(mechanics_sessions_with_opaque_tokens, &MECHANICS_OPAQUE);

/// The laws about shared tokens that need no look at the rows; the tokens of clients are the shared ones.
mod integration {
    use std::sync::Arc;

    use super::OfClients;

    #[test]
    fn shared_tokens_are_one_persons() {
        let law = async { testkit::issuer::shared_tokens_are_one_persons(Arc::new(OfClients::new().await)).await };
        testkit::law::hold("shared_tokens_are_one_persons", &[], law);
    }

    #[test]
    fn a_revoked_shared_token_is_replaced() {
        let law = async { testkit::issuer::a_revoked_shared_token_is_replaced(Arc::new(OfClients::new().await)).await };
        testkit::law::hold("a_revoked_shared_token_is_replaced", &[], law);
    }
}
