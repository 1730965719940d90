//! The kit is tried too: for each law there is an implementation that breaks it, and the law must find it out, by name.

#[path = "broken/implementations.rs"]
#[allow(
    dead_code,
    reason = "some of the broken implementations are for the simulation alone"
)]
mod broken;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use broken::issuer::{self, Base};
use broken::service::{self, BrokenSessions};
use broken::sign_in::{self, BrokenSignIn};
use broken::store::{self, BrokenHarness};
use testkit::law::{Law, Outcome, outcome};
use testkit::{InProcess, IssuerHarness, Parts, ServiceHarness, SignInHarness, StoreHarness};

/// For each law about stores, a store that breaks it.
const STORES: &[(&str, store::Flaw)] = {
    use store::Flaw::*;
    &[
        ("a_record_comes_back_as_it_was_written", LosesKeys),
        ("what_a_record_lacks_stays_lacking", NoEndIsTheEndOfTime),
        ("a_label_is_kept", LosesLabels),
        ("nothing_is_recorded_for_an_inactive_owner", RecordsOutdated),
        ("nothing_is_recorded_in_an_inactive_session", IgnoresParents),
        ("a_refused_record_leaves_no_row", RefusedLeavesARow),
        ("a_name_is_never_given_twice", NamesAgain),
        ("an_unknown_name_finds_nothing", UnknownFindsAnother),
        ("a_revoked_record_is_not_found", FindsRevoked),
        ("a_token_of_an_ended_session_is_not_found", FindsOrphans),
        ("a_disabled_owners_records_are_never_found_again", OlderGenerationLives),
        ("a_new_generation_ends_older_records_only", NewerGenerationDies),
        ("expired_records_are_found", HasAClock),
        ("a_session_is_found_by_its_selector", FindsAnySession),
        ("an_ended_session_is_not_found", FindsEndedSessions),
        ("a_rotation_is_written_whole", LosesLineage),
        ("only_the_current_digest_rotates_a_family", PredecessorMoves),
        ("an_ended_session_does_not_rotate", MovesEndedSessions),
        ("one_rotation_wins", RotatesTwice),
        ("a_shared_record_is_made_once", SharesNothing),
        ("a_shared_record_is_made_once_for_a_crowd", SecondCallerMakesAnother),
        ("a_shared_record_is_of_one_flavour_and_subject", SharesAcrossFlavours),
        ("an_own_record_is_never_shared", SharesOwnRecords),
        ("an_ended_shared_record_is_replaced", SharesEndedRecords),
        ("an_expired_shared_record_is_replaced", SharesExpiredRecords),
        ("a_replaced_shared_record_is_ended", ReplacedGoOn),
        ("a_replaced_shared_record_is_published", ReplacesInSilence),
        ("nothing_is_shared_with_an_inactive_owner", SharesWithOutdated),
        ("a_shared_records_rights_are_current", SharedRightsStay),
        ("revoking_answers_whether_there_was_something_to_revoke", EverybodyEnded),
        ("one_revocation_counts", EverybodyEnded),
        ("revoking_one_leaves_the_other_records", EndsAllOfTheOwner),
        ("revoking_a_token_leaves_its_session", EndsTheSessionToo),
        ("a_revocation_is_published", EndsInSilence),
        (
            "a_revocation_is_published_for_as_long_as_it_matters",
            EndIsTooSoonForgotten,
        ),
        (
            "the_revocation_of_a_signed_token_without_expiry_is_published_for_ever",
            EndlessIsForgotten,
        ),
        ("the_feed_is_in_order", FeedBackwards),
        ("the_feed_is_read_in_pages", FeedUnbounded),
        ("the_feed_misses_nothing_of_a_crowd", FeedLosesSome),
        ("the_feed_says_how_far_it_goes", FeedForgetsItsNumbers),
        ("the_feed_says_how_far_it_goes", FeedForgetsItsTokens),
        ("the_feed_keeps_its_identity", FeedChangesItsIdentity),
        ("a_change_in_the_feed_wakes_who_watches", NoticesNothing),
        ("a_change_of_keys_wakes_who_watches", NoticesNothing),
        ("a_change_of_resource_servers_wakes_who_watches", NoticesNothing),
        ("what_woke_a_watch_can_be_read", NoticesTooSoon),
        ("a_watch_sleeps_while_nothing_changes", NoticesWithoutEnd),
        ("last_use_only_moves_forward", UsesGoBack),
        ("noting_a_use_passes_over_unknown_names", StopsAtUnknownUses),
        ("purging_removes_what_ended_before", PurgesAtTheMoment),
        ("purging_is_bounded", PurgesAllAtOnce),
        ("purging_never_removes_live_records", PurgesEndless),
        ("purging_leaves_the_current_generation", PurgesTheCurrentGeneration),
        ("purging_a_session_revives_nothing", PurgeRevives),
        ("purging_keeps_the_feed_that_still_matters", PurgesTheFeed),
        ("a_list_is_of_one_owner_newest_first", ListsOldestFirst),
        ("a_list_is_read_in_pages", ListsUnbounded),
        ("a_list_has_live_records", ListsTheDead),
        ("a_list_describes_each_token", ListsNoLabels),
        ("an_owners_sessions_end_together", EndsNoSessions),
        ("everything_ends_together", EverythingGoesOn),
        (
            "everything_ends_in_a_generation_that_never_was",
            EverythingEndsInTheNext,
        ),
        ("the_revocation_of_everything_is_published", RoleEditsInSilence),
        ("what_ended_with_everything_is_purged", PurgesNothing),
        ("a_role_reads_back", SortsPermissions),
        ("roles_are_listed_by_realm_and_name", ListsRolesOfAllRealms),
        ("a_role_gives_what_was_put_into_it", SortsPermissions),
        ("a_role_is_one_realms", RolesOfAllRealms),
        ("a_damaged_role_gives_nothing", DamagedRolesGive),
        ("a_records_rights_are_the_issued_ones_still_held", IssuedRightsStay),
        ("a_records_rights_follow_its_owners_role", RoleStays),
        ("a_new_role_is_not_one_that_is_there", NewRolesReplace),
        ("a_demotion_is_done_where_another_keeps_the_role", DemotesNobody),
        ("the_last_one_with_the_role_is_not_demoted", DemotesTheLast),
        ("of_all_who_are_demoted_at_once_one_stays", DemotesAfterALook),
        (
            "a_record_never_carries_more_than_it_was_issued_with",
            AllRightsOfTheRole,
        ),
        ("an_edited_role_is_published", RoleEditsInSilence),
        ("another_role_is_published", RoleChangesInSilence),
        ("an_account_comes_back_as_it_was_made", FoldsLogins),
        ("an_unknown_account_is_not_found", UnknownFindsFirstAccount),
        ("a_chosen_number_is_kept", NumbersAsItLikes),
        ("a_name_is_one_accounts", AliasesUnchecked),
        ("a_name_is_free_in_another_realm", NamesAreGlobal),
        ("a_name_is_taken_once_by_a_crowd", NamesAreTakenTwice),
        ("names_are_read_in_pages", PagesRepeatTheirLast),
        ("names_are_found_by_their_beginning", BeginningsAreAnywhere),
        ("disabling_starts_a_new_generation", BarsInSilence),
        ("an_unknown_account_is_not_disabled", BarsAnybody),
        ("attributes_are_replaced_as_a_whole", AttributesAreAdded),
        ("a_credential_is_found_by_login_and_by_alias", FindsByLoginOnly),
        ("a_hash_is_kept_as_given", TrimsHashes),
        ("a_password_change_ends_sessions", PasswordsEndNothing),
        ("a_password_change_may_leave_sessions", PasswordsEndAlways),
        ("a_change_loses_to_a_reset_in_between", ChangesBlindly),
        ("a_reset_is_kept_among_changes", ChangesAfterALook),
        ("an_unknown_accounts_password_is_not_set", AnybodyHasAPassword),
        ("an_upgrade_never_undoes_a_password_change", UpgradesBlindly),
        ("an_upgrade_ends_nothing", UpgradesEndSessions),
        ("one_upgrade_wins", UpgradesBlindly),
        ("a_credential_does_not_print_its_hash", PrintsHashes),
        ("a_consumer_is_found_by_its_key", KeysInAnyCase),
        ("a_consumer_is_one_organisations", TakesConsumersOver),
        ("a_consumer_can_get_another_token", ConsumersStayBarred),
        ("a_consumer_can_be_disabled", ConsumersAreNeverBarred),
        ("a_new_organisation_is_not_one_that_is_there", NewOrganisationsReplace),
        ("a_new_consumer_is_not_one_that_is_there", NewConsumersReplace),
        ("a_rotated_consumers_tokens_overlap", RotationEndsTheTokenBefore),
        ("a_consumer_never_has_three_tokens", ConsumersHaveThreeTokens),
        (
            "only_the_current_token_of_a_consumer_is_rotated",
            AnyTokenOfAConsumerRotates,
        ),
        ("one_consumer_rotation_wins", AnyTokenOfAConsumerRotates),
        ("a_put_consumer_has_one_token", PutKeepsTheTokenBefore),
        ("organisations_are_read_in_pages", OrganisationsUnbounded),
        ("consumers_are_read_in_pages", ConsumersFromTheStart),
        ("resource_servers_come_back_as_they_were_put", EveryAudienceIsAll),
        ("a_put_resource_server_has_one_secret", PutResourceServersStayDisabled),
        ("a_resource_server_can_be_disabled", ResourceServersAreNeverDisabled),
        ("an_audience_is_replaced_alone", AnAudienceEnables),
        (
            "a_rotated_resource_servers_secrets_overlap",
            RotationEndsTheSecretBefore,
        ),
        (
            "a_resource_server_never_has_three_secrets",
            ResourceServersHaveThreeSecrets,
        ),
        ("one_resource_server_rotation_wins", AnySecretOfAResourceServerRotates),
        (
            "only_an_enabled_consumer_of_the_organisation_gets_clients",
            AnyConsumerGetsClients,
        ),
        ("a_client_is_found_without_being_created", FindingCreatesClients),
        ("a_consumers_clients_are_those_it_vouched_for", ForgetsWhoVouched),
        ("clients_are_read_in_pages", ClientsUnbounded),
        ("a_disabled_consumers_clients_are_all_recorded", RecordsWhoVouchedLater),
        ("a_new_client_is_made_as_described", LosesClientNames),
        ("an_existing_client_comes_back_as_stored", OverwritesClients),
        ("a_client_is_made_once_for_a_crowd", ClientsAreMadeTwice),
        ("clients_never_cross_organisations", OneOrganisation),
        ("a_client_is_an_account_of_its_organisation", ClientsAreOperators),
        ("a_disabled_client_is_found_as_disabled", BarredClientsAreHidden),
        ("a_token_expires_when_it_does_there_by_now", ImportsKeepEnds),
        ("an_import_again_adds_nothing", ImportsTwice),
        ("rows_that_a_crowd_imports_are_added_once", ImportsTwice),
        ("what_is_only_tried_leaves_nothing", TriesForReal),
        ("an_import_is_recorded_and_published", ImportsInSilence),
        ("a_person_is_known_by_the_key_there", ImportsIgnoreNames),
        ("an_imported_token_has_one_owner", ImportsTakeTokensOver),
        ("an_imported_digest_names_its_scheme", FindsAnyScheme),
        ("an_imported_tokens_rights_are_its_owners_too", ImportsGiveAll),
        ("a_revoked_token_is_not_imported_again", ImportsRevive),
        ("a_revoked_token_is_not_imported_again", ImportsHideRevocations),
        ("another_pepper_is_brought_and_nothing_else", ImportsKeepPeppers),
        ("what_changed_here_outlasts_an_import", ImportsResetPasswords),
        ("a_signed_token_is_recorded_once", RecordsSignedEachTime),
        (
            "a_signed_token_of_nobody_imported_is_not_recorded",
            RecordsSignedOfAnybody,
        ),
        (
            "no_signed_token_is_recorded_after_its_owners_were_revoked",
            RecordsSignedOfAnybody,
        ),
        ("a_signed_token_is_forgotten_when_it_has_expired", RecordsSignedEachTime),
        ("a_key_comes_back_as_it_was_stored", CutsSealedKeys),
        ("keys_that_sign_first_are_listed_first", ListsLaterKeysFirst),
        ("a_first_key_is_a_purposes_first", FirstKeysBesideRetired),
        ("a_crowd_gets_one_first_key", FirstKeysAfterALook),
        ("a_rotation_ends_the_others_of_its_purpose", RotationEndsEveryPurpose),
        ("a_rotation_postpones_no_retirement", RotationPostpones),
        ("a_rotation_to_a_taken_name_changes_nothing", RotationEndsBeforeItAdds),
        ("rotations_at_once_leave_one_key_without_an_end", RotatesAfterALook),
        ("no_reader_sees_half_a_change", RotatesInTwoSteps),
        ("no_key_follows_one_that_waits_to_sign", RotatesBesideTheNext),
        (
            "of_rotations_at_once_one_adds_a_key_that_waits",
            RefusesRotationsAfterALook,
        ),
        ("no_key_is_removed", EmergencyRemoves),
        ("a_key_retires_when_it_should", RetiresNothing),
        ("a_retirement_is_never_postponed", RetirementPostpones),
        ("an_unknown_key_does_not_retire", UnknownKeysRetire),
        ("the_last_key_that_signs_does_not_retire", LastKeysRetire),
        ("the_last_key_retires_where_that_is_asked", LastKeysNeverRetire),
        ("two_that_retire_at_once_leave_one", RetiresAfterALook),
        ("a_record_that_is_shortened_expires_then", ShortensNothing),
        ("shortening_postpones_no_expiry", ShorteningPostpones),
        ("what_is_made_from_a_token_is_revoked_with_it", MadeTokensAreUnlinked),
        ("nothing_is_made_from_what_may_make_nothing", MakesFromAnyToken),
        ("a_list_has_the_lines_of_tokens", ReplacementsAreUnlinked),
        ("a_replaced_token_expires_and_its_place_is_taken", ReplacedTokensGoOn),
        (
            "what_takes_a_place_lives_while_it_is_used",
            ReplacementsEndWithTheOverlap,
        ),
        ("one_token_takes_a_place", ReplacementsEndWithTheOverlap),
        ("a_line_is_revoked_as_one", ReplacementsAreUnlinked),
        ("no_token_escapes_a_revocation", ReplacementsAreUnlinked),
        ("a_used_record_expires_later", NeverIdles),
        ("no_use_passes_the_end", UsesPassTheEnd),
        ("a_list_has_the_end_of_what_is_used", UsesPassTheEnd),
        ("the_secrets_of_keys_that_retired_are_erased", ErasesWhatRetires),
        ("the_secret_of_a_revoked_key_is_erased_at_once", ErasureRemoves),
        ("what_an_emergency_revoked_never_verifies_again", EmergencyIsOfItsTime),
        ("an_emergency_leaves_no_old_key_verifying", EmergencySparesNextKeys),
        (
            "an_emergency_retires_a_flavours_keys_of_every_algorithm",
            EmergencySparesOtherAlgorithms,
        ),
        (
            "an_emergency_without_a_key_to_replace_changes_nothing",
            EmergencyAddsAnyway,
        ),
        ("an_emergency_to_a_taken_name_changes_nothing", EmergencyTakesNames),
        (
            "an_emergency_for_everything_reaches_every_purpose",
            EverythingIsWhatIsReplaced,
        ),
        ("an_emergency_wins_over_rotations", RotationForgetsEmergencies),
        (
            "an_emergency_for_everything_wins_over_rotations",
            RotationForgetsEmergencies,
        ),
        ("a_change_of_a_token_leaves_one_entry", IssuesWithoutEntry),
        ("a_revocation_says_why", RevokesWithoutReason),
        ("a_change_of_an_account_leaves_one_entry", PasswordsWithoutEntry),
        ("a_change_of_a_consumer_leaves_one_entry", RotatesConsumersTwiceInTheLog),
        (
            "a_change_of_a_resource_server_leaves_one_entry",
            ResourceServersWithoutEntry,
        ),
        ("a_change_of_a_key_leaves_one_entry", KeysWithoutEntry),
        ("what_changes_nothing_leaves_no_entry", RefusedRotationsAreEntries),
        ("an_entry_says_who_and_from_where", EntriesOfNobody),
        ("an_entry_has_no_secret", EntriesHaveHashes),
        ("entries_are_found_by_what_they_say", FindsEntriesOfAnyEvent),
        ("an_entry_is_settled_once", SettlesAPageTwice),
        ("an_entry_is_sealed_once_by_a_crowd", SealsOverSeals),
        ("a_shortened_log_is_whole", ForgetsEntriesOnly),
        ("a_chain_begun_anew_is_whole", RestartsWithoutEntry),
        ("a_copied_chain_goes_on", ForgetsTheFloor),
    ]
};

