//! Tessera, the server. One binary, one file for each command.
#![forbid(unsafe_code)]
#![allow(
    unreachable_pub,
    reason = "nothing of a binary is reachable; `pub` says what a module offers the others"
)]

mod app;
mod background;
mod cli;
mod commands;
mod config;
mod consumers;
mod demo;
mod http;
mod issuers;
mod keys;
mod master;
mod options;
mod reply;
mod routes;
mod telemetry;

fn main() -> std::process::ExitCode {
    cli::run()
}
