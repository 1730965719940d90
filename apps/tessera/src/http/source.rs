//! The address of a client: the socket's peer, or the one that a trusted proxy reports.

use std::net::IpAddr;

use actix_web::HttpRequest;
use auth_actix::{Head, TrustedProxies};
use ipnet::IpNet;

/// The trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(TrustedProxies);

impl Proxies {
    /// The proxies in these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(TrustedProxies::new(networks))
    }

    /// The client's address ([`TrustedProxies::source`]).
    pub fn source(&self, request: &HttpRequest) -> IpAddr {
        self.0.source(Head::of(request))
    }

    /// Whether the request comes from a trusted proxy.
    pub(crate) fn is_proxy(&self, request: &HttpRequest) -> bool {
        self.0.is_proxy(Head::of(request))
    }

    /// Whether this address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.trusts(address)
    }

    /// The same, for an [`Authenticator`](auth_actix::Authenticator).
    pub(crate) fn trusted(&self) -> TrustedProxies {
        self.0.clone()
    }
}
