//! Reading the URL of a database.

use std::fmt;

use tokio_postgres::config::Host;

/// A URL that is none of a database. Says what is allowed, and nothing of what was given: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the URL of a database ({0}): sqlite:PATH, sqlite::memory: and postgres://USER@HOST/NAME are")]
pub struct BadUrl(&'static str);

/// Which database, and where.
pub(crate) enum DatabaseUrl {
    /// A file; `None`: the memory of one connection.
    Sqlite(Option<String>),
    /// A server.
    Postgres(Box<PostgresUrl>),
}

/// A server, and how to be sure of it.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: TlsMode,
}

/// Which database of which server a URL names, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresPlace {
    /// The server, the first of several; a socket's is `localhost`.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database; that of the user's name where the URL has none.
    pub database: String,
    /// The user; empty where the URL has none.
    pub user: String,
    /// Whether the URL has a password.
    pub has_password: bool,
}

impl PostgresPlace {
    /// What the URL of a PostgreSQL database names. `None`: it is none.
    pub fn of(url: &str) -> Option<Self> {
        let Ok(DatabaseUrl::Postgres(url)) = DatabaseUrl::parse(url) else {
            return None;
        };
        let config = &url.config;
        let user = config.get_user().unwrap_or_default().to_owned();
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            _ => "localhost".to_owned(),
        };
        Some(Self {
            host,
            port: port(config, 0),
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            user,
            has_password: config.get_password().is_some(),
        })
    }
}

/// PostgreSQL's own port.
const PORT: u16 = 5432;

/// The port of one of the servers.
fn port(config: &tokio_postgres::Config, server: usize) -> u16 {
    let ports = config.get_ports();
    let port = ports.get(server).or(ports.first());
    port.copied().unwrap_or(PORT)
}

/// What `sslmode=` and `sslrootcert=` ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// `disable`: none.
    Disable,
    /// `prefer`: encrypted where the server can; its identity is not checked.
    Prefer,
    /// `require`: encrypted; the server's identity is not checked.
    Require,
    /// `verify-full`, or `require` with `sslrootcert`: encrypted, by a server whose certificate is of the host's name
    /// and leads to this file's, or else (`None`) to the machine's roots.
    Verify(Option<String>),
}

impl DatabaseUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, BadUrl> {
        if let Some(location) = url.strip_prefix("sqlite:") {
            return sqlite(location);
        }
        match url.starts_with("postgres://") || url.starts_with("postgresql://") {
            true => PostgresUrl::parse(url).map(|url| Self::Postgres(Box::new(url))),
            false => Err(BadUrl("unknown scheme")),
        }
    }
}

/// A database's URL as it may be shown: the file, or the servers, with a port that is not 5432, and the database's name. No user, no password and no
/// option, in whatever form they are; of a URL that cannot be read, nothing.
pub fn shown_url(url: &str) -> String {
    match DatabaseUrl::parse(url) {
        Ok(DatabaseUrl::Sqlite(None)) => "sqlite::memory:".to_owned(),
        Ok(DatabaseUrl::Sqlite(Some(path))) => format!("sqlite:{path}"),
        Ok(DatabaseUrl::Postgres(url)) => shown_server(&url.config).unwrap_or_else(not_shown),
        Err(_) => not_shown(),
    }
}

fn not_shown() -> String {
    "(not shown: it cannot be read, and may hold a password)".to_owned()
}

/// `None`: a password with an unescaped `@` or `/` reaches into what is read as the host or the database's name.
fn shown_server(config: &tokio_postgres::Config) -> Option<String> {
    let hosts = config.get_hosts().iter().enumerate().map(|(server, host)| {
        let name = match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        };
        match port(config, server) {
            PORT => name,
            port => format!("{name}:{port}"),
        }
    });
    let hosts: Vec<_> = hosts.collect();
    let database = config.get_dbname().unwrap_or_default();
    let shown = format!("{}/{database}", hosts.join(","));
    (!shown.contains('@')).then(|| format!("postgres://{shown}"))
}

