//! The server of the four documented APIs, with its command line.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    tessera::run(tessera::Builder::new())
}
