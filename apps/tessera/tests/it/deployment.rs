//! What the first day needs of the program itself: completions in real shells, manual pages in a real formatter, the service. A separate test
//! program, because its `main` skips the tests whose programs are not installed.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]

#[path = "deployment/manual.rs"]
mod manual;
#[path = "deployment/service.rs"]
mod service;
#[path = "deployment/shells.rs"]
mod shells;
mod trials;

use std::process::{Command, Output};

fn main() {
    let all = [manual::trials(), service::trials(), shells::trials()];
    let needed = ["groff", "systemd-analyze", "zsh", "fish"];
    let missing: Vec<_> = needed.into_iter().filter_map(missing).collect();
    let missing = missing.join("; ");
    trials::run(
        all.into_iter().flatten().collect(),
        "other programs",
        (!missing.is_empty()).then_some(&missing),
    )
}

/// Why tests with this program are skipped; `None` if it is there, or must be (`TESSERA_REQUIRE_SHELLS`).
fn missing(program: &str) -> Option<&'static str> {
    if std::env::var_os("TESSERA_REQUIRE_SHELLS").is_some() || Command::new(program).arg("--version").output().is_ok() {
        return None;
    }
    Some(match program {
        "groff" => "groff is not installed",
        "systemd-analyze" => "systemd-analyze is not installed",
        "zsh" => "zsh is not installed",
        _ => "fish is not installed",
    })
}

/// Runs the program under test, which must succeed.
fn tessera(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tessera")).args(args).output();
    succeeded(output.expect("the program starts"))
}

/// What a command printed that must succeed and print nothing on standard error.
fn succeeded(output: Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
