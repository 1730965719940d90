#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod accepted;
#[allow(
    unreachable_pub,
    reason = "`pub` marks what an act's file offers to commands and console"
)]
mod acts;
mod application;
mod audit_search;
mod background;
mod builder;
mod cli;
#[allow(unreachable_pub, reason = "`pub` marks what a command's file offers to the others")]
mod commands;
mod composition;
mod config;
mod console;
mod demo;
pub mod dialects;
pub mod extension;
mod forward_auth;
mod health;
pub mod http;
mod keys;
mod master;
mod metrics;
mod oauth;
mod openapi;
mod operators;
mod options;
mod parts;
mod peppers;
mod self_service;
mod server;
mod source_key;
pub mod strategies;
mod telemetry;

pub use builder::{Builder, Running, Start};
pub use cli::run;
pub use config::{
    AuditSettings, Config, ConsoleSettings, DatabaseSettings, Flavour, ForwardAuthSettings, HttpSettings,
    IdentityJwtSettings, KeySettings, ListenAddress, MetricsSettings, Overrides, PartnerSettings, PasswordSettings,
    RefreshSettings, ResourceServerSettings, RevocationSettings, SelfServiceSettings, SigningKeys, Span, TlsFiles,
    TlsSettings,
};
pub use master::MasterKeyPlace;
pub use parts::{FlavourParts, People, ServerParts, StoreHealth, Stores};
