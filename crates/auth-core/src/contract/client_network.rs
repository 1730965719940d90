//! The part of an address that counts as one client, and the wider networks it belongs to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The source of a request whose address is not known: `0.0.0.0`.
///
/// All such requests count as one client, with the tightest limits, because nothing distinguishes them.
pub const UNKNOWN_SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The source of a request, as it is counted and queued: a whole IPv4 address, or the /64 of an IPv6 address.
///
/// The holder of one IPv6 address usually holds its /64, and could use 2^64 addresses there at no cost. An IPv4 address
/// written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientNetwork(Ipv6Addr);

impl ClientNetwork {
    /// The bytes that identify it.
    pub const fn octets(&self) -> [u8; 16] {
        self.0.octets()
    }

    /// Whether the address of the client is not known.
    pub fn is_unknown(&self) -> bool {
        let v4 = self.0.to_ipv4_mapped();
        v4.map_or(self.0.is_unspecified(), |v4| v4.is_unspecified())
    }

    /// The /56 and the /48 of an IPv6 network; `None` for an IPv4 address.
    ///
    /// Providers give a customer a /64, a /56 or a /48. A holder of a /48 has 65,536 networks of the size /64.
    pub fn wider(&self) -> Option<[WiderNetwork; 2]> {
        if self.0.to_ipv4_mapped().is_some() || self.is_unknown() {
            return None;
        }
        let [a, b, c, d, ..] = self.0.segments();
        let network = |d| Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0);
        Some([(56, network(d & 0xff00)), (48, network(0))])
    }

    /// All networks that this source is counted in: itself, and the [wider](Self::wider) ones that it is part of.
    pub fn all(&self) -> impl Iterator<Item = WiderNetwork> + use<> {
        let own = (64, self.0);
        std::iter::once(own).chain(self.wider().into_iter().flatten())
    }
}

/// An IPv6 network: the length of its prefix, and its first address.
pub type WiderNetwork = (u8, Ipv6Addr);

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

    fn network(address: &str) -> ClientNetwork {
        address.parse::<IpAddr>().expect("an address").into()
    }

    fn of(address: &str) -> String {
        format!("{:?}", network(address))
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

    #[test]
    fn an_ipv6_network_is_part_of_two_wider_ones_and_an_ipv4_address_of_none() {
        let first = |text: &str| text.parse::<Ipv6Addr>().expect("an address");
        let wider = network("2001:db8:1:abcd::1").wider();
        assert_eq!(
            wider,
            Some([(56, first("2001:db8:1:ab00::")), (48, first("2001:db8:1::"))])
        );
        assert_eq!(network("192.0.2.1").wider(), None);
    }

    #[test]
    fn the_unspecified_address_is_an_unknown_source() {
        assert!(ClientNetwork::from(UNKNOWN_SOURCE).is_unknown());
        assert!(network("::").is_unknown() && network("::ffff:0.0.0.0").is_unknown());
        assert!(!network("0.0.0.1").is_unknown() && !network("2001:db8::").is_unknown());
    }
}
