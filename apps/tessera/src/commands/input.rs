//! Reads secrets: from standard input, or typed without an echo. Never from an argument.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest secret, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// A new password: from standard input with `--password-stdin`, else typed twice.
pub fn new_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    if from_stdin {
        return line("the password");
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to type the password: give it on standard input, with --password-stdin");
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .context("the password cannot be read")
    };
    let (first, second) = (ask("New password: ")?, ask("Repeat the password: ")?);
    if first != second {
        bail!("the two passwords differ: type the same password twice");
    }
    Ok(SecretString::from(first.as_str()))
}

/// One line of standard input, without its end.
pub fn line(what: &str) -> anyhow::Result<SecretString> {
    let text = all(what)?;
    let line = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        bail!("standard input is empty: {what} is expected there");
    }
    if line.contains('\n') {
        bail!("standard input has more than one line: {what} is expected there, alone");
    }
    Ok(SecretString::from(line))
}

/// All of standard input.
pub fn all(what: &str) -> anyhow::Result<Zeroizing<String>> {
    read(std::io::stdin().lock(), what)
}

fn read(source: impl Read, what: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("standard input, where {what} is expected, cannot be read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("standard input, where {what} is expected, has more than {MAX_BYTES} bytes");
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => bail!("standard input, where {what} is expected, is not UTF-8"),
    }
}
