//! The address of a client: the socket's peer, or the one that a trusted proxy reports.

use std::net::{IpAddr, SocketAddr};

use auth_core::UNKNOWN_SOURCE;
use ipnet::IpNet;

use crate::request_head::{Field, RequestHead};

/// The networks of the proxies that are trusted to name a client's address.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks; of a single proxy, a network of one address.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// No proxy is trusted: a request comes from its peer.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The client's address; [`UNKNOWN_SOURCE`] where a trusted proxy reports something that is no address, and where the
    /// peer is unknown.
    ///
    /// `X-Forwarded-For` counts only when the peer is a trusted proxy, and then from the right: the first address there
    /// that is not a trusted proxy. A client can write anything further left. A trusted proxy that sends no such header is
    /// the client itself.
    ///
    /// # Security
    /// What cannot be read is never taken for the proxy's own address, which may be familiar for many accounts.
    pub fn source<'a>(&self, head: impl RequestHead<'a>) -> IpAddr {
        let peer = peer(head);
        if !self.trusts(peer) {
            return peer;
        }
        let text = |value| std::str::from_utf8(value).unwrap_or_default();
        let values: Vec<&str> = head.values(Field::ForwardedFor).map(text).collect();
        let hops = values.iter().rev().flat_map(|value| value.rsplit(','));
        self.client_of(peer, hops)
    }

    /// Whether the request comes from a trusted proxy.
    pub fn is_proxy<'a>(&self, head: impl RequestHead<'a>) -> bool {
        self.trusts(peer(head))
    }

    /// Whether this address is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
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
}

fn peer<'a>(head: impl RequestHead<'a>) -> IpAddr {
    head.peer().map_or(UNKNOWN_SOURCE, |peer| peer.to_canonical())
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
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
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
