//! From the digest of an imported token to its record, and what is kept of that in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::digest::PresentedDigests;
use super::{ImportedToken, ImportedTokenStore, SignedArrival};
use crate::contract::error::{Rejection, VerifyError};
use crate::contract::secret::TokenDigest;
use crate::contract::token::{PresentedToken, TokenId};
use crate::contract::token_store::TokenRecord;
use crate::sessions::registry::TokenRegistry;

/// Records and the numbers before their secrets, by the digests that the records have.
type Known = HashMap<[u8; 32], (TokenId, Option<i64>)>;

/// The imported tokens of one store, of all flavours: a text that one flavour has looked up is not unknown to another.
#[derive(Debug)]
pub struct ImportedRecords {
    store: Arc<dyn ImportedTokenStore>,
    registry: Arc<TokenRegistry>,
    /// Which record belongs to which digest. That never changes; the registry knows whether the record is live.
    known: Mutex<Known>,
}

impl ImportedRecords {
    /// None of them is known yet. At most as many are kept as the registry keeps records.
    pub fn new(store: Arc<dyn ImportedTokenStore>, registry: Arc<TokenRegistry>) -> Self {
        Self {
            store,
            registry,
            known: Mutex::default(),
        }
    }

    pub(super) fn registry(&self) -> &TokenRegistry {
        &self.registry
    }

    /// The live record of a presented text. `Ok(None)`: no imported token has it. If `counts`, that counts against the
    /// allowance of its source.
    pub(super) async fn find(
        &self,
        presented: &PresentedToken<'_>,
        digests: &PresentedDigests,
        arrival: Option<&SignedArrival>,
        counts: bool,
    ) -> Result<Option<TokenRecord>, VerifyError> {
        if let Some((id, of_record)) = self.known(digests) {
            return self.live(id, of_record).await.map(Some);
        }
        let text = TokenDigest::of(presented.text.as_bytes());
        let unknown = self.registry.unknown();
        if counts && unknown.remembers(&text) {
            return Ok(None);
        }
        let read = match presented.source {
            Some(source) => Some(unknown.read(source).await?),
            None => None,
        };
        let forgotten = unknown.forgotten();
        let mut found = self.store.find_imported(&digests.all).await?;
        if let (None, Some(arrival)) = (&found, arrival) {
            found = self.store.record_signed(arrival).await?;
        }
        match found.filter(|found| digests.fits(found.number)) {
            Some(found) => {
                let of_record = found.digest.of_record();
                self.remember(&found, of_record);
                self.live(found.token, of_record).await.map(Some)
            }
            None if counts => {
                unknown.remember_since(&text, forgotten);
                if let Some(read) = read {
                    read.found_nothing();
                }
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// The answer of [`find`](Self::find), if it needs no read.
    pub(super) fn in_memory(&self, digests: &PresentedDigests) -> Option<Result<TokenRecord, VerifyError>> {
        let (id, of_record) = self.known(digests)?;
        let live = self.registry.live_in_memory(id)?;
        Some(live.and_then(|record| belonging(record, of_record)))
    }

    async fn live(&self, id: TokenId, of_record: TokenDigest) -> Result<TokenRecord, VerifyError> {
        belonging(self.registry.live(id).await?, of_record)
    }

    fn known(&self, digests: &PresentedDigests) -> Option<(TokenId, TokenDigest)> {
        let known = self.lock();
        digests.all.iter().find_map(|digest| {
            let of_record = digest.of_record();
            let &(id, number) = known.get(of_record.as_bytes())?;
            digests.fits(number).then_some((id, of_record))
        })
    }

    fn remember(&self, found: &ImportedToken, of_record: TokenDigest) {
        let mut known = self.lock();
        if known.len() >= self.registry.limits().records {
            known.clear();
        }
        known.insert(*of_record.as_bytes(), (found.token, found.number));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a restore from a backup a number may be another token's.
fn belonging(record: TokenRecord, of_record: TokenDigest) -> Result<TokenRecord, VerifyError> {
    match record.digest == Some(of_record) {
        true => Ok(record),
        false => Err(Rejection::Unknown.into()),
    }
}
