//! What must hold of `/auth/verify` behind a proxy, whichever it is, with the configuration that `docs/proxies` has for it.

mod access;
mod identity;
mod neighbours;
mod passing;
mod service;
mod stage;
mod traefik;
mod trouble;

use crate::proxy_process::Program;
use crate::support::server::{Server, Setup};

pub use neighbours::{another_default_server_is_refused, another_server_lets_no_forged_identity_pass};
use stage::Stage;
pub use traefik::traefiks_file_removes_and_copies_every_header;

/// What Tessera's answer says of the caller.
const IDENTITY: [&str; 6] = [
    "X-Auth-Subject",
    "X-Auth-Flavour",
    "X-Auth-Realm",
    "X-Auth-Token-Id",
    "X-Auth-Permissions",
    "X-Auth-Jwt",
];

/// What it says of a token that expires soon.
const EXPIRES_AT: &str = "X-Auth-Expires-At";

const AUDIENCE: &str = "https://internal.example.com";

/// A law, and its name.
type Law = (&'static str, fn(Program));

pub const LAWS: [Law; 13] = [
    ("the_service_learns_who_calls", identity::the_service_learns_who_calls),
    ("an_identity_cannot_be_forged", identity::an_identity_cannot_be_forged),
    (
        "an_identity_cannot_be_taken_away",
        identity::an_identity_cannot_be_taken_away,
    ),
    (
        "a_refusal_says_how_to_authenticate",
        access::a_refusal_says_how_to_authenticate,
    ),
    (
        "a_permission_is_needed_where_it_is_asked_for",
        access::a_permission_is_needed_where_it_is_asked_for,
    ),
    ("a_log_out_counts_at_once", access::a_log_out_counts_at_once),
    (
        "the_service_gets_the_whole_request_and_tessera_no_body",
        passing::a_request_reaches_the_service_whole,
    ),
    (
        "it_is_said_that_a_token_expires_soon",
        passing::it_is_said_that_a_token_expires_soon,
    ),
    (
        "long_headers_pass_or_are_refused",
        passing::long_headers_pass_or_are_refused,
    ),
    (
        "what_cannot_be_known_is_503_with_a_time_to_try_again",
        trouble::what_cannot_be_known_is_503,
    ),
    ("without_tessera_nobody_passes", trouble::without_tessera_nobody_passes),
    (
        "a_misspelt_parameter_lets_nobody_in",
        trouble::a_misspelt_parameter_lets_nobody_in,
    ),
    (
        "nothing_is_answered_from_a_cache",
        trouble::nothing_is_answered_from_a_cache,
    ),
];

/// A demo with a signed identity, which trusts the proxy to name its clients.
fn tessera() -> Setup {
    let config = format!("[forward_auth.jwt]\naudience = \"{AUDIENCE}\"\n");
    Setup::demo()
        .config(config)
        .env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
}

fn staged(program: Program) -> (Server, Stage) {
    let server = tessera().start();
    let stage = Stage::new(program, server.address());
    (server, stage)
}
