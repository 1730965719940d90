//! The records of tokens that have proved nothing yet.

use super::TokenRegistry;
use crate::contract::error::{Rejection, VerifyError};
use crate::contract::secret::TokenDigest;
use crate::contract::token::{PresentedToken, TokenId};
use crate::contract::token_store::TokenRecord;

impl TokenRegistry {
    /// As [`live`](Self::live), for a text whose number is all that it has shown so far: the live record, if `belongs` says that the rest
    /// of the text belongs to it. How many records are read in vain for one source is bounded ([`UnknownTokens`](crate::UnknownTokens)), where
    /// the source is known.
    ///
    /// # Errors
    /// As [`live`](Self::live); [`Rejection::BadSignature`] where the rest does not belong to the record, and
    /// [`Unavailable::TooManyUnknown`](crate::Unavailable::TooManyUnknown).
    pub async fn live_presented(
        &self,
        id: TokenId,
        presented: &PresentedToken<'_>,
        belongs: impl Fn(&TokenRecord) -> bool,
    ) -> Result<TokenRecord, VerifyError> {
        let checked = |record: TokenRecord| match belongs(&record) {
            true => Ok(record),
            false => Err(Rejection::BadSignature.into()),
        };
        let source = match presented.source {
            Some(source) if !self.records.contains(id) => source,
            _ => return self.live(id).await.and_then(checked),
        };
        let text = TokenDigest::of(presented.text.as_bytes());
        if self.unknown.remembers(&text) {
            self.judge(self.revocations.look([]))?;
            return Err(Rejection::Unknown.into());
        }
        let read = self.unknown.read(source).await?;
        let found = self.live(id).await.and_then(checked);
        if let Err(VerifyError::Rejected(rejection)) = &found {
            if *rejection == Rejection::Unknown {
                self.unknown.remember(&text);
            }
            read.found_nothing();
        }
        found
    }
}
