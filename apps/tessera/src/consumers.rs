//! Consumers' failures are counted like people's, apart from them.

use std::net::IpAddr;
use std::sync::Arc;

use auth_core::{Attempt, FoldedLogin, Realm, Throttle, Throttled};
use consumer_auth::{VouchError, Vouched};
use dialects::RequestRejection;

use crate::reply::{HandlerError, seconds};

/// Slows the guessing of consumer tokens.
#[derive(Debug, Clone)]
pub struct ConsumerThrottle {
    throttle: Arc<Throttle>,
    /// A name that no configured realm can have.
    realm: Realm,
}

impl ConsumerThrottle {
    pub fn new(throttle: Arc<Throttle>) -> Self {
        let realm = Realm::from_stored("consumer:keys");
        Self { throttle, realm }
    }

    /// Before the consumer's token is looked at.
    pub fn begin(&self, key: &str, source: IpAddr) -> Result<Attempt, HandlerError> {
        let name = FoldedLogin::parse(key);
        self.throttle.begin(&self.realm, name.as_ref(), source).map_err(refused)
    }

    /// Once the verdict is known. What it was may be told only if this agrees.
    pub fn end(&self, attempt: &Attempt, verdict: Result<Vouched, VouchError>) -> Result<Vouched, HandlerError> {
        match &verdict {
            Ok(_) => self.throttle.succeeded(attempt).map_err(refused)?,
            Err(VouchError::Refused) => self.throttle.failed(attempt).map_err(refused)?,
            Err(_) => {}
        }
        Ok(verdict?)
    }
}

fn refused(throttled: Throttled) -> HandlerError {
    let retry_after_seconds = seconds(throttled.retry_after);
    HandlerError(RequestRejection::Throttled { retry_after_seconds })
}
