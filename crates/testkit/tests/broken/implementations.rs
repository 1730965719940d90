//! Implementations that break one promise each.

pub(crate) mod issuer;
pub(crate) mod opaque;
pub(crate) mod service;
pub(crate) mod sign_in;
pub(crate) mod store;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
