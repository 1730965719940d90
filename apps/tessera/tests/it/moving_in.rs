//! Moving in from another system with clients that go on: its real implementation makes people and tokens and accepts each token,
//! `tessera import` takes them over beside a running server, and the server accepts the same texts. A separate test program,
//! because its `main` skips what is not installed.
//!
//! `.ci/run` installs Django with Knox and REST framework, better-auth with its API keys, Laravel's database and hashing, Devise
//! and Doorkeeper. Sanctum is not to be had everywhere, so its rows are made, and its tokens checked, by its documented algorithm.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

#[path = "moving_in/clients.rs"]
mod clients;
#[path = "moving_in/damaged.rs"]
mod damaged;
#[path = "moving_in/dumps.rs"]
mod dumps;
#[path = "moving_in/jwt_switch.rs"]
mod jwt_switch;
#[path = "moving_in/old_server.rs"]
mod old_server;
#[path = "moving_in/postgres.rs"]
mod postgres;
mod proxy_process;
#[path = "moving_in/rows.rs"]
mod rows;
#[path = "moving_in/runs.rs"]
mod runs;
#[path = "moving_in/runtime.rs"]
mod runtime;
#[path = "moving_in/simplejwt.rs"]
mod simplejwt;
#[path = "moving_in/stage.rs"]
mod stage;
mod support;
#[path = "moving_in/switch.rs"]
mod switch;
#[path = "moving_in/systems.rs"]
mod systems;
mod trials;

use libtest_mimic::Trial;
use store_diesel::Cluster;

use old_server::{OLD, Old};
use proxy_process::Program;
use runtime::Runtime;
use switch::{a_switch_without_import_is_noticed, no_client_notices};
use systems::{MADE, clients_go_on};

fn main() {
    let made = MADE.iter().map(|made| {
        let name = format!("clients_of_{}_go_on", made.name);
        trials::unless_skipped(&name, || made.runtime.skip_reason(), || clients_go_on(made))
    });
    let through = OLD.iter().flat_map(|old| {
        let trial = |name: &str, test: fn(&Old)| {
            let reason = || Program::Nginx.skip_reason().or(old.runtime.skip_reason());
            trials::unless_skipped(&format!("{name}_{}", old.name), reason, move || test(old))
        };
        [
            trial("clients_run_through_the_switch_from", no_client_notices),
            trial(
                "clients_notice_a_switch_without_import_from",
                a_switch_without_import_is_noticed,
            ),
        ]
    });
    let postgres: [(&str, fn()); 2] = [
        (
            "a_postgresql_database_of_each_system_is_read",
            postgres::each_system_is_read,
        ),
        (
            "a_postgresql_database_that_cannot_be_read_says_why",
            postgres::what_cannot_be_read_is_said,
        ),
    ];
    let postgres = postgres.map(|(name, test)| trials::unless_skipped(name, Cluster::skip_reason, test));
    let jwts: [(&str, fn()); 4] = [
        ("clients_of_simplejwt_go_on", simplejwt::clients_go_on),
        (
            "simplejwt_goes_on_refreshing_beside_this_server",
            simplejwt::refreshing_goes_on_there,
        ),
        (
            "clients_with_sliding_tokens_of_simplejwt_go_on",
            simplejwt::sliding_tokens_go_on,
        ),
        (
            "a_secret_of_simplejwt_may_be_any_bytes",
            simplejwt::a_secret_of_any_bytes,
        ),
    ];
    let jwts = jwts.map(|(name, test)| trials::unless_skipped(name, || Runtime::Python.skip_reason(), test));
    let refreshing: [(&str, fn()); 2] = [
        (
            "clients_that_refresh_run_through_the_switch_from_simplejwt",
            jwt_switch::no_client_notices,
        ),
        (
            "clients_that_refresh_notice_a_switch_without_the_key_of_simplejwt",
            jwt_switch::a_switch_without_the_key_is_noticed,
        ),
    ];
    let refreshing = refreshing.map(|(name, test)| {
        let reason = || Program::Nginx.skip_reason().or(Runtime::Python.skip_reason());
        trials::unless_skipped(name, reason, test)
    });
    let made = made.chain(jwts).chain(refreshing);
    let others: [(&str, fn()); 19] = [
        ("the_list_of_refusals_replaces_no_file", rows::no_file_is_replaced),
        ("a_value_that_matters_for_nothing_refuses_nobody", rows::odd_values),
        ("tokens_of_sanctum_have_keys_of_any_form", rows::keys_of_sanctum),
        (
            "a_token_that_nobody_could_present_is_refused",
            rows::tokens_that_nobody_could_present,
        ),
        ("a_row_that_cannot_be_read_is_refused", damaged::rows),
        ("views_and_tables_without_rowid_are_read", damaged::tables_without_rowid),
        ("a_damaged_file_is_named", damaged::files),
        ("a_second_run_brings_the_right_pepper", runs::right_pepper),
        ("a_token_of_both_systems_has_a_line", runs::tokens_of_both),
        ("a_later_end_is_taken_over", runs::later_end),
        ("a_dry_run_reports_what_a_run_would", runs::tried),
        (
            "people_of_another_installation_are_not_taken_for_those_here",
            dumps::another_installation,
        ),
        ("a_killed_import_is_completed_by_a_second_run", dumps::killed),
        ("who_may_not_sign_in_there_may_not_here", dumps::who_may_not_sign_in),
        ("a_life_that_is_in_no_row_ends_tokens", dumps::token_life),
        ("a_wrong_pepper_changes_nothing", dumps::wrong_pepper),
        ("each_refusal_has_its_line_and_the_rest_goes_on", dumps::refusals),
        ("what_is_no_dump_of_the_system_is_refused", dumps::no_dump),
        (
            "keys_that_are_not_accepted_change_nothing",
            simplejwt::keys_that_are_not_accepted,
        ),
    ];
    let others = others.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    let missing = MADE.iter().find_map(|made| made.runtime.skip_reason());
    trials::run(
        made.chain(through).chain(postgres).chain(others).collect(),
        "the systems to move in from",
        missing,
    )
}
