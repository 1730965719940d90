//! One file for each page or group of acts.

pub(super) mod account;
pub(super) mod account_acts;
pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod me;
pub(super) mod operator_acts;
pub(super) mod operators;
pub(super) mod organisation_acts;
pub(super) mod partner_acts;
pub(super) mod partners;
pub(super) mod role_acts;
pub(super) mod roles;
pub(super) mod sign_in;
mod timeline;
