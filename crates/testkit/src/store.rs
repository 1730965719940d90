//! The laws about stores: what every sentence of the ports' documentation comes to when it is tried.
//!
//! [`store_conformance!`](crate::store_conformance) makes a test of each.

mod account;
mod account_names;
mod audit;
mod audit_callers;
mod audit_chain;
mod client;
mod consumer;
mod consumer_clients;
mod consumer_rotation;
mod demotion;
mod feed;
mod find;
mod fixture;
mod housekeeping;
mod idle;
mod imports;
mod insert;
mod key_emergency;
mod key_fixture;
mod key_retirement;
mod key_rotation;
mod lines;
mod listing;
mod notices;
mod password;
mod password_change;
mod resource_server;
mod revoke;
mod rights;
mod session;
mod shared;
mod signed_imports;
mod token_admin;

pub use account::*;
pub use account_names::*;
pub use audit::*;
pub use audit_callers::*;
pub use audit_chain::*;
pub use client::*;
pub use consumer::*;
pub use consumer_clients::*;
pub use consumer_rotation::*;
pub use demotion::*;
pub use feed::*;
pub use find::*;
pub use housekeeping::*;
pub use idle::*;
pub use imports::*;
pub use insert::*;
pub use key_emergency::*;
pub use key_retirement::*;
pub use key_rotation::*;
pub use lines::*;
pub use listing::*;
pub use notices::*;
pub use password::*;
pub use password_change::*;
pub use resource_server::*;
pub use revoke::*;
pub use rights::*;
pub use session::*;
pub use shared::*;
pub use signed_imports::*;
pub use token_admin::*;

use crate::law::Law;
use crate::ports::StoreHarness;

/// All of them.
pub fn laws() -> Vec<Law<dyn StoreHarness>> {
    crate::__store_laws! { __law_table [store] }
}
