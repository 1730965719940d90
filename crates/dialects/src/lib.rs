#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod description;
pub mod device;
pub mod integration;
pub mod login;
pub mod mechanics;
pub mod messages;
pub mod oauth;
pub mod self_service;

mod answer;
mod challenge;
mod corrupt_record;
mod endpoint;
mod field_error;
mod fields;
mod form;
mod json;
mod payload;
mod redacted;
mod rejection_formatter;
mod request_rejection;

pub use answer::Answer;
pub use challenge::{Challenge, Scheme};
pub use corrupt_record::CorruptRecord;
pub use endpoint::Endpoint;
pub use field_error::{FieldError, FieldErrorKind, Limit};
pub use fields::Fields;
pub use payload::{MAX_BODY, Payload};
pub use redacted::Redacted;
pub use rejection_formatter::RejectionFormatter;
pub use request_rejection::RequestRejection;
