//! From a rejection to the bytes that a client sees.

use std::fmt;

use crate::answer::Answer;
use crate::request_rejection::RequestRejection;

/// Turns any [`RequestRejection`] into an answer of one dialect: its status codes, its error shape, its language, its
/// challenge.
///
/// # Contract
/// * Every rejection has an answer, and the answer's status is 4xx or 5xx. Start from [`RequestRejection::status`],
///   and override what the dialect's document has differently: so variants that are added later have an answer too.
/// * The body is a JSON object in the dialect's error shape. [`messages`](crate::messages) has a sentence for every
///   rejection.
/// * A 401 carries `WWW-Authenticate`; a rejection with seconds carries `Retry-After`; a 405 carries `Allow`.
///   [`Answer::with_rejection_headers`] adds all three.
///
/// A test can check this over [`RequestRejection::samples`].
///
/// # Security
/// The answer depends on nothing but the rejection and the configuration. [`RequestRejection::UnknownUser`] and
/// [`RequestRejection::WrongCredentials`] give equal bytes unless the dialect's document answers them differently.
pub trait RejectionFormatter: fmt::Debug + Send + Sync + 'static {
    /// The answer for this rejection.
    fn answer(&self, rejection: &RequestRejection) -> Answer;
}
