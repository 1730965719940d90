//! One test for each law.

/// Makes a module with one test for each law about stores.
///
/// `store_conformance!(name, harness)`: `harness` makes a new [`StoreHarness`](crate::StoreHarness) for each test, over
/// its own empty store; it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the harness has
/// no access behind the ports. A listed law that applies fails.
///
/// ```
/// testkit::store_conformance!(memory, testkit::MemoryHarness::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(store $law)),*)?];
            $crate::__store_laws! { __law_tests [store ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about issuers.
///
/// `issuer_conformance!(name, harness)`: `harness` makes a new [`IssuerHarness`](crate::IssuerHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the issuer does not promise them or
/// the harness does not support what they need. A listed law that applies fails, and so does one that does not apply and
/// is not listed.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use auth_core::{Issuer, Lifetime, SecretKey, Tracked};
/// use testkit::{InProcess, Parts, SimpleIssuer};
///
/// fn build(parts: &Parts) -> Arc<dyn Issuer> {
///     let key = SecretKey::from_bytes([1; 32]);
///     let life = Lifetime::Limited(Duration::from_secs(900));
///     let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
///     let simple = SimpleIssuer::new(parts.flavour.clone(), life, key, clock, entropy);
///     Arc::new(Tracked::new(simple, parts.registry.clone()))
/// }
///
/// testkit::issuer_conformance!(tracked, InProcess::in_memory(build).await,
///     except: [
///         without_its_key_a_token_is_refused,
///         a_token_until_revoked_does_not_expire,
///         // and so on
///     ]);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! issuer_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(issuer $law)),*)?];
            $crate::__issuer_laws! { __law_tests [issuer ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about sign-in, refresh and sign-out.
///
/// `service_conformance!(name, harness)`: `harness` makes a new [`ServiceHarness`](crate::ServiceHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the issuer does not promise them or
/// the harness does not support what they need. A listed law that applies fails, and so does one that does not apply and
/// is not listed.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use auth_core::{Issuer, Lifetime, SecretKey, Tracked};
/// use testkit::{InProcess, Parts, SimpleIssuer};
///
/// fn build(parts: &Parts) -> Arc<dyn Issuer> {
///     let key = SecretKey::from_bytes([1; 32]);
///     let life = Lifetime::Limited(Duration::from_secs(900));
///     let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
///     let simple = SimpleIssuer::new(parts.flavour.clone(), life, key, clock, entropy);
///     Arc::new(Tracked::new(simple, parts.registry.clone()))
/// }
///
/// testkit::service_conformance!(tracked, InProcess::in_memory(build).await);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! service_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(service $law)),*)?];
            $crate::__service_laws! { __law_tests [service ($harness)] }
        }
    };
}

/// Makes a module with one test for each law about guessing passwords.
///
/// `sign_in_conformance!(name, harness)`: `harness` makes a new [`SignInHarness`](crate::SignInHarness) for each test;
/// it may use `.await`. `except: [law, …]` lists the laws that do not apply, because the harness does not support what
/// they need. A listed law that applies fails.
///
/// ```
/// testkit::sign_in_conformance!(node, testkit::PasswordNode::over(&testkit::MemoryHarness::new()));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! sign_in_conformance {
    ($name:ident, $harness:expr $(, except: [$($law:ident),* $(,)?])? $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const EXCEPT: &[&str] = &[$($($crate::__law_name!(sign_in $law)),*)?];
            $crate::__sign_in_laws! { __law_tests [sign_in ($harness)] }
        }
    };
}