/// For each law about issuers, an issuer that breaks it.
const ISSUERS: &[(&str, Base, issuer::Flaw)] = {
    use Base::{KeyBound, Opaque, Tracked, TrackedWithoutEnd};
    use issuer::Flaw::*;
    &[
        ("issued_verifies_with_what_was_granted", Tracked, SaysAnotherRealm),
        ("capabilities_are_true", Tracked, ClaimsNoEnd),
        ("tokens_are_unique", Tracked, IssuesOneToken),
        ("expiry_is_exact", Tracked, HasLeeway),
        (
            "a_token_until_revoked_does_not_expire",
            TrackedWithoutEnd,
            EndsAfterAYear,
        ),
        ("verifying_changes_nothing", Tracked, GoodOnce),
        ("a_warm_check_asks_no_store", Tracked, AsksTheStore),
        ("clocks_may_differ_by_five_seconds", Tracked, HasNoLeeway),
        ("an_owner_may_hold_many_tokens", Tracked, OnlyTheLatest),
        ("altered_is_refused", Tracked, OverlooksOneByte),
        ("truncated_or_extended_is_refused", Opaque, Trims),
        ("another_case_is_refused", Opaque, FoldsCase),
        ("parts_of_two_tokens_are_refused", Tracked, MixesParts),
        ("hostile_text_is_refused", Opaque, PanicsOnNothing),
        ("a_stored_digest_is_refused", Opaque, AcceptsDigests),
        ("a_refresh_token_is_not_access", Opaque, AcceptsRefreshTokens),
        ("another_flavours_token_is_refused", Tracked, OneFlavour),
        ("the_record_of_a_session_decides_whose_it_is", Tracked, BelievesTheToken),
        ("without_its_key_a_token_is_refused", KeyBound, KeyIsOptional),
        ("with_another_key_a_token_is_refused", KeyBound, AnyKey),
        ("a_key_has_one_spelling", KeyBound, LenientKey),
        ("a_key_alone_is_refused", KeyBound, KeyIsEnough),
        ("revoked_is_refused_or_declared_unsupported", Tracked, RevokesNothing),
        ("revoked_tokens_stay_refused", TrackedWithoutEnd, ForgetsEnds),
        ("revoking_one_leaves_the_others", Tracked, RevokesAllOfTheOwner),
        ("revoking_twice_is_no_error", Tracked, RevokesOnce),
        ("revoking_a_session_ends_what_belongs_to_it", Opaque, ChildrenLiveOn),
        ("disabling_an_owner_revokes_tokens_for_good", Tracked, ReenablesTokens),
        ("a_new_generation_ends_older_tokens_only", Tracked, NewerGenerationDies),
        ("an_outdated_grant_is_not_entitled", Tracked, EntitlesOutdated),
        ("a_revocation_reaches_the_other_node", Tracked, RemembersYes),
        ("a_revocation_reaches_the_other_node", Tracked, RemembersYesInMemory),
        ("lost_rights_are_lost_at_once", Tracked, RightsStay),
        ("lost_rights_are_lost_on_the_other_node", Tracked, RightsStay),
        ("rights_never_widen", Opaque, IssuesMore),
        ("rights_of_one_owner_do_not_affect_another", Opaque, AnyEditLosesRights),
        ("nothing_prints_a_secret", Tracked, Prints),
        ("no_token_is_stored", Opaque, StoresSecrets),
        ("shared_grants_repeat_without_growing", Opaque, SharesNothing),
        ("concurrent_shared_grants_make_one_row", Opaque, SharesNothing),
        ("shared_tokens_belong_to_one_owner", Opaque, SharesWithAll),
        ("a_revoked_shared_token_is_replaced", Opaque, SharesEnded),
        ("store_trouble_is_not_a_rejection", Opaque, TroubleIsNo),
        ("store_trouble_is_not_an_acceptance", Opaque, TroubleIsYes),
        ("nothing_is_issued_while_the_store_fails", Tracked, IssuesWithoutRecord),
        ("a_failed_revocation_is_reported", Tracked, SwallowsTrouble),
        ("without_randomness_nothing_is_issued", Opaque, ZerosForChance),
        ("a_node_without_news_answers_unavailable", Tracked, Guesses),
    ]
};

