//! Tessera, the server. One binary, one file for each command.
#![forbid(unsafe_code)]

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
mod reply;
mod routes;
mod telemetry;

fn main() -> std::process::ExitCode {
    cli::run()
}
