#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "test-support")]
mod cluster;
mod connect;
mod error;
#[cfg(feature = "test-support")]
mod inspect;
mod facts;
mod migrations;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod url;
mod vault;

#[cfg(feature = "test-support")]
pub use cluster::Cluster;
pub use connect::{ConnectError, DieselStore, StoreOptions};
pub use facts::Facts;
pub use url::BadUrl;
pub use vault::{MetaStore, StoredKey, VaultStore};
