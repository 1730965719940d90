#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connect;
mod error;
mod facts;
mod migrations;
mod rows;
mod schema;
mod sqlite;
mod url;
mod vault;

pub use connect::{ConnectError, DieselStore, StoreOptions};
pub use facts::Facts;
pub use url::BadUrl;
pub use vault::{MetaStore, StoredKey, VaultStore};
