//! Tessera's server and command line with a fourth strategy, `paseto`.
//!
//! `cargo run -- serve --demo --config tessera.toml`

fn main() -> std::process::ExitCode {
    tessera::run(tessera::Builder::new().strategy(paseto_strategy::PasetoStrategy))
}
