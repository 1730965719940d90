//! Guesses at the secrets of callers, counted as those at the passwords of people are, and apart from them.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use auth_core::{FoldedLogin, Realm, Throttle, Throttled};

/// Counts wrong secrets by name and by address. All guards of a node share one throttle; otherwise an attacker gets the
/// allowance of each.
#[derive(Debug, Clone)]
pub(crate) struct SecretGuard {
    throttle: Arc<Throttle>,
    realm: Realm,
}

impl SecretGuard {
    /// `realm` keeps the names of one kind of caller apart from all others. No configuration can name it: it has a `:`.
    pub(crate) fn new(throttle: Arc<Throttle>, realm: &str) -> Self {
        let realm = Realm::from_stored(realm);
        Self { throttle, realm }
    }

    /// What `identify` finds, `None` for a wrong name or secret. While a lock is active it is not asked.
    ///
    /// # Errors
    /// [`Throttled`], or the error of `identify`, which counts nowhere.
    pub(crate) async fn check<T, E: From<Throttled>>(
        &self,
        name: &str,
        source: IpAddr,
        identify: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        let folded = FoldedLogin::parse(name).ok();
        let attempt = self.throttle.begin(&self.realm, folded.as_ref(), source)?;
        let identified = identify.await?;
        match identified {
            Some(_) => self.throttle.succeeded(&attempt)?,
            None => self.throttle.failed(&attempt)?,
        }
        Ok(identified)
    }
}
