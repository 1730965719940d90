//! Signing in by password: check, change, hashing threads, throttle (feature `passwords`).

mod audit;
pub(crate) mod authenticator;
pub(crate) mod change;
mod common_passwords;
pub(crate) mod foreign_hash;
pub(crate) mod hashing;
pub(crate) mod login_name;
pub(crate) mod password_store;
pub(crate) mod policy;
pub(crate) mod refusal_pace;
pub(crate) mod sign_in_error;
pub(crate) mod stored_password;
pub(crate) mod throttle;
