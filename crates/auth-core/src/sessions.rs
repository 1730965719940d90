//! Sessions: recorded, revocable, refreshable, bound to a key; and what this node caches of them.

pub(crate) mod imported;
pub(crate) mod key_bound;
pub(crate) mod refresh;
pub(crate) mod registry;
pub(crate) mod service;
pub(crate) mod token_admin;
pub(crate) mod tracked;
pub(crate) mod unknown_tokens;
