//! Passes on to the program the version of the compiler, which it shows in its metrics, and the table of settings in
//! docs/OPERATIONS.md, of which `tessera init` makes the comments of a new settings file.

use std::path::Path;
use std::process::Command;

const SETTINGS: &str = "../../docs/OPERATIONS.md";

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
    copy_settings();
}

/// The rows of the table of settings, which name a variable in the second column, and those of the table below "Flavours".
fn copy_settings() {
    println!("cargo::rerun-if-changed={SETTINGS}");
    let page = std::fs::read_to_string(SETTINGS).expect("docs/OPERATIONS.md is part of the repository");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("` | `TESSERA_"));
    write("settings.md", &rows.collect::<Vec<_>>());
    let of_flavours = page
        .lines()
        .skip_while(|line| *line != "### Flavours")
        .take_while(|line| !line.starts_with("## "));
    let of_flavours: Vec<_> = of_flavours.filter(|line| line.starts_with("| `")).collect();
    assert!(
        !of_flavours.is_empty(),
        "{SETTINGS} has a table of the settings of a flavour"
    );
    write("flavour.md", &of_flavours);
}

fn write(name: &str, lines: &[&str]) {
    let folder = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let written = std::fs::write(Path::new(&folder).join(name), lines.join("\n"));
    written.expect("cargo's folder can be written to");
}
