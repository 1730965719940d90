//! One file for each command.

pub mod account;
mod admin;
pub mod audit;
pub mod backup;
mod caller_secret;
mod change_log;
pub mod completions;
mod confirmation;
pub mod consumer;
pub mod data;
mod database;
pub mod doctor;
pub mod health;
pub mod import;
mod imported_flavour;
pub mod init;
mod input;
pub mod key;
pub mod man;
pub mod master_key;
pub mod migrate;
mod new_file;
pub mod operator;
pub mod organisation;
mod page;
mod progress;
mod report;
pub mod resource_server;
pub mod restore;
pub mod role;
pub mod serve;
mod table;
pub mod token;

use anyhow::Context;

use crate::acts::patience;

pub use report::{plain as plain_text, time as time_text};

/// The asynchronous runtime of a command.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime cannot start")
}
