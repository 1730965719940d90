//! The script beside this program that starts the cluster, and lets it fail.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Runs one of its commands, and answers what that prints.
///
/// # Errors
/// If it fails, with what it printed.
pub fn run(arguments: &[&str]) -> anyhow::Result<String> {
    run_with(arguments, "")
}

/// The same with a text as its standard input.
///
/// # Errors
/// If it fails, with what it printed.
pub fn run_with(arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let script = std::env::var_os("HA_CLUSTER").context("`run` starts this program")?;
    let mut command = Command::new(script);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    // One that ends without reading it has its reason on standard error.
    let _ = child.stdin.take().context("piped")?.write_all(input.as_bytes());
    let output = child.wait_with_output()?;
    let why = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cluster {}: {}",
        arguments.join(" "),
        why.trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