/// What is below a broken service, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Service(service::Flaw),
    Store(store::Flaw),
    Issuer(issuer::Flaw),
}

/// For each law about services, a service that breaks it.
const SERVICES: &[(&str, Wrong)] = {
    use Wrong::{Issuer, Service, Store};
    use service::Flaw::*;
    &[
        ("a_refresh_rotates", Service(KeepsToken)),
        ("a_session_has_one_number", Service(NamesAnotherSession)),
        ("a_refresh_token_is_64_hexadecimal_digits", Service(UpperCase)),
        ("a_retry_gets_the_identical_successor", Service(RetryRotates)),
        ("a_retry_makes_no_second_session", Service(RetrySignsIn)),
        (
            "concurrent_refreshes_get_one_successor",
            Store(store::Flaw::RotatesTwice),
        ),
        (
            "rotations_of_one_millisecond_are_in_order",
            Service(GrandparentsOfTheMoment),
        ),
        ("an_older_generation_ends_that_session_only", Service(RefusesOnly)),
        ("a_predecessor_after_the_grace_ends_its_session", Service(ForgivesReuse)),
        ("an_idle_session_ends", Service(ForgivesTheEnd)),
        ("a_session_ends_at_its_absolute_limit", Service(ForgivesTheEnd)),
        ("one_of_a_crowd_signs_a_session_out", Service(EverybodySignsOut)),
        (
            "a_retry_after_the_end_of_its_session_is_refused",
            Service(ForgivesTheEnd),
        ),
        ("a_clock_set_back_hides_no_missing_news", Issuer(issuer::Flaw::Guesses)),
        (
            "a_retry_on_a_node_that_is_ahead_gets_the_same_successor",
            Store(store::Flaw::TellsWrongTimes),
        ),
        ("a_session_from_the_far_future_ends", Service(ForgivesTheEnd)),
        (
            "a_record_read_beside_a_change_is_not_kept",
            Issuer(issuer::Flaw::RightsStay),
        ),
        ("a_sign_out_ends_the_session", Service(SignsNobodyOut)),
        ("a_signed_out_session_stays_signed_out", Service(ForgetsSignOuts)),
        (
            "a_password_change_ends_refreshing",
            Store(store::Flaw::PasswordsEndNothing),
        ),
        ("disabling_ends_refreshing", Store(store::Flaw::BarsNobody)),
        ("a_clock_set_back_ends_nothing", Service(ClockBackIsTheEnd)),
        (
            "rights_never_grow_at_a_refresh",
            Issuer(issuer::Flaw::GivesMoreAtRefresh),
        ),
        ("an_altered_refresh_token_harms_nothing", Service(GuessEnds)),
        (
            "a_malformed_refresh_token_is_refused_without_the_store",
            Service(ReadsFirst),
        ),
        ("an_access_token_refreshes_nothing", Service(AccessRefreshes)),
        (
            "another_flavour_refuses_a_refresh_token",
            Issuer(issuer::Flaw::OneFlavour),
        ),
        ("guesses_end_no_session", Service(GuessEnds)),
        (
            "a_password_change_wins_over_a_refresh",
            Store(store::Flaw::PasswordsEndNothing),
        ),
        ("disabling_wins_over_a_refresh", Store(store::Flaw::BarsNobody)),
        ("a_sign_out_wins_over_a_refresh", Service(SignsNobodyOut)),
        (
            "a_refresh_within_a_refresh_gets_the_same_successor",
            Store(store::Flaw::RotatesTwice),
        ),
        (
            "no_old_session_survives_a_password_change_during_refreshes",
            Store(store::Flaw::PasswordsEndNothing),
        ),
        ("a_failed_refresh_leaves_the_token_good", Service(TroubleIsRefusal)),
        ("a_refresh_whose_answer_was_lost_can_be_retried", Service(TroubleBurns)),
        ("while_the_store_fails_nothing_is_decided", Service(SignsOutAnyway)),
        (
            "a_reuse_is_reported_only_after_the_session_ended",
            Service(TellsTooSoon),
        ),
        ("without_randomness_nothing_rotates", Service(NoChanceIsRefusal)),
        ("rotations_add_no_rows", Store(store::Flaw::RotationAddsARow)),
    ]
};

