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
mod failure;
mod field;
mod form;
mod media;
mod record;
mod redacted;
mod refusal;
mod words;

pub use answer::Answer;
pub use body::MAX_BODY;
pub use endpoint::Endpoint;
pub use failure::Failure;
pub use field::{Fault, FieldError, Limit};
pub use media::Payload;
pub use record::CorruptRecord;
pub use redacted::Redacted;
pub use refusal::Refusal;
