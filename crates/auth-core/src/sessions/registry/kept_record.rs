//! A record as it is kept in memory: as small as it can be, because there may be millions.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::contract::account::{Generation, Realm, Subject};
use crate::contract::clock::Timestamp;
use crate::contract::scope::Scopes;
use crate::contract::secret::TokenDigest;
use crate::contract::token::{FlavourName, TokenId};
use crate::contract::token_store::TokenRecord;

/// A [`TokenRecord`] without its number, by which it is found.
#[derive(Debug)]
pub(super) struct KeptRecord {
    alike: Arc<Alike>,
    proof: Proof,
    parent: Option<TokenId>,
    subject: Subject,
    generation: Generation,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
}

/// What a token is compared with. Each flavour's records have one form of it.
#[derive(Clone, Debug)]
enum Proof {
    None,
    Digest(TokenDigest),
    Derived(TokenDigest, [u8; 16]),
    Key(TokenDigest),
    /// Any other combination.
    Other(Box<Parts>),
}

/// Digest, salt and key.
type Parts = (Option<TokenDigest>, Option<[u8; 16]>, Option<TokenDigest>);

/// What the records of many tokens have in common.
#[derive(Debug, PartialEq, Eq)]
struct Alike {
    flavour: FlavourName,
    realm: Realm,
    scopes: Scopes,
}

/// What is in common, each once, while a record has it.
#[derive(Debug, Default)]
pub(super) struct InCommon(HashSet<Arc<Alike>>);

impl KeptRecord {
    pub(super) fn new(record: &TokenRecord, common: &mut InCommon) -> Self {
        Self {
            alike: common.of(record),
            proof: Proof::of(record),
            parent: record.parent,
            subject: record.subject,
            generation: record.generation,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
        }
    }

    /// The whole record again.
    pub(super) fn record(&self, id: TokenId) -> TokenRecord {
        let (digest, salt, key) = self.proof.parts();
        TokenRecord {
            id,
            parent: self.parent,
            flavour: self.alike.flavour.clone(),
            realm: self.alike.realm.clone(),
            subject: self.subject,
            generation: self.generation,
            scopes: self.alike.scopes.clone(),
            digest,
            salt,
            key,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        }
    }

    /// Its owner.
    pub(super) fn subject(&self) -> Subject {
        self.subject
    }

    /// The session it belongs to, if that is another record.
    pub(super) fn parent(&self) -> Option<TokenId> {
        self.parent
    }
}

impl Proof {
    fn of(record: &TokenRecord) -> Self {
        match (record.digest, record.salt, record.key) {
            (None, None, None) => Self::None,
            (Some(digest), None, None) => Self::Digest(digest),
            (Some(digest), Some(salt), None) => Self::Derived(digest, salt),
            (None, None, Some(key)) => Self::Key(key),
            other => Self::Other(Box::new(other)),
        }
    }

    fn parts(&self) -> Parts {
        match self {
            Self::None => (None, None, None),
            Self::Digest(digest) => (Some(*digest), None, None),
            Self::Derived(digest, salt) => (Some(*digest), Some(*salt), None),
            Self::Key(key) => (None, None, Some(*key)),
            Self::Other(parts) => **parts,
        }
    }
}

impl InCommon {
    fn of(&mut self, record: &TokenRecord) -> Arc<Alike> {
        let alike = Alike {
            flavour: record.flavour.clone(),
            realm: record.realm.clone(),
            scopes: record.scopes.clone(),
        };
        match self.0.get(&alike) {
            Some(known) => known.clone(),
            None => {
                let new = Arc::new(alike);
                self.0.insert(new.clone());
                new
            }
        }
    }

    /// Drops a record, and what it alone still had.
    pub(super) fn forget(&mut self, record: KeptRecord) {
        // Its own, and the one in the set.
        if Arc::strong_count(&record.alike) == 2 {
            self.0.remove(&record.alike);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Hash for Alike {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.flavour.hash(state);
        self.realm.hash(state);
        self.scopes.iter().for_each(|scope| scope.hash(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::scope::Scope;

    fn records() -> Vec<TokenRecord> {
        let digests = [None, Some(TokenDigest::of(b"secret"))];
        let keys = [None, Some(TokenDigest::of(b"key"))];
        let mut records = Vec::new();
        for digest in digests {
            for key in keys {
                for salt in [None, Some([7; 16])] {
                    records.push(record(digest, salt, key));
                }
            }
        }
        records
    }

    fn record(digest: Option<TokenDigest>, salt: Option<[u8; 16]>, key: Option<TokenDigest>) -> TokenRecord {
        TokenRecord {
            id: TokenId(7),
            parent: key.map(|_| TokenId(3)),
            flavour: "device".into(),
            realm: Realm::from_stored("workshops"),
            subject: Subject(17),
            generation: Generation(2),
            scopes: [Scope::parse("read").unwrap()].into_iter().collect(),
            digest,
            salt,
            key,
            issued_at: Timestamp::from_seconds(5),
            expires_at: salt.map(|_| Timestamp::from_seconds(9)),
        }
    }

    #[test]
    fn a_kept_record_is_the_record_again() {
        let mut common = InCommon::default();
        for record in records() {
            let kept = KeptRecord::new(&record, &mut common);
            assert_eq!(kept.record(record.id), record);
            assert_eq!((kept.subject(), kept.parent()), (record.subject, record.parent));
        }
    }

    #[test]
    fn what_is_in_common_is_kept_once_and_as_long_as_a_record_has_it() {
        let mut common = InCommon::default();
        let mut other = record(None, None, None);
        other.scopes = Scopes::none();
        let kept: Vec<_> = records()
            .iter()
            .map(|record| KeptRecord::new(record, &mut common))
            .collect();
        let other = KeptRecord::new(&other, &mut common);
        assert_eq!(common.len(), 2);
        common.forget(other);
        assert_eq!(common.len(), 1);
        for kept in kept {
            assert_eq!(common.len(), 1);
            common.forget(kept);
        }
        assert_eq!(common.len(), 0);
    }
}
