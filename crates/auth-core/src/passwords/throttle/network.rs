//! The part of an address that counts as one client.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The source of a request, as it is counted and queued: a whole IPv4 address, or the /64 of an IPv6 address.
///
/// The holder of one IPv6 address usually holds its /64, and could use 2^64 addresses there at no cost. An IPv4 address
/// written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClientNetwork(Ipv6Addr);

impl ClientNetwork {
    /// The bytes that identify it.
    pub(crate) const fn octets(&self) -> [u8; 16] {
        self.0.octets()
    }
}

impl From<IpAddr> for ClientNetwork {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped()),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl fmt::Debug for ClientNetwork {
    /// `192.0.2.1` or `2001:db8::/64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_ipv4_mapped() {
            Some(v4) => write!(f, "{v4}"),
            None => write!(f, "{}/64", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        let address: IpAddr = address.parse().expect("an address");
        format!("{:?}", ClientNetwork::from(address))
    }

    #[test]
    fn ipv4_counts_whole_and_ipv6_by_its_first_half() {
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("2001:db8:0:7::1"), "2001:db8:0:7::/64");
        assert_eq!(of("2001:db8:0:7::1"), of("2001:db8:0:7:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:0:7::1"), of("2001:db8:0:8::1"));
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_is_that_ipv4_address() {
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(of("::ffff:192.0.2.1"), of("::ffff:192.0.2.2"));
    }
}