/// For each law about guessing passwords, a node that breaks it.
const SIGN_INS: &[(&str, sign_in::Flaw)] = {
    use sign_in::Flaw::*;
    &[
        ("names_of_one_account_share_their_guesses", CountsTypedNames),
        ("a_name_in_another_realm_has_its_own_guesses", CountsWithoutTheRealm),
        ("unknown_names_have_as_many_guesses_as_accounts", CountsAccountsOnly),
        ("a_refused_attempt_reads_nothing", LooksUpFirst),
        ("a_familiar_owner_is_not_locked_out", AddressesLockEverybody),
        (
            "the_networks_of_an_ipv6_network_are_limited_together",
            CountsEachNetworkAlone,
        ),
        ("requests_of_unknown_source_are_one_client", UnknownIsAnAddress),
    ]
};

async fn issuer_harness(base: Base, flaw: issuer::Flaw) -> InProcess {
    let harness = InProcess::in_memory(|parts: &Parts| issuer::build(parts, base, flaw)).await;
    harness.many(50, 200)
}

async fn service_harness(wrong: Wrong) -> InProcess {
    let (mut of_store, mut of_issuer, mut of_service) = (store::Flaw::None, issuer::Flaw::None, service::Flaw::None);
    match wrong {
        Wrong::Service(flaw) => of_service = flaw,
        Wrong::Store(flaw) => of_store = flaw,
        Wrong::Issuer(flaw) => of_issuer = flaw,
    }
    let clock = std::cell::RefCell::new(None);
    let build = |parts: &Parts| {
        clock.replace(Some(parts.clock.clone()));
        issuer::build(parts, Base::Tracked, of_issuer)
    };
    let harness = InProcess::over(Arc::new(BrokenHarness::new(of_store)), build).await;
    let clock = clock.take().expect("something was built");
    let harness = harness.with_sessions(|inner| BrokenSessions::around(inner, of_service, clock.clone()));
    harness.many(50, 200)
}

