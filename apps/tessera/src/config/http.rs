//! `[http]`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Span;
use crate::extension::BadSetting;

/// `[http]`: addresses, proxies, origins and limits of the HTTP server.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// The address under which clients know this server, such as `https://api.example.com`. Default: where it listens.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is trusted: addresses or networks, such as `10.0.0.0/8`.
    pub trusted_proxies: Vec<String>,
    /// Origins whose pages may call this server, such as `https://app.example.com`; `["*"]`: any, without credentials.
    pub cors_origins: Vec<String>,
    /// How long requests in progress may take after a signal to stop.
    pub shutdown_timeout: Span,
    /// How many threads answer requests; 0: one for each core.
    #[validate(range(max = 1024))]
    pub workers: usize,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Span,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            shutdown_timeout: Span::seconds(10),
            workers: 0,
            body_timeout: Span::seconds(10),
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
        if self.shutdown_timeout > Span::seconds(3600) {
            return Err(BadSetting::new(
                "http.shutdown_timeout",
                self.shutdown_timeout,
                "allowed is 0s to 3600s",
            ));
        }
        if !(Span::seconds(1)..=Span::seconds(300)).contains(&self.body_timeout) {
            return Err(BadSetting::new(
                "http.body_timeout",
                self.body_timeout,
                "allowed is 1s to 300s",
            ));
        }
        self.proxies().map(drop)
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

fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#\"\\@".contains(&b))
    })
}

fn is_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, rest)| {
        let scheme_good = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        scheme_good && is_base_url(&format!("http://{rest}")) && !rest.contains('/')
    })
}
