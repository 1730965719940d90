//! Rows of the audit log.

use auth_core::{AuditCursor, AuditEntry, AuditMark, AuditSeal, Timestamp};
use diesel::prelude::*;

use super::sized;
use crate::error::{DbError, Outcome};
use crate::schema::{audit_entries, audit_marks, audit_seals};

/// An entry as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct AuditEntryRow {
    pub(crate) sequence: i64,
    pub(crate) written_by: i64,
    at: i64,
    event: String,
    outcome: String,
    actor: String,
    command: Option<String>,
    source: Option<String>,
    request: Option<String>,
    realm: Option<String>,
    flavour: Option<String>,
    subject: Option<i64>,
    token: Option<i64>,
    detail: Option<String>,
}

impl AuditEntryRow {
    pub(crate) fn into_entry(self) -> AuditEntry {
        AuditEntry {
            at: Timestamp::from_millis(self.at),
            event: self.event.into(),
            outcome: self.outcome.into(),
            actor: self.actor,
            command: self.command,
            source: self.source,
            request: self.request,
            realm: self.realm,
            flavour: self.flavour,
            subject: self.subject,
            token: self.token,
            detail: self.detail,
        }
    }
}

/// An entry as written.
#[derive(Insertable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct NewAuditRow<'a> {
    at: i64,
    event: &'a str,
    outcome: &'a str,
    actor: &'a str,
    command: Option<&'a str>,
    source: Option<&'a str>,
    request: Option<&'a str>,
    realm: Option<&'a str>,
    flavour: Option<&'a str>,
    subject: Option<i64>,
    token: Option<i64>,
    detail: Option<&'a str>,
}

impl<'a> From<&'a AuditEntry> for NewAuditRow<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            at: entry.at.as_millis(),
            event: &entry.event,
            outcome: &entry.outcome,
            actor: &entry.actor,
            command: entry.command.as_deref(),
            source: entry.source.as_deref(),
            request: entry.request.as_deref(),
            realm: entry.realm.as_deref(),
            flavour: entry.flavour.as_deref(),
            subject: entry.subject,
            token: entry.token,
            detail: entry.detail.as_deref(),
        }
    }
}

/// A seal.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_seals)]
pub(crate) struct SealRow {
    number: i64,
    at: i64,
    entries: i64,
    settled: i64,
    floor: i64,
    highest: i64,
    links: Vec<u8>,
    previous: Vec<u8>,
    mac: Vec<u8>,
}

impl From<&AuditSeal> for SealRow {
    fn from(seal: &AuditSeal) -> Self {
        Self {
            number: seal.number,
            at: seal.at.as_millis(),
            entries: seal.entries,
            settled: seal.cursor.settled,
            floor: seal.cursor.floor,
            highest: seal.cursor.highest,
            links: seal.links(),
            previous: seal.previous.to_vec(),
            mac: seal.mac.to_vec(),
        }
    }
}

impl SealRow {
    pub(crate) fn into_seal(self) -> Outcome<AuditSeal> {
        let number = self.number;
        self.read().map_err(|fault| fault.in_row("seal", number))
    }

    fn read(self) -> Outcome<AuditSeal> {
        let unreadable = |_| DbError::Corrupt("its list of entries is damaged");
        Ok(AuditSeal {
            number: self.number,
            at: Timestamp::from_millis(self.at),
            entries: self.entries,
            cursor: AuditCursor {
                settled: self.settled,
                floor: self.floor,
                highest: self.highest,
            },
            listed: AuditSeal::read_links(&self.links).map_err(unreadable)?,
            previous: sized(self.previous)?,
            mac: sized(self.mac)?,
        })
    }
}

/// An end of the chain.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = audit_marks)]
pub(crate) struct MarkRow {
    pub(crate) name: String,
    number: i64,
    entries: i64,
    settled: i64,
    floor: i64,
    highest: i64,
    at: i64,
    mac: Vec<u8>,
    proof: Vec<u8>,
}

impl MarkRow {
    pub(crate) const START: &str = "start";
    pub(crate) const END: &str = "end";

    pub(crate) fn new(name: &str, mark: &AuditMark) -> Self {
        Self {
            name: name.to_owned(),
            number: mark.number,
            entries: mark.entries,
            settled: mark.cursor.settled,
            floor: mark.cursor.floor,
            highest: mark.cursor.highest,
            at: mark.at.as_millis(),
            mac: mark.mac.to_vec(),
            proof: mark.proof.to_vec(),
        }
    }

    /// The mark. One whose columns have another length comes back as one that is not signed.
    pub(crate) fn into_mark(self) -> AuditMark {
        AuditMark {
            number: self.number,
            entries: self.entries,
            cursor: AuditCursor {
                settled: self.settled,
                floor: self.floor,
                highest: self.highest,
            },
            at: Timestamp::from_millis(self.at),
            mac: sized(self.mac).unwrap_or_default(),
            proof: sized(self.proof).unwrap_or_default(),
        }
    }
}