fn sqlite(location: &str) -> Result<DatabaseUrl, BadUrl> {
    if location == ":memory:" {
        return Ok(DatabaseUrl::Sqlite(None));
    }
    let path = location.strip_prefix("//").unwrap_or(location);
    match path {
        "" => Err(BadUrl("no path")),
        path if path.contains(['?', '\0']) => Err(BadUrl("options in the path")),
        path if path.starts_with('/') => Ok(DatabaseUrl::Sqlite(Some(path.to_owned()))),
        // SQLite would read a leading `file:` or `:` as something else than a path.
        path => Ok(DatabaseUrl::Sqlite(Some(format!("./{path}")))),
    }
}

impl PostgresUrl {
    /// Reads the two options about TLS itself, since the library knows only some of their values, and has it read the
    /// rest.
    fn parse(url: &str) -> Result<Self, BadUrl> {
        let (location, options) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut others) = (None, None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => root = Some(decode(value)?),
                _ => others.push(option),
            }
        }
        let tls = TlsMode::parse(mode, root)?;
        let rest = format!("{location}?{}", others.join("&"));
        let config: Result<tokio_postgres::Config, _> = rest.parse();
        let mut config = config.map_err(|_| BadUrl("it cannot be read"))?;
        config.ssl_mode(match tls {
            TlsMode::Disable => tokio_postgres::config::SslMode::Disable,
            TlsMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            TlsMode::Require | TlsMode::Verify(_) => tokio_postgres::config::SslMode::Require,
        });
        match config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            true => Err(BadUrl("no host")),
            false => Ok(Self { config, tls }),
        }
    }
}

impl TlsMode {
    fn parse(mode: Option<&str>, root: Option<String>) -> Result<Self, BadUrl> {
        match (mode, root) {
            (None | Some("prefer"), None) => Ok(Self::Prefer),
            (Some("disable"), None) => Ok(Self::Disable),
            (Some("require"), None) => Ok(Self::Require),
            (Some("verify-full"), None) => Ok(Self::Verify(None)),
            (Some("require" | "verify-full"), Some(root)) if root == "system" => Ok(Self::Verify(None)),
            (Some("require" | "verify-full"), Some(root)) => Ok(Self::Verify(Some(root))),
            (_, Some(_)) => Err(BadUrl("sslrootcert is for sslmode=require and sslmode=verify-full")),
            _ => Err(BadUrl("sslmode is disable, prefer, require or verify-full")),
        }
    }
}

/// Undoes percent encoding (RFC 3986 2.1).
fn decode(text: &str) -> Result<String, BadUrl> {
    const BAD: BadUrl = BadUrl("bad percent encoding");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let digits = [rest.next().ok_or(BAD)?, rest.next().ok_or(BAD)?];
                let digits = std::str::from_utf8(&digits).map_err(|_| BAD)?;
                u8::from_str_radix(digits, 16).map_err(|_| BAD)?
            }
            byte => byte,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).map_err(|_| BAD)
}

