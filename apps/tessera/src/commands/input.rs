//! Reads secrets: from standard input, or typed without an echo. Never from an argument.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

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
    match std::str::from_utf8(&read(std::io::stdin().lock(), &from_stdin(what))?) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => bail!("{} is not UTF-8", from_stdin(what)),
    }
}

/// The bytes of a file, or of standard input if there is none, without one end of a line at their end.
pub fn bytes(option: &str, file: Option<&Path>, what: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = match file {
        None => read(std::io::stdin().lock(), &from_stdin(what))?,
        Some(path) => {
            let place = format!("{option} {}: it", path.display());
            let file = File::open(path).with_context(|| format!("{place} cannot be read"))?;
            read(file, &place)?
        }
    };
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let length = line.strip_suffix(b"\r").unwrap_or(line).len();
    bytes.truncate(length);
    Ok(bytes)
}

fn from_stdin(what: &str) -> String {
    format!("standard input, where {what} is expected,")
}

fn read(source: impl Read, place: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("{place} cannot be read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("{place} has more than {MAX_BYTES} bytes");
    }
    Ok(bytes)
}
