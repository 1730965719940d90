//! `[console]`.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::http::is_base_url;
use super::{Flavour, ListenAddress, Span};
use crate::extension::BadSetting;

/// `[console]`: the pages in which operators administer the server with a browser. Off by default.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleSettings {
    /// Whether it is there.
    pub enabled: bool,
    /// A listener of its own. `None`: the server's own listener answers it.
    pub listen: Option<ListenAddress>,
    /// Whether a listener of its own encrypts, too, where the server does (`[tls]`).
    pub tls: bool,
    /// The path that all its pages begin with, such as `/console`.
    pub path: String,
    /// The address under which browsers know it, without the path. Default: that of its listener; on the server's own
    /// listener, `http.public_url`.
    pub public_url: Option<String>,
    /// How long a session may go without a request.
    pub idle: Span,
    /// How long a session lasts at most.
    pub lifetime: Span,
    /// For how long after the password was typed a dangerous act does not ask for it again.
    pub reauthenticate: Span,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            listen: None,
            tls: true,
            path: "/console".into(),
            public_url: None,
            idle: Span::seconds(15 * 60),
            lifetime: Span::seconds(12 * 60 * 60),
            reauthenticate: Span::seconds(5 * 60),
        }
    }
}

impl ConsoleSettings {
    pub(super) fn check(&self, flavours: &[Flavour]) -> Result<(), BadSetting> {
        if !is_path(&self.path) {
            let allowed =
                "allowed is a path such as /console: parts of a-z 0-9 - _, each behind a /, and none at the end";
            return Err(BadSetting::new("console.path", &self.path, allowed));
        }
        if let Some(url) = self.public_url.as_ref().filter(|url| !is_base_url(url)) {
            let allowed = "allowed is http:// or https:// with a host, such as https://console.example.com";
            return Err(BadSetting::new("console.public_url", url, allowed));
        }
        for (key, span, least, most) in self.times() {
            if !(least..=most).contains(&span) {
                let allowed = format!("allowed is {least} to {most}");
                return Err(BadSetting::new(format!("console.{key}"), span, allowed));
            }
        }
        match self.enabled && self.listen.is_none() {
            true => self.refuse_paths_of_flavours(flavours),
            false => Ok(()),
        }
    }

    /// Each length of time, with the least and the most that is allowed.
    fn times(&self) -> [(&'static str, Span, Span, Span); 3] {
        let minute = Span::seconds(60);
        [
            ("idle", self.idle, minute, Span::days(1)),
            ("lifetime", self.lifetime, minute, Span::days(7)),
            ("reauthenticate", self.reauthenticate, Span::seconds(0), Span::days(1)),
        ]
    }

    fn refuse_paths_of_flavours(&self, flavours: &[Flavour]) -> Result<(), BadSetting> {
        let below = format!("{}/", self.path);
        let is_ours = |path: &String| *path == self.path || path.starts_with(&below);
        match flavours
            .iter()
            .find(|flavour| flavour.paths().any(|path| is_ours(&path)))
        {
            None => Ok(()),
            Some(flavour) => Err(BadSetting::new(
                "console.path",
                &self.path,
                format!("the flavour {} has paths below it; choose another", flavour.name),
            )),
        }
    }

    /// The address under which browsers know it, without the path and without a slash at its end. `scheme` and `address` are
    /// those of the listener that answers it, `server` is the public address of the server.
    ///
    /// # Errors
    /// When operators' passwords would cross the network unencrypted, or the address is none that a browser can open.
    pub(crate) fn origin(&self, scheme: &str, address: SocketAddr, server: Option<&str>) -> Result<String, BadSetting> {
        let of_server = server.filter(|_| self.listen.is_none());
        let url = self.public_url.as_deref().or(of_server).map(without_path);
        let is_address = url.is_some() || !address.ip().is_unspecified();
        let url = url.unwrap_or_else(|| format!("{scheme}://{address}"));
        match is_address && (url.starts_with("https://") || is_local(&url)) {
            true => Ok(url),
            false => Err(BadSetting::new(
                "console.public_url",
                url,
                "set the https:// address under which browsers reach the console, or have it listen on loopback: operators' \
                 passwords do not cross a network unencrypted",
            )),
        }
    }

    pub(crate) fn idle(&self) -> Duration {
        self.idle.0
    }
}

/// Scheme and host of an address, as browsers name an origin.
fn without_path(url: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    url[..end].to_owned()
}

/// Whether a browser reaches this address without leaving its machine.
fn is_local(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let is_loopback = authority
        .parse::<SocketAddr>()
        .is_ok_and(|address| address.ip().is_loopback());
    let host = authority.split(':').next().unwrap_or_default();
    is_loopback || host == "localhost" || host == "127.0.0.1"
}

fn is_path(path: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    path.len() <= 128 && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for good in ["/console", "/a/b-c_1"] {
            assert!(is_path(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "console",
            "/console/",
            "//console",
            "/Console",
            "/a b",
            "/a/../b",
            "/%41",
        ] {
            assert!(!is_path(bad), "{bad}");
        }
    }

    #[test]
    fn passwords_cross_no_network_unencrypted() {
        let settings = |url: Option<&str>| ConsoleSettings {
            public_url: url.map(str::to_owned),
            ..ConsoleSettings::default()
        };
        let origin = |url, address: &str, server| {
            settings(url)
                .origin("http", address.parse().expect("an address"), server)
                .ok()
        };
        assert_eq!(
            origin(None, "127.0.0.1:80", None).as_deref(),
            Some("http://127.0.0.1:80")
        );
        assert_eq!(origin(None, "[::1]:80", None).as_deref(), Some("http://[::1]:80"));
        assert_eq!(
            origin(Some("https://c.example/"), "0.0.0.0:80", None).as_deref(),
            Some("https://c.example")
        );
        assert_eq!(
            origin(Some("http://localhost:80"), "0.0.0.0:80", None).as_deref(),
            Some("http://localhost:80")
        );
        let of_server = origin(None, "127.0.0.1:80", Some("https://api.example/auth"));
        assert_eq!(of_server.as_deref(), Some("https://api.example"));
        assert_eq!(origin(None, "0.0.0.0:80", None), None);
        assert_eq!(origin(Some("http://c.example"), "127.0.0.1:80", None), None);
        assert_eq!(origin(Some("http://localhost.c.example"), "127.0.0.1:80", None), None);
        assert_eq!(origin(None, "127.0.0.1:80", Some("http://api.example")), None);
    }
}
