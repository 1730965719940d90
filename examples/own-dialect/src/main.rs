//! Tessera's server and command line with a fifth dialect, `client-credentials`.
//!
//! `cargo run -- serve --demo --config tessera.toml`

fn main() -> std::process::ExitCode {
    tessera::run(tessera::Builder::new().dialect(own_dialect::ClientCredentials))
}
