#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "the ports are written once and compiled for each database, against its own connection"
)]

#[cfg(feature = "test-support")]
mod cluster;
mod database_info;
mod error;
#[cfg(all(feature = "test-support", unix))]
mod faulty_disk;
#[cfg(feature = "test-support")]
mod fill;
#[cfg(feature = "test-support")]
mod inspect;
mod maintenance;
mod meta;
mod migrations;
mod migrator;
mod notices;
mod options;
mod pool_status;
mod postgres;
mod postgres_source;
mod rows;
mod schema;
mod sqlite;
mod sqlite_source;
mod stages;
mod store;
pub mod transfer;
mod url;

#[cfg(feature = "test-support")]
pub use cluster::Cluster;
pub use database_info::DatabaseInfo;
#[cfg(all(feature = "test-support", unix))]
pub use faulty_disk::FaultyDisk;
#[cfg(feature = "test-support")]
pub use fill::{FillError, Filling};
pub use maintenance::{FactChange, Maintenance, RootKeyChange, RootKeyDependents, StoredNames};
pub use meta::MetaStore;
pub use migrations::migration_count;
pub use migrator::{Migrator, PendingMigration};
pub use options::{ConnectError, StoreOptions};
pub use pool_status::PoolStatus;
pub use postgres_source::PostgresSource;
pub use sqlite_source::{PlacedRow, SourceError, SqliteSource};
pub use store::DieselStore;
pub use url::{BadUrl, PostgresPlace, shown_url};
