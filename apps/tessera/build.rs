//! Passes the version of the compiler on to the program, which shows it in its metrics.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // "rustc 1.90.0 (1159e78c4 2025-09-14)"
    let version = said.ok().and_then(|line| line.split(' ').nth(1).map(str::to_owned));
    let version = version.unwrap_or_else(|| "unknown".into());
    // Not `TESSERA_…`: cargo sets it for `cargo run` and `cargo test` too, and there such a variable would be a setting.
    println!("cargo::rustc-env=RUST_VERSION_OF_BUILD={version}");
}
