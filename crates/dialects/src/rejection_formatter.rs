//! The one contract between a rejection and the bytes a client sees.

use std::fmt;

use crate::answer::Answer;
use crate::rejection::RequestRejection;

/// Turns any [`RequestRejection`] into the answer of one dialect: its status codes, its error shape, its language, its
/// challenge.
///
/// # Contract
/// * Total: every rejection has an answer, and the answer's status is 4xx or 5xx.
/// * The body is a JSON object of the dialect's error shape.
/// * A 401 carries `WWW-Authenticate`; a rejection with seconds carries `Retry-After`; a 405 carries `Allow`.
///
/// # Security
/// The answer depends on nothing but the rejection and the configuration. [`RequestRejection::UnknownUser`] and
/// [`RequestRejection::WrongCredentials`] give equal bytes unless the dialect's document tells them apart.
pub trait RejectionFormatter: fmt::Debug + Send + Sync + 'static {
    /// The answer that says so.
    fn answer(&self, rejection: &RequestRejection) -> Answer;
}
