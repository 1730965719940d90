#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod base64;
mod cost;
mod job;
mod lane;
mod password;
mod pi;
mod stored;
mod workspace;

pub use cost::{Cost, CostOutOfRange};
pub use job::Job;
pub use password::{MAX_PASSWORD_BYTES, Password, UnusablePassword};
pub use stored::{MalformedHash, StoredHash};
pub use workspace::Workspace;
