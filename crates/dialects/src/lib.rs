#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod device;
pub mod integration;
pub mod login;
pub mod mechanics;

mod answer;
mod body;
mod challenge;
mod endpoint;
mod field;
mod form;
mod media;
mod record;
mod redacted;
mod rejection;
mod rejection_formatter;
mod words;

pub use answer::Answer;
pub use body::MAX_BODY;
pub use endpoint::Endpoint;
pub use field::{FieldError, FieldErrorKind, Limit};
pub use media::Payload;
pub use record::CorruptRecord;
pub use redacted::Redacted;
pub use rejection::RequestRejection;
pub use rejection_formatter::RejectionFormatter;
