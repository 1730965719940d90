//! The ports on PostgreSQL.

#[macro_use]
#[path = "ports/conditions.rs"]
mod conditions;
#[macro_use]
mod differences;

mod announcer;
mod attempt;
mod backend;
mod connector;
mod first_answer;
mod followed_feed;
mod listener;
mod pool;
mod pooler;
mod recorded;
pub(crate) mod tls;

#[path = "ports/accounts.rs"]
mod accounts;
#[path = "ports/audit.rs"]
mod audit;
#[path = "ports/consumers.rs"]
mod consumers;
#[path = "ports/database_info.rs"]
mod database_info;
#[path = "ports/feed.rs"]
mod feed;
#[path = "ports/import_tokens.rs"]
mod import_tokens;
#[path = "ports/imports.rs"]
mod imports;
#[path = "ports/insert.rs"]
mod insert;
#[cfg(feature = "test-support")]
#[path = "ports/inspect.rs"]
mod inspect;
#[path = "ports/keys.rs"]
mod keys;
#[path = "ports/lines.rs"]
mod lines;
#[path = "ports/maintenance.rs"]
mod maintenance;
#[path = "ports/meta.rs"]
mod meta;
#[path = "ports/migrate.rs"]
mod migrate;
#[path = "ports/passwords.rs"]
mod passwords;
#[path = "ports/purge.rs"]
mod purge;
#[path = "ports/resource_servers.rs"]
mod resource_servers;
#[path = "ports/revoke.rs"]
mod revoke;
#[path = "ports/roles.rs"]
mod roles;
#[path = "ports/token_admin.rs"]
mod token_admin;
#[path = "ports/tokens.rs"]
mod tokens;
#[path = "ports/transfer.rs"]
mod transfer;
mod transfer_differences;

pub(crate) use backend::Db;
