//! The password for a PostgreSQL database whose URL has none, found as PostgreSQL's own programs find it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::SecretString;
use store_diesel::PostgresPlace;

use crate::commands::input;

/// `PGPASSWORD`; or else what the password file has for this database: `PGPASSFILE`, or `~/.pgpass`. `Ok(None)`: none has one.
///
/// # Errors
/// When the password file cannot be read, or others can.
pub fn password_for(place: &PostgresPlace) -> anyhow::Result<Option<SecretString>> {
    if let Ok(password) = std::env::var("PGPASSWORD") {
        return Ok(Some(SecretString::from(password)));
    }
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let (path, is_named) = match std::env::var_os("PGPASSFILE") {
        Some(path) => (Some(PathBuf::from(path)), true),
        None => (home(), false),
    };
    match path.filter(|path| is_named || path.exists()) {
        Some(path) => from_file(&path, place),
        None => Ok(None),
    }
}

fn from_file(path: &Path, place: &PostgresPlace) -> anyhow::Result<Option<SecretString>> {
    let shown = || format!("the password file {}", path.display());
    let mode = fs::metadata(path).with_context(shown)?.mode();
    if mode & 0o077 != 0 {
        bail!("{} can be read by others: run `chmod 600` on it", shown());
    }
    let bytes = input::bytes("the password file", Some(path), "passwords")?;
    let text = std::str::from_utf8(&bytes).with_context(shown)?;
    Ok(text.lines().find_map(|line| matching(line, place)))
}

/// The password of a line `host:port:database:user:password`, if the four are those of the database. A `*` stands for any; a backslash makes
/// the character after it one of the field.
fn matching(line: &str, place: &PostgresPlace) -> Option<SecretString> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line.chars();
    let port = place.port.to_string();
    for wanted in [&place.host, &port, &place.database, &place.user] {
        let field = next_field(&mut rest, Some(':'))?;
        if field != ("*".to_owned(), true) && field.0 != *wanted {
            return None;
        }
    }
    let (password, _) = next_field(&mut rest, None)?;
    (!password.is_empty()).then(|| SecretString::from(password))
}

/// Up to the next `end` without a backslash, and whether the field has no backslash. `None`: there is no such end.
fn next_field(rest: &mut std::str::Chars<'_>, end: Option<char>) -> Option<(String, bool)> {
    let (mut field, mut is_plain) = (String::new(), true);
    loop {
        match rest.next() {
            None if end.is_none() => return Some((field, is_plain)),
            None => return None,
            Some(one) if Some(one) == end => return Some((field, is_plain)),
            Some('\\') => {
                is_plain = false;
                field.extend(rest.next());
            }
            Some(one) => field.push(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn found(text: &str) -> Option<String> {
        let place = PostgresPlace {
            host: "db.example".into(),
            port: 5433,
            database: "shop:1".into(),
            user: "ann".into(),
            has_password: false,
        };
        let password = text.lines().find_map(|line| matching(line, &place))?;
        Some(password.expose_secret().to_owned())
    }

    #[test]
    fn the_first_line_of_the_database_counts() {
        for (text, password) in [
            (r"db.example:5433:shop\:1:ann:right", Some("right")),
            ("*:*:*:*:right\n*:*:*:ann:second", Some("right")),
            (
                "db.example:5432:*:ann:wrong\n# *:*:*:*:wrong\n*:5433:*:ann:right",
                Some("right"),
            ),
            (r"*:*:*:ann:a\:b\\c", Some(r"a:b\c")),
            ("*:*:*:ann:a:b", Some("a:b")),
            (r"\*:*:*:ann:wrong", None),
            ("*:*:*:bob:wrong", None),
            ("*:*:*:ann", None),
            ("*:*:*:ann:", None),
            ("db.example:5433:shop:1:ann:wrong", None),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), password, "{text}");
        }
    }
}