/// The outcome of each law with each entry of a table must be that the law is broken, by name; and every law must stand
/// in the table.
fn all_are_found_out<H: ?Sized, W: Copy + Debug>(
    laws: Vec<Law<H>>,
    table: &[(&'static str, W)],
    harness: impl Fn(W) -> std::pin::Pin<Box<dyn Future<Output = Arc<H>>>>,
) {
    let names: BTreeSet<_> = laws.iter().map(|law| law.name).collect();
    let covered: BTreeSet<_> = table.iter().map(|(name, _)| *name).collect();
    assert_eq!(covered, names, "a broken implementation for each law");
    for (name, wrong) in table {
        let law = laws.iter().find(|law| law.name == *name).expect("in the table");
        let outcome = outcome(law.name, async { (law.check)(harness(*wrong).await).await });
        let found_out = matches!(&outcome, Outcome::Broken(how) if how.starts_with(law.name));
        assert!(found_out, "{name} did not find out {wrong:?}: {outcome:?}");
    }
}

/// With nothing wrong, the same implementations keep the law, so that it is the flaw that is found out.
fn all_are_kept<H: ?Sized>(
    laws: Vec<Law<H>>,
    harness: impl Fn(&str) -> std::pin::Pin<Box<dyn Future<Output = Arc<H>>>>,
) {
    for law in laws {
        let outcome = outcome(law.name, async { (law.check)(harness(law.name).await).await });
        assert_eq!(outcome, Outcome::Kept, "{}", law.name);
    }
}

#[test]
fn every_law_about_stores_finds_out_a_broken_one() {
    all_are_found_out(testkit::store::laws(), STORES, |flaw| {
        Box::pin(async move { Arc::new(BrokenHarness::new(flaw)) as Arc<dyn StoreHarness> })
    });
}

#[test]
fn a_store_without_the_flaws_keeps_every_law() {
    all_are_kept(testkit::store::laws(), |_| {
        Box::pin(async { Arc::new(BrokenHarness::new(store::Flaw::None)) as Arc<dyn StoreHarness> })
    });
}

#[test]
fn every_law_about_issuers_finds_out_a_broken_one() {
    let table: Vec<_> = ISSUERS
        .iter()
        .map(|(name, base, flaw)| (*name, (*base, *flaw)))
        .collect();
    all_are_found_out(testkit::issuer::laws(), &table, |(base, flaw)| {
        Box::pin(async move { Arc::new(issuer_harness(base, flaw).await) as Arc<dyn IssuerHarness> })
    });
}

#[test]
fn an_issuer_without_the_flaws_keeps_every_law() {
    all_are_kept(testkit::issuer::laws(), |name| {
        let (_, base, _) = *ISSUERS.iter().find(|(law, ..)| *law == name).expect("in the table");
        Box::pin(async move { Arc::new(issuer_harness(base, issuer::Flaw::None).await) as Arc<dyn IssuerHarness> })
    });
}

#[test]
fn every_law_about_services_finds_out_a_broken_one() {
    all_are_found_out(testkit::service::laws(), SERVICES, |wrong| {
        Box::pin(async move { Arc::new(service_harness(wrong).await) as Arc<dyn ServiceHarness> })
    });
}

#[test]
fn a_service_without_the_flaws_keeps_every_law() {
    all_are_kept(testkit::service::laws(), |_| {
        let nothing = Wrong::Service(service::Flaw::None);
        Box::pin(async move { Arc::new(service_harness(nothing).await) as Arc<dyn ServiceHarness> })
    });
}

#[test]
fn every_law_about_guessing_finds_out_a_broken_node() {
    all_are_found_out(testkit::sign_in::laws(), SIGN_INS, |flaw| {
        Box::pin(async move { Arc::new(BrokenSignIn::new(flaw)) as Arc<dyn SignInHarness> })
    });
}

#[test]
fn a_node_without_the_flaws_keeps_every_law() {
    all_are_kept(testkit::sign_in::laws(), |_| {
        Box::pin(async { Arc::new(BrokenSignIn::new(sign_in::Flaw::None)) as Arc<dyn SignInHarness> })
    });
}
