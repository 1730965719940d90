//! The key of the chain, and the lengths of what it makes.

use crate::contract::secret::SecretKey;

use super::entry::AuditRow;

/// The label under which the key is derived.
const LABEL: &str = "audit chain";

/// The length of a link, in bytes.
pub(super) const LINK: usize = 16;

/// The key of the chain. A writer to the database who does not have it cannot make a seal.
#[derive(Debug)]
pub struct AuditKey(SecretKey);

impl AuditKey {
    /// The key that belongs to a master key.
    pub fn derive(master: &SecretKey) -> Self {
        Self(master.derive(LABEL))
    }

    /// The link of an entry: HMAC-SHA-256, cut to 128 bits, over the link before it, its number and all that it says.
    pub(super) fn link(&self, before: &[u8; LINK], row: &AuditRow) -> [u8; LINK] {
        let sequence = row.sequence.to_be_bytes();
        let mac = self.0.mac(&[b"entry", before, &sequence, &row.entry.canonical()]);
        first_half(&mac)
    }

    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac(parts)
    }
}

/// The first 128 bits.
pub(super) fn first_half(mac: &[u8; 32]) -> [u8; LINK] {
    let mut half = [0; LINK];
    half.copy_from_slice(&mac[..LINK]);
    half
}

/// Whether they are the same, in the same time wherever they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}
