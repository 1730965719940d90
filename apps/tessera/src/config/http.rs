//! `[http]`.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Span;
use crate::extension::BadSetting;

/// Proxies that ask every second or two notice within this that a server stops.
const DRAIN_DELAY: Span = Span::seconds(5);

/// `[http]`: addresses, proxies, origins and limits of the HTTP server.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// The address under which clients know this server, such as `https://api.example.com`. Default: where it listens.
    /// It is also the `issuer` of the server's metadata (RFC 8414).
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is trusted: addresses or networks, such as `10.0.0.0/8`.
    pub trusted_proxies: Vec<String>,
    /// Origins whose pages may call this server, such as `https://app.example.com`; `["*"]`: any, without credentials.
    pub cors_origins: Vec<String>,
    /// Whether `/docs` and `/openapi.json` are there.
    pub docs: bool,
    /// How long requests in progress may take after a signal to stop.
    pub shutdown_timeout: Span,
    /// How many threads answer requests; 0: one for each core.
    #[validate(range(max = 1024))]
    pub workers: usize,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Span,
    /// How long the head of a request may take to arrive: the first from the connection's start, later ones from their first
    /// byte.
    pub head_timeout: Span,
    /// How long a connection may stay open between two requests.
    pub idle_timeout: Span,
    /// How long a client may take to receive an answer.
    pub write_timeout: Span,
    /// How many connections there may be; 0: as many as the process may open files for, at most 16,384.
    #[validate(range(max = 1_000_000))]
    pub connections: usize,
    /// How many connections one source may have, an IPv4 address or an IPv6 /64; trusted proxies have no such limit.
    /// 0: a quarter of all.
    #[validate(range(max = 1_000_000))]
    pub connections_per_source: usize,
    /// How long `/readyz` answers 503 after a signal to stop, before the server stops. Default: 5 s; for a demo, none.
    pub drain_delay: Option<Span>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            docs: true,
            shutdown_timeout: Span::seconds(10),
            workers: 0,
            body_timeout: Span::seconds(10),
            head_timeout: Span::seconds(5),
            idle_timeout: Span::seconds(30),
            write_timeout: Span::seconds(10),
            connections: 0,
            connections_per_source: 0,
            drain_delay: None,
        }
    }
}

impl HttpSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        if let Some(url) = self.public_url.as_ref().filter(|url| !is_base_url(url)) {
            let allowed = "allowed is http:// or https:// with a host, without query, such as https://api.example.com";
            return Err(BadSetting::new("http.public_url", url, allowed));
        }
        for origin in &self.cors_origins {
            if origin != "*" && !is_origin(origin) {
                let allowed = "each is scheme://host[:port], such as https://app.example.com, or the list is [\"*\"]";
                return Err(BadSetting::new("http.cors_origins", origin, allowed));
            }
        }
        for (key, span, least, most) in self.times() {
            if !(Span::seconds(least)..=Span::seconds(most)).contains(&span) {
                let allowed = format!("allowed is {least}s to {most}s");
                return Err(BadSetting::new(format!("http.{key}"), span, allowed));
            }
        }
        self.proxies().map(drop)
    }

    /// `public_url` without a slash at its end.
    pub(crate) fn issuer(&self) -> Option<String> {
        let url = self.public_url.as_deref();
        url.map(|url| url.trim_end_matches('/').to_owned())
    }

    /// Each length of time, with the least and the most seconds allowed.
    fn times(&self) -> [(&'static str, Span, u64, u64); 6] {
        [
            ("shutdown_timeout", self.shutdown_timeout, 0, 3600),
            ("body_timeout", self.body_timeout, 1, 300),
            ("head_timeout", self.head_timeout, 1, 300),
            ("idle_timeout", self.idle_timeout, 1, 3600),
            ("write_timeout", self.write_timeout, 1, 300),
            ("drain_delay", self.drain_delay.unwrap_or(DRAIN_DELAY), 0, 300),
        ]
    }

    /// How long `/readyz` answers 503 before the server stops. There is no proxy before a demo.
    pub(crate) fn drain_delay(&self, demo: bool) -> Duration {
        let default = if demo { Span::seconds(0) } else { DRAIN_DELAY };
        self.drain_delay.unwrap_or(default).0
    }

    /// The trusted proxies as networks.
    ///
    /// # Errors
    /// [`BadSetting`] for a text that is neither an address nor a network.
    pub fn proxies(&self) -> Result<Vec<IpNet>, BadSetting> {
        let parse = |text: &String| {
            let network = text.parse::<IpNet>().ok();
            let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
            let allowed = "each is an address or a network, such as 10.0.0.1 or 10.0.0.0/8";
            network
                .or_else(address)
                .ok_or_else(|| BadSetting::new("http.trusted_proxies", text, allowed))
        };
        self.trusted_proxies.iter().map(parse).collect()
    }
}

pub(super) fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#\"\\@{}".contains(&b))
    })
}

fn is_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, rest)| {
        let scheme_good = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        scheme_good && is_base_url(&format!("http://{rest}")) && !rest.contains('/')
    })
}
