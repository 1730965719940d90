//! The port of the audit log.

use std::fmt;

use async_trait::async_trait;

use super::cursor::{AuditCursor, SettledEntries};
use super::entry::{AuditEntry, AuditRow};
use super::filter::AuditFilter;
use super::mark::{AuditMark, AuditMarks};
use super::seal::AuditSeal;
use crate::contract::error::StoreError;

/// Entries, seals and marks. Each method is one atomic operation.
///
/// # Contract
/// The other ports of the same store write the entries: every operation that issues, refreshes or revokes a token, or
/// changes an account, a password, a role, an organisation, a consumer, a client or a key, writes exactly one, with the
/// [`current`](super::Provenance::current) provenance, in its own transaction. One that changes nothing writes none.
/// Removing what ended long ago and noting last uses write none.
///
/// # Security
/// A store has no key: what is sealed is made and checked above it. No entry, seal or mark is secret.
#[async_trait]
pub trait AuditStore: fmt::Debug + Send + Sync + 'static {
    /// Writes entries that describe no change of the store.
    ///
    /// # Errors
    /// When the store fails; none is written.
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError>;

    /// At most `limit` entries that are final and that come after `after`, in the order in which they are to be sealed.
    /// Over all pages each entry comes exactly once: none becomes visible later between those that were read.
    ///
    /// # Errors
    /// When the store fails.
    async fn settled(&self, after: &AuditCursor, limit: u32) -> Result<SettledEntries, StoreError>;

    /// The ends of the chain.
    ///
    /// # Errors
    /// When the store fails.
    async fn marks(&self) -> Result<AuditMarks, StoreError>;

    /// Adds a seal and moves the end to it, and writes the start where one is given: all or nothing. `Ok(false)`, and
    /// nothing is written, if there is a seal with this number, or the end is not the seal before it.
    ///
    /// # Errors
    /// When the store fails.
    async fn seal(&self, seal: &AuditSeal, end: &AuditMark, start: Option<&AuditMark>) -> Result<bool, StoreError>;

    /// At most `limit` seals with a number above `after`, in order.
    ///
    /// # Errors
    /// When the store fails; [`StoreError::Corrupt`] for one that cannot be read.
    async fn seals(&self, after: i64, limit: u32) -> Result<Vec<AuditSeal>, StoreError>;

    /// Whether there is a seal with a number above `number`.
    ///
    /// # Errors
    /// When the store fails.
    async fn has_seal_after(&self, number: i64) -> Result<bool, StoreError>;

    /// At most `limit` entries with a number above `after` and up to `through`, by their numbers.
    ///
    /// # Errors
    /// When the store fails.
    async fn rows(&self, after: i64, through: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;

    /// At most `limit` entries that the filter wants, newest (highest number) first; with `before`, only those with a lower
    /// number. The last number of one page is `before` of the next.
    ///
    /// # Errors
    /// When the store fails.
    async fn find_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Removes the seals up to that of `to`, and the entries with these numbers, and moves the start from `from` to `to`: all
    /// or nothing. `Ok(false)`, and nothing is removed, if the start is not at `from`.
    ///
    /// # Errors
    /// When the store fails.
    async fn forget(&self, sequences: &[i64], from: i64, to: &AuditMark) -> Result<bool, StoreError>;

    /// Removes every seal, keeps the entries, and begins a chain with these marks, so that all entries are sealed anew.
    /// Writes `entry`. All or nothing.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn restart(&self, entry: AuditEntry, start: &AuditMark, end: &AuditMark) -> Result<(), StoreError>;
}

/// The entries of a copied log that no seal has.
#[async_trait]
pub trait UnsealedEntries: Send + Sync {
    /// At most `limit` of them with a number above `after`, by their numbers.
    ///
    /// # Errors
    /// When the store fails.
    async fn unsealed(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
}