/// The name of a law. Fails to compile if there is no such law.
#[doc(hidden)]
#[macro_export]
macro_rules! __law_name {
    ($suite:ident $law:ident) => {{
        let _ = $crate::$suite::$law;
        stringify!($law)
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_tests {
    ([$suite:ident ($harness:expr)] $($law:ident)*) => {
        $(
            #[test]
            fn $law() {
                $crate::law::hold(stringify!($law), EXCEPT, async {
                    $crate::$suite::$law(::std::sync::Arc::new($harness)).await
                });
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_table {
    ([$suite:ident] $($law:ident)*) => {
        vec![$($crate::law::Law {
            name: stringify!($law),
            check: |harness| Box::pin($crate::$suite::$law(harness)),
        }),*]
    };
}

/// The list of all laws about stores.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_laws {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            a_record_comes_back_as_it_was_written
            what_a_record_lacks_stays_lacking
            a_label_is_kept
            nothing_is_recorded_for_an_inactive_owner
            nothing_is_recorded_in_an_inactive_session
            a_refused_record_leaves_no_row
            a_name_is_never_given_twice
            an_unknown_name_finds_nothing
            a_revoked_record_is_not_found
            a_token_of_an_ended_session_is_not_found
            a_disabled_owners_records_are_never_found_again
            a_new_generation_ends_older_records_only
            expired_records_are_found
            a_session_is_found_by_its_selector
            an_ended_session_is_not_found
            a_rotation_is_written_whole
            only_the_current_digest_rotates_a_family
            an_ended_session_does_not_rotate
            one_rotation_wins
            a_shared_record_is_made_once
            a_shared_record_is_made_once_for_a_crowd
            a_shared_record_is_of_one_flavour_and_subject
            an_own_record_is_never_shared
            an_ended_shared_record_is_replaced
            an_expired_shared_record_is_replaced
            a_replaced_shared_record_is_ended
            a_replaced_shared_record_is_published
            nothing_is_shared_with_an_inactive_owner
            a_shared_records_rights_are_current
            revoking_answers_whether_there_was_something_to_revoke
            one_revocation_counts
            revoking_one_leaves_the_other_records
            a_record_that_is_shortened_expires_then
            shortening_postpones_no_expiry
            a_used_record_expires_later
            no_use_passes_the_end
            revoking_a_token_leaves_its_session
            a_revocation_is_published
            a_revocation_is_published_for_as_long_as_it_matters
            the_revocation_of_a_signed_token_without_expiry_is_published_for_ever
            the_feed_is_in_order
            the_feed_is_read_in_pages
            the_feed_misses_nothing_of_a_crowd
            the_feed_says_how_far_it_goes
            the_feed_keeps_its_identity
            a_change_in_the_feed_wakes_who_watches
            a_change_of_keys_wakes_who_watches
            a_change_of_resource_servers_wakes_who_watches
            what_woke_a_watch_can_be_read
            a_watch_sleeps_while_nothing_changes
            last_use_only_moves_forward
            noting_a_use_passes_over_unknown_names
            purging_removes_what_ended_before
            purging_is_bounded
            purging_never_removes_live_records
            purging_leaves_the_current_generation
            purging_a_session_revives_nothing
            purging_keeps_the_feed_that_still_matters
            a_role_gives_what_was_put_into_it
            a_role_is_one_realms
            a_damaged_role_gives_nothing
            a_records_rights_are_the_issued_ones_still_held
            a_records_rights_follow_its_owners_role
            a_record_never_carries_more_than_it_was_issued_with
            an_edited_role_is_published
            another_role_is_published
            an_account_comes_back_as_it_was_made
            an_unknown_account_is_not_found
            a_chosen_number_is_kept
            a_name_is_one_accounts
            a_name_is_free_in_another_realm
            a_name_is_taken_once_by_a_crowd
            names_are_read_in_pages
            names_are_found_by_their_beginning
            disabling_starts_a_new_generation
            an_unknown_account_is_not_disabled
            attributes_are_replaced_as_a_whole
            a_credential_is_found_by_login_and_by_alias
            a_hash_is_kept_as_given
            a_password_change_ends_sessions
            a_password_change_may_leave_sessions
            a_change_loses_to_a_reset_in_between
            a_reset_is_kept_among_changes
            an_unknown_accounts_password_is_not_set
            an_upgrade_never_undoes_a_password_change
            an_upgrade_ends_nothing
            one_upgrade_wins
            a_credential_does_not_print_its_hash
            a_consumer_is_found_by_its_key
            a_consumer_is_one_organisations
            a_consumer_can_get_another_token
            a_consumer_can_be_disabled
            a_rotated_consumers_tokens_overlap
            a_consumer_never_has_three_tokens
            only_the_current_token_of_a_consumer_is_rotated
            one_consumer_rotation_wins
            a_put_consumer_has_one_token
            organisations_are_read_in_pages
            consumers_are_read_in_pages
            resource_servers_come_back_as_they_were_put
            a_put_resource_server_has_one_secret
            a_resource_server_can_be_disabled
            an_audience_is_replaced_alone
            a_rotated_resource_servers_secrets_overlap
            a_resource_server_never_has_three_secrets
            one_resource_server_rotation_wins
            only_an_enabled_consumer_of_the_organisation_gets_clients
            a_client_is_found_without_being_created
            a_consumers_clients_are_those_it_vouched_for
            clients_are_read_in_pages
            a_disabled_consumers_clients_are_all_recorded
            a_new_client_is_made_as_described
            an_existing_client_comes_back_as_stored
            a_client_is_made_once_for_a_crowd
            clients_never_cross_organisations
            a_client_is_an_account_of_its_organisation
            a_disabled_client_is_found_as_disabled
            a_list_is_of_one_owner_newest_first
            a_list_is_read_in_pages
            a_list_has_live_records
            a_list_describes_each_token
            an_owners_sessions_end_together
            everything_ends_together
            everything_ends_in_a_generation_that_never_was
            the_revocation_of_everything_is_published
            what_ended_with_everything_is_purged
            a_role_reads_back
            roles_are_listed_by_realm_and_name
            a_key_comes_back_as_it_was_stored
            keys_that_sign_first_are_listed_first
            a_first_key_is_a_purposes_first
            a_crowd_gets_one_first_key
            a_rotation_ends_the_others_of_its_purpose
            a_rotation_postpones_no_retirement
            a_rotation_to_a_taken_name_changes_nothing
            rotations_at_once_leave_one_key_without_an_end
            no_reader_sees_half_a_change
            no_key_is_removed
            a_key_retires_when_it_should
            a_retirement_is_never_postponed
            an_unknown_key_does_not_retire
            the_last_key_that_signs_does_not_retire
            the_last_key_retires_where_that_is_asked
            two_that_retire_at_once_leave_one
            the_secrets_of_keys_that_retired_are_erased
            the_secret_of_a_revoked_key_is_erased_at_once
            an_emergency_leaves_no_old_key_verifying
            what_an_emergency_revoked_never_verifies_again
            an_emergency_retires_a_flavours_keys_of_every_algorithm
            an_emergency_without_a_key_to_replace_changes_nothing
            an_emergency_to_a_taken_name_changes_nothing
            an_emergency_for_everything_reaches_every_purpose
            an_emergency_wins_over_rotations
            an_emergency_for_everything_wins_over_rotations
            a_change_of_a_token_leaves_one_entry
            a_revocation_says_why
            a_change_of_an_account_leaves_one_entry
            a_change_of_a_consumer_leaves_one_entry
            a_change_of_a_resource_server_leaves_one_entry
            a_change_of_a_key_leaves_one_entry
            what_changes_nothing_leaves_no_entry
            an_entry_says_who_and_from_where
            an_entry_has_no_secret
            entries_are_found_by_what_they_say
            an_entry_is_settled_once
            an_entry_is_sealed_once_by_a_crowd
            a_shortened_log_is_whole
            a_chain_begun_anew_is_whole
            a_copied_chain_goes_on
        }
    };
}

/// The list of all laws about issuers.
#[doc(hidden)]
#[macro_export]
macro_rules! __issuer_laws {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            issued_verifies_with_what_was_granted
            capabilities_are_true
            tokens_are_unique
            expiry_is_exact
            a_token_until_revoked_does_not_expire
            verifying_changes_nothing
            a_warm_check_asks_no_store
            an_owner_may_hold_many_tokens
            clocks_may_differ_by_five_seconds
            altered_is_refused
            truncated_or_extended_is_refused
            another_case_is_refused
            parts_of_two_tokens_are_refused
            hostile_text_is_refused
            a_stored_digest_is_refused
            a_refresh_token_is_not_access
            another_flavours_token_is_refused
            the_record_of_a_session_decides_whose_it_is
            without_its_key_a_token_is_refused
            with_another_key_a_token_is_refused
            a_key_has_one_spelling
            a_key_alone_is_refused
            revoked_is_refused_or_declared_unsupported
            revoked_tokens_stay_refused
            revoking_one_leaves_the_others
            revoking_twice_is_no_error
            revoking_a_session_ends_what_belongs_to_it
            disabling_an_owner_revokes_tokens_for_good
            a_new_generation_ends_older_tokens_only
            an_outdated_grant_is_not_entitled
            a_revocation_reaches_the_other_node
            lost_rights_are_lost_at_once
            lost_rights_are_lost_on_the_other_node
            rights_never_widen
            rights_of_one_owner_do_not_affect_another
            nothing_prints_a_secret
            no_token_is_stored
            shared_grants_repeat_without_growing
            concurrent_shared_grants_make_one_row
            shared_tokens_belong_to_one_owner
            a_revoked_shared_token_is_replaced
            store_trouble_is_not_a_rejection
            store_trouble_is_not_an_acceptance
            nothing_is_issued_while_the_store_fails
            a_failed_revocation_is_reported
            without_randomness_nothing_is_issued
            a_node_without_news_answers_unavailable
        }
    };
}

/// The list of all laws about services.
#[doc(hidden)]
#[macro_export]
macro_rules! __service_laws {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            a_refresh_rotates
            a_session_has_one_number
            a_refresh_token_is_64_hexadecimal_digits
            a_retry_gets_the_identical_successor
            a_retry_makes_no_second_session
            concurrent_refreshes_get_one_successor
            rotations_of_one_millisecond_are_in_order
            an_older_generation_ends_that_session_only
            a_predecessor_after_the_grace_ends_its_session
            an_idle_session_ends
            a_session_ends_at_its_absolute_limit
            a_retry_after_the_end_of_its_session_is_refused
            a_sign_out_ends_the_session
            one_of_a_crowd_signs_a_session_out
            a_signed_out_session_stays_signed_out
            a_password_change_ends_refreshing
            disabling_ends_refreshing
            a_clock_set_back_ends_nothing
            a_clock_set_back_hides_no_missing_news
            a_retry_on_a_node_that_is_ahead_gets_the_same_successor
            a_session_from_the_far_future_ends
            rights_never_grow_at_a_refresh
            an_altered_refresh_token_harms_nothing
            a_malformed_refresh_token_is_refused_without_the_store
            an_access_token_refreshes_nothing
            another_flavour_refuses_a_refresh_token
            guesses_end_no_session
            a_record_read_beside_a_change_is_not_kept
            a_password_change_wins_over_a_refresh
            disabling_wins_over_a_refresh
            a_sign_out_wins_over_a_refresh
            a_refresh_within_a_refresh_gets_the_same_successor
            no_old_session_survives_a_password_change_during_refreshes
            a_failed_refresh_leaves_the_token_good
            a_refresh_whose_answer_was_lost_can_be_retried
            while_the_store_fails_nothing_is_decided
            a_reuse_is_reported_only_after_the_session_ended
            without_randomness_nothing_rotates
            rotations_add_no_rows
        }
    };
}

/// The list of all laws about guessing passwords.
#[doc(hidden)]
#[macro_export]
macro_rules! __sign_in_laws {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            names_of_one_account_share_their_guesses
            a_name_in_another_realm_has_its_own_guesses
            unknown_names_have_as_many_guesses_as_accounts
            a_refused_attempt_reads_nothing
            a_familiar_owner_is_not_locked_out
            the_networks_of_an_ipv6_network_are_limited_together
            requests_of_unknown_source_are_one_client
        }
    };
}
