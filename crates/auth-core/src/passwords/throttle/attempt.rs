//! What an attempt is counted under: keyed hashes of its name, account and networks.

use crate::contract::account::{Realm, Subject};
use crate::contract::secret::SecretKey;
use crate::passwords::login_name::FoldedLogin;

use crate::contract::client_network::ClientNetwork;

/// A sign-in attempt that has begun. Holds no name and no address, only keyed hashes of them.
#[derive(Clone, Copy, Debug)]
#[must_use = "report the result to the throttle"]
pub struct Attempt {
    /// The name as typed, folded, in its realm.
    pub(super) name: u64,
    /// The account; the name, as long as the account is not known or there is none.
    pub(super) account: u64,
    /// The client address.
    pub(super) address: u64,
    /// The wider networks of the address, /56 and /48, where it has any.
    pub(super) wider: Option<[u64; 2]>,
    /// The account from this address.
    pub(super) pair: u64,
    /// The name from this address.
    pub(super) name_here: u64,
    /// Whether the address is not known.
    pub(super) unknown_source: bool,
}

impl Attempt {
    pub(super) fn new(key: &SecretKey, realm: &Realm, login: Option<&FoldedLogin>, source: ClientNetwork) -> Self {
        let realm = realm.as_str().as_bytes();
        let realm_length = (realm.len() as u64).to_le_bytes();
        // No folded name is empty, so the empty text stands for all unusable names.
        let login = login.map_or("", FoldedLogin::as_str).as_bytes();
        let name = key_of(key, &[b"n", &realm_length, realm, login]);
        let address = key_of(key, &[b"a", &source.octets()]);
        let wider = source.wider();
        let wider = wider.map(|wider| wider.map(|(length, first)| key_of(key, &[b"w", &[length], &first.octets()])));
        let pair = pair_of(key, name, address);
        Self {
            name,
            account: name,
            address,
            wider,
            pair,
            name_here: pair,
            unknown_source: source.is_unknown(),
        }
    }

    /// Counts the attempt under this account from now on.
    pub(super) fn belongs_to(&mut self, account: u64, key: &SecretKey) {
        self.account = account;
        self.pair = pair_of(key, account, self.address);
    }
}

/// The key of an account. Its number is unique in all realms.
pub(super) fn account_of(key: &SecretKey, subject: Subject) -> u64 {
    key_of(key, &[b"i", &subject.0.to_le_bytes()])
}

fn pair_of(key: &SecretKey, account: u64, address: u64) -> u64 {
    key_of(key, &[b"p", &account.to_le_bytes(), &address.to_le_bytes()])
}

/// 64 bits of the keyed hash. All parts but the last and those preceded by their length must be of fixed length.
fn key_of(key: &SecretKey, parts: &[&[u8]]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = key.mac(parts);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
