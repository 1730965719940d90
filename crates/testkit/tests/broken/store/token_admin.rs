//! What can be wrong with administering tokens (`TokenAdminStore`).

use async_trait::async_trait;
use auth_core::{StoreError, Subject, Timestamp, TokenAdminStore, TokenId, TokenSummary};

use super::{BrokenStore, Flaw};

impl BrokenStore {
    /// Everything the subject was ever granted.
    fn ever_granted(&self, subject: Subject) -> Vec<TokenSummary> {
        let seen = self.seen();
        let records = seen.order.iter().rev().filter_map(|id| seen.issued.get(id));
        let own = records.filter(|(new, _)| new.subject == subject);
        let summaries = own.map(|(new, record)| TokenSummary {
            id: record.id,
            parent: record.parent,
            line: record.id,
            made_from: None,
            flavour: record.flavour.clone(),
            label: new.label.clone(),
            issued_at: record.issued_at,
            expires_at: record.expires_at,
            ends_at: new.idle.map_or(record.expires_at, |idle| idle.ends_at),
            last_used_at: None,
        });
        summaries.collect()
    }
}

#[async_trait]
impl TokenAdminStore for BrokenStore {
    async fn tokens_of(
        &self,
        subject: Subject,
        before: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenSummary>, StoreError> {
        let limit = if self.has(Flaw::ListsUnbounded) {
            u32::MAX
        } else {
            limit
        };
        let mut listed = self.inner.tokens_of(subject, before, limit).await?;
        match self.flaw {
            Flaw::ListsOldestFirst => listed.reverse(),
            Flaw::ListsNoLabels => listed.iter_mut().for_each(|token| token.label = None),
            Flaw::ListsTheDead => listed = self.ever_granted(subject),
            _ => {}
        }
        Ok(listed)
    }

    async fn end_sessions(&self, subject: Subject, now: Timestamp) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::EndsNoSessions => Ok(true),
            _ => self.inner.end_sessions(subject, now).await,
        }
    }

    async fn end_all_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let subjects: Vec<Subject> = self.seen().accounts.iter().map(|account| account.subject).collect();
        match self.flaw {
            Flaw::EverythingGoesOn => Ok(2),
            Flaw::EverythingEndsInTheNext => {
                for subject in subjects {
                    self.inner.end_sessions(subject, now).await?;
                }
                Ok(0)
            }
            _ => self.inner.end_all_sessions(now).await,
        }
    }
}
