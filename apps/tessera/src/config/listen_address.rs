//! Where a listener of its own listens.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address and a port, such as `127.0.0.1:9464`; a port alone is one of loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

impl ListenAddress {
    fn parse(text: &str) -> Option<Self> {
        let loopback = || text.parse().ok().map(Self::loopback);
        text.parse().ok().map(Self).or_else(loopback)
    }

    fn loopback(port: u16) -> Self {
        Self((Ipv4Addr::LOCALHOST, port).into())
    }
}

impl Serialize for ListenAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ListenAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressVisitor)
    }
}

struct AddressVisitor;

impl Visitor<'_> for AddressVisitor {
    type Value = ListenAddress;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address and a port such as \"127.0.0.1:9464\", or a port alone (0: the system chooses)")
    }

    fn visit_u64<E: de::Error>(self, port: u64) -> Result<ListenAddress, E> {
        let number = u16::try_from(port).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(port), &self))?;
        Ok(ListenAddress::loopback(number))
    }

    fn visit_i64<E: de::Error>(self, port: i64) -> Result<ListenAddress, E> {
        let number = u16::try_from(port).map_err(|_| E::invalid_value(de::Unexpected::Signed(port), &self))?;
        Ok(ListenAddress::loopback(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ListenAddress, E> {
        ListenAddress::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_loopback() {
        let parsed = |text| ListenAddress::parse(text).map(|address| address.0.to_string());
        assert_eq!(parsed("9464").as_deref(), Some("127.0.0.1:9464"));
        assert_eq!(parsed("0.0.0.0:9464").as_deref(), Some("0.0.0.0:9464"));
        assert_eq!(parsed("[::1]:0").as_deref(), Some("[::1]:0"));
        for wrong in ["", ":9464", "localhost:9464", "70000", "-1", "127.0.0.1"] {
            assert_eq!(parsed(wrong), None, "{wrong:?}");
        }
    }
}
