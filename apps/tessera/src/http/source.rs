//! The address of a client: the socket's peer, or the one that a trusted proxy reports.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// The client's address. `X-Forwarded-For` counts only when the peer is a trusted proxy, and then from the right:
    /// the first address there that is not a trusted proxy. A client can write anything further left.
    pub fn source(&self, request: &HttpRequest) -> IpAddr {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
        self.client_of(peer, &hops)
    }

    fn client_of(&self, peer: IpAddr, hops: &[&str]) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let client = |hops: &[&str]| proxies.client_of(ip("10.0.0.1"), hops);
        assert_eq!(client(&[]), ip("10.0.0.1"));
        assert_eq!(client(&["203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(client(&["1.2.3.4", " 203.0.113.9", " 10.9.9.9"]), ip("203.0.113.9"));
        assert_eq!(client(&["1.2.3.4", "not an address"]), ip("10.0.0.1"));
        assert_eq!(client(&["::ffff:203.0.113.9"]), ip("203.0.113.9"));
    }
}