impl fmt::Debug for DatabaseUrl {
    /// No password: the library leaves it out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(url) => f.debug_tuple("Postgres").field(&url.config).field(&url.tls).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(url: &str) -> TlsMode {
        match DatabaseUrl::parse(url).unwrap() {
            DatabaseUrl::Postgres(url) => url.tls,
            DatabaseUrl::Sqlite(_) => panic!("{url}"),
        }
    }

    fn path(url: &str) -> Option<String> {
        match DatabaseUrl::parse(url).unwrap() {
            DatabaseUrl::Sqlite(path) => path,
            DatabaseUrl::Postgres(_) => panic!("{url}"),
        }
    }

    #[test]
    fn a_path_is_a_path_whatever_it_looks_like() {
        assert_eq!(path("sqlite::memory:"), None);
        assert_eq!(path("sqlite:a.db").as_deref(), Some("./a.db"));
        assert_eq!(path("sqlite:///var/a.db").as_deref(), Some("/var/a.db"));
        assert_eq!(path("sqlite:file:a.db").as_deref(), Some("./file:a.db"));
    }

    #[test]
    fn sslmode_is_what_it_says() {
        let url = |options: &str| format!("postgres://me@db.example/tessera{options}");
        assert_eq!(tls(&url("")), TlsMode::Prefer);
        assert_eq!(tls(&url("?sslmode=disable")), TlsMode::Disable);
        assert_eq!(tls(&url("?connect_timeout=3&sslmode=require")), TlsMode::Require);
        assert_eq!(tls(&url("?sslmode=verify-full")), TlsMode::Verify(None));
        let pinned = url("?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem");
        assert_eq!(tls(&pinned), TlsMode::Verify(Some("/etc/ca.pem".to_owned())));
    }

    #[test]
    fn what_is_no_database_is_refused_and_not_repeated() {
        for url in [
            "",
            "sqlite:",
            "sqlite:a.db?mode=rwc",
            "mysql://canary@db/x",
            "postgres://me:canary@db/x?sslmode=verify-ca",
            "postgres://me:canary@db/x?canary=1",
            "postgres://me:canary@db:port/x",
            "postgres:///x",
            "postgres://me@db/x?sslmode=prefer&sslrootcert=/ca.pem",
            "postgres://me@db/x?sslmode=require&sslrootcert=%4",
        ] {
            let error = DatabaseUrl::parse(url).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(shown_url("sqlite:a.db"), "sqlite:./a.db");
        assert_eq!(shown_url("sqlite::memory:"), "sqlite::memory:");
        for (url, shown) in [
            ("postgres://me:canary@db.example/x", "postgres://db.example/x"),
            ("postgresql://me:can%61ry@one,two:5433/x", "postgres://one,two:5433/x"),
            ("postgres://me:canary@one:5432,two/x", "postgres://one,two/x"),
            ("postgres://me:canary@[::1]:6000/x", "postgres://[::1]:6000/x"),
            (
                "postgres://db.example/x?user=me&password=canary",
                "postgres://db.example/x",
            ),
        ] {
            let text = shown_url(url);
            assert_eq!(text, shown);
        }
        for url in [
            "postgres://me:cana?ry@db.example/x",
            "postgres://me:cana#ry@db.example/x",
            "postgres://me:cana/ry@db.example/x",
            "postgres://me:cana@ry@db.example/x",
            "postgres://me:ca@cana/ry@db.example/x",
            "postgres://me:1234/cana@db.example/x",
            "postgres:me:cana@db.example/x",
            "host=db.example user=me password=cana",
            "mysql://me:cana@db.example/x",
            "cana",
        ] {
            let text = shown_url(url);
            assert!(!text.contains("cana"), "{text}");
        }
    }

    #[test]
    fn a_place_is_what_a_password_is_looked_up_for() {
        let place = |url: &str| PostgresPlace::of(url).unwrap();
        let full = place("postgres://me:p%40ss@db.example:5433/x");
        assert_eq!(
            (full.host.as_str(), full.port, full.has_password),
            ("db.example", 5433, true)
        );
        assert_eq!((full.database.as_str(), full.user.as_str()), ("x", "me"));
        let short = place("postgres://me@db.example");
        assert_eq!(
            (short.port, short.database.as_str(), short.has_password),
            (5432, "me", false)
        );
        assert_eq!(place("postgres://me@%2Frun%2Fpostgresql/x").host, "localhost");
        assert_eq!(PostgresPlace::of("sqlite:a.db"), None);
    }

    #[test]
    fn a_password_does_not_print() {
        let url = DatabaseUrl::parse("postgres://me:canary@db/x").unwrap();
        assert!(!format!("{url:?}").contains("canary"));
    }
}
