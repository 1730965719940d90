//! One test for each law.

/// Makes a module with one test for each law about stores.
///
/// `store_conformance!(name, harness)`: `harness` makes a new [`StoreHarness`](crate::StoreHarness) for each test, over
/// a store of its own that is empty; it may use `.await`. `except: [law, …]` lists the laws that do not apply, since the
/// harness cannot look behind the ports; a law listed there that does apply fails.
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

/// The name of a law that there is.
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

/// The one list of the laws about stores.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_laws {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            a_record_comes_back_as_it_was_written
            what_a_record_lacks_stays_lacking
            a_label_is_kept
            nothing_is_recorded_for_an_owner_who_does_not_stand
            nothing_is_recorded_in_a_session_that_does_not_stand
            a_refused_record_leaves_no_row
            a_name_is_never_given_twice
            an_unknown_name_finds_nothing
            a_revoked_record_is_not_found
            a_token_of_an_ended_session_is_not_found
            a_disabled_owners_records_die_and_stay_dead
            a_new_generation_ends_older_records_only
            time_is_not_the_stores_business
            a_session_is_found_by_its_selector
            an_ended_session_is_not_found
            a_rotation_is_written_whole
            only_the_current_digest_moves_a_family
            an_ended_session_does_not_move
            one_rotation_wins
            a_shared_record_is_made_once
            a_shared_record_is_made_once_for_a_crowd
            a_shared_record_is_of_one_flavour_and_subject
            an_own_record_is_never_shared
            an_ended_shared_record_is_replaced
            an_expired_shared_record_is_replaced
            nothing_is_shared_with_an_owner_who_does_not_stand
            a_shared_records_rights_are_current
            ending_answers_whether_there_was_something_to_end
            one_ending_counts
            ending_one_leaves_the_others
            ending_a_token_leaves_its_session
            an_end_is_told
            an_end_is_told_for_as_long_as_it_matters
            the_feed_is_in_order
            the_feed_is_read_in_pages
            the_feed_misses_nothing_of_a_crowd
            last_use_only_moves_forward
            noting_a_use_passes_over_unknown_names
            purging_removes_what_ended_before
            purging_is_bounded
            purging_never_removes_what_lives
            purging_a_session_revives_nothing
            purging_keeps_the_feed_that_still_matters
            a_role_gives_what_was_put_into_it
            a_role_is_one_realms
            a_damaged_role_gives_nothing
            a_records_rights_are_the_issued_ones_still_held
            a_records_rights_follow_its_owners_role
            a_record_never_carries_more_than_it_was_issued_with
            an_edited_role_is_told
            another_role_is_told
            an_account_comes_back_as_it_was_made
            an_unknown_account_is_not_found
            a_chosen_number_is_kept
            a_name_is_one_accounts
            a_name_is_free_in_another_realm
            a_name_is_taken_once_by_a_crowd
            barring_starts_a_new_generation
            nobody_is_not_barred
            a_credential_is_found_by_login_and_by_alias
            a_hash_is_kept_as_given
            a_password_change_ends_sessions
            a_password_change_may_leave_sessions
            nobodys_password_is_not_set
            an_upgrade_never_undoes_a_password_change
            an_upgrade_ends_nothing
            one_upgrade_wins
            a_credential_does_not_print_its_hash
            a_consumer_is_found_by_its_key
            a_consumer_is_one_organisations
            a_consumer_can_get_another_token
            a_consumer_can_be_barred
            a_new_client_is_made_as_described
            an_existing_client_comes_back_as_stored
            a_client_is_made_once_for_a_crowd
            clients_never_cross_organisations
            a_client_is_an_account_of_its_organisation
            a_barred_client_says_so
        }
    };
}
