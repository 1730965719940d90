//! The contract: the types of a token's life, the two traits of a strategy, and the ports of a store.

pub(crate) mod account;
pub(crate) mod account_store;
pub(crate) mod change_watch;
pub(crate) mod client_network;
pub(crate) mod clock;
pub(crate) mod durations;
pub(crate) mod entropy;
pub(crate) mod error;
pub(crate) mod invalid_name;
pub(crate) mod issuer;
pub(crate) mod peppers;
pub(crate) mod refresh_state;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod signed_claims;
pub(crate) mod token;
pub(crate) mod token_store;
pub(crate) mod verified_token;
