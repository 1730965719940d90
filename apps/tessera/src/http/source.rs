//! The address of a client: the socket's peer, or the one that a trusted proxy reports.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use auth_core::UNKNOWN_SOURCE;
use ipnet::IpNet;

/// The trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// The client's address; [`UNKNOWN_SOURCE`] where a trusted proxy reports something that is no address.
    ///
    /// `X-Forwarded-For` counts only when the peer is a trusted proxy, and then from the right: the first address there
    /// that is not a trusted proxy. A client can write anything further left. A trusted proxy that sends no such header is
    /// the client itself.
    ///
    /// # Security
    /// What cannot be read is never taken for the proxy's own address, which may be familiar for many accounts.
    pub fn source(&self, request: &HttpRequest) -> IpAddr {
        let peer = peer(request);
        if !self.trusts(peer) {
            return peer;
        }
        let values = request.headers().get_all("x-forwarded-for");
        let values: Vec<_> = values.map(|value| value.to_str().unwrap_or_default()).collect();
        let hops = values.iter().rev().flat_map(|value| value.rsplit(','));
        self.client_of(peer, hops)
    }

    /// Whether the request comes from a trusted proxy.
    pub(crate) fn is_proxy(&self, request: &HttpRequest) -> bool {
        self.trusts(peer(request))
    }

    /// `hops` from the right.
    fn client_of<'a>(&self, peer: IpAddr, hops: impl IntoIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer;
        for hop in hops {
            let Some(hop) = address(hop.trim()) else {
                return UNKNOWN_SOURCE;
            };
            client = hop;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    /// Whether this address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn peer(request: &HttpRequest) -> IpAddr {
    request
        .peer_addr()
        .map_or(UNKNOWN_SOURCE, |peer| peer.ip().to_canonical())
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:50123`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:50123`.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let plain = text.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address: Option<IpAddr> = plain.or_else(with_port).or_else(bracketed);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(hops: &[&str]) -> IpAddr {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        proxies.client_of(ip("10.0.0.1"), hops.iter().rev().copied())
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        assert_eq!(client(&[]), ip("10.0.0.1"));
        assert_eq!(client(&["203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(client(&["1.2.3.4", " 203.0.113.9", " 10.9.9.9"]), ip("203.0.113.9"));
        assert_eq!(client(&["not an address", "203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(client(&["::ffff:203.0.113.9"]), ip("203.0.113.9"));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_ends_the_search() {
        for text in [
            "",
            "unknown",
            "_gazonk",
            "10.0.0.1.",
            "[10.0.0.1]",
            "1.2.3.4 10.0.0.1",
            "[::1",
            "fe80::1%eth0",
            "1.2.3.4:",
        ] {
            assert_eq!(client(&["203.0.113.9", text, "10.0.0.2"]), UNKNOWN_SOURCE, "{text:?}");
        }
    }

    #[test]
    fn an_address_may_have_a_port() {
        assert_eq!(client(&["203.0.113.9:50123"]), ip("203.0.113.9"));
        assert_eq!(client(&["203.0.113.9", "10.0.0.2:443"]), ip("203.0.113.9"));
        for text in ["2001:db8::9", "[2001:db8::9]", "[2001:db8::9]:50123"] {
            assert_eq!(client(&[text]), ip("2001:db8::9"), "{text}");
        }
        assert_eq!(client(&["[::ffff:203.0.113.9]:1"]), ip("203.0.113.9"));
    }
}
