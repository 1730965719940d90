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
    println!("cargo::rustc-env=TESSERA_RUST_VERSION={version}");
}
