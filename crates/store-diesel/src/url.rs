//! Reading the URL of a database.

use std::fmt;

/// A URL that is none of a database. Says what is allowed, and nothing of what was given: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the URL of a database ({0}): sqlite:PATH, sqlite::memory: and postgres://… are")]
pub struct BadUrl(&'static str);

/// Which database, and where.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// A file; `None`: the memory of one connection.
    Sqlite(Option<String>),
}

impl DatabaseUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, BadUrl> {
        if let Some(place) = url.strip_prefix("sqlite:") {
            return sqlite(place);
        }
        Err(BadUrl("unknown scheme"))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
        }
    }
}

fn sqlite(place: &str) -> Result<DatabaseUrl, BadUrl> {
    if place == ":memory:" {
        return Ok(DatabaseUrl::Sqlite(None));
    }
    let path = place.strip_prefix("//").unwrap_or(place);
    match path {
        "" => Err(BadUrl("no path")),
        path if path.contains(['?', '\0']) => Err(BadUrl("options in the path")),
        // SQLite would read a leading `file:` or `:` as something else than a path.
        path if path.starts_with('/') => Ok(DatabaseUrl::Sqlite(Some(path.to_owned()))),
        path => Ok(DatabaseUrl::Sqlite(Some(format!("./{path}")))),
    }
}
