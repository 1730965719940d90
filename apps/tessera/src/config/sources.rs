//! Where settings come from: the defaults, a file, the environment, the command line. And what is said of those that cannot be read.

use std::ffi::OsString;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};

use super::{Overrides, Raw};

/// Variables that begin with `TESSERA_` and are not settings.
const NOT_SETTINGS: [&str; 7] = [
    "config",
    "master_key",
    "copy_to",
    "skip_postgres",
    "interop",
    "outages",
    "log",
];

/// How the names of others begin: which tests may not be skipped.
const FOR_TESTS: &str = "require_";

/// All of them, one over the other.
pub(super) fn layers(overrides: &Overrides) -> anyhow::Result<Figment> {
    refuse_unreadable(std::env::vars_os())?;
    let mut figment = Figment::from(Serialized::defaults(Raw::default()));
    if let Some(path) = &overrides.config {
        readable(path)?;
        figment = figment.merge(Toml::file_exact(path));
    }
    let variables = Env::prefixed("TESSERA_").ignore(&NOT_SETTINGS);
    let variables = variables.filter(|name| !name.starts_with(FOR_TESTS));
    figment = figment.merge(variables.split("__"));
    let flags = [
        ("listen", overrides.listen.clone()),
        ("database_url", overrides.database_url.clone()),
        (
            "master_key_file",
            overrides
                .master_key_file
                .as_ref()
                .map(|path| path.display().to_string()),
        ),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            figment = figment.merge(Serialized::default(key, value));
        }
    }
    Ok(figment)
}

/// Refuses a variable of ours that is no Unicode text: it would be passed over in silence. The value may be a secret.
fn refuse_unreadable(variables: impl Iterator<Item = (OsString, OsString)>) -> anyhow::Result<()> {
    for (name, value) in variables {
        let shown = name.to_string_lossy();
        let is_ours = shown.to_ascii_uppercase().starts_with("TESSERA_");
        if is_ours && (name.to_str().is_none() || value.to_str().is_none()) {
            anyhow::bail!("{shown}: the variable's name or value is not Unicode text (UTF-8): correct or unset it");
        }
    }
    Ok(())
}

pub(super) fn readable(path: &Path) -> anyhow::Result<()> {
    std::fs::read_to_string(path)
        .map(drop)
        .map_err(|error| anyhow::anyhow!("the configuration file {} cannot be read: {error}", path.display()))
}

/// One sentence for each error: which key, what was found, what is allowed, and where it was set.
pub(super) fn explain(errors: &figment::Error) -> anyhow::Error {
    let lines = errors.clone().into_iter().map(|error| {
        let key = match (error.path.join("."), &error.kind) {
            (path, figment::error::Kind::UnknownField(name, _))
                if !path.ends_with(name.as_str()) && path.is_empty() =>
            {
                name.clone()
            }
            (path, figment::error::Kind::UnknownField(name, _)) if !path.ends_with(name.as_str()) => {
                format!("{path}.{name}")
            }
            (path, _) => path,
        };
        let place = error
            .metadata
            .as_ref()
            .map_or(String::new(), |place| match &place.source {
                Some(source) => format!(" (from {source})"),
                None => format!(" (from {})", place.name),
            });
        let key = if key.is_empty() { key } else { format!("{key}: ") };
        format!("{key}{}{place}", in_words(&without_source(&error.kind.to_string())))
    });
    anyhow::anyhow!(lines.collect::<Vec<_>>().join("\n"))
}

/// The types of numbers by what they hold, for people who do not write Rust.
fn in_words(text: &str) -> String {
    const COUNTS: [&str; 5] = ["usize", "u8", "u16", "u32", "u64"];
    let text = text
        .replace("unsigned int", "the number")
        .replace("signed int", "the number");
    match text.rsplit_once("expected ") {
        Some((before, kind)) if COUNTS.contains(&kind) => format!("{before}expected a whole number, 0 or more"),
        _ => text,
    }
}

/// An error of TOML without the line that it quotes, which may hold a password.
fn without_source(text: &str) -> String {
    let is_quoted = |line: &&str| {
        line.split_once('|')
            .is_some_and(|(number, _)| number.trim().bytes().all(|b| b.is_ascii_digit()))
    };
    let lines: Vec<_> = text.lines().filter(|line| !is_quoted(line)).collect();
    lines.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_asked_for_in_words() {
        let negative = in_words("invalid type: found signed int `-3`, expected usize");
        assert_eq!(
            negative,
            "invalid type: found the number `-3`, expected a whole number, 0 or more"
        );
        let other = "invalid type: found string \"x\", expected a boolean";
        assert_eq!(in_words(other), other);
    }

    #[test]
    fn a_variable_that_is_no_unicode_is_refused_and_not_printed() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let refuse = |name: &[u8], value: &[u8]| refuse_unreadable([(bytes(name), bytes(value))].into_iter());
        let error = refuse(b"TESSERA_MASTER_KEY", b"canary\xff").unwrap_err().to_string();
        assert!(
            error.contains("TESSERA_MASTER_KEY: ") && !error.contains("canary"),
            "{error}"
        );
        assert!(refuse(b"tessera_listen", b"\xff").is_err());
        assert!(refuse(b"TESSERA_LISTEN\xff", b"").is_err());
        refuse(b"OTHER", b"\xff").expect("it is not ours");
        refuse(b"TESSERA_LISTEN", "é".as_bytes()).expect("it is Unicode");
    }
}
