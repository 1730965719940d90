//! Rows of tokens and sessions.

use auth_core::{Generation, Realm, RefreshState, Selector, Subject, Timestamp, TokenId, TokenRecord, TokenSummary};
use diesel::prelude::*;

use super::{digest, granted, sized};
use crate::error::{DbError, Outcome};
use crate::schema::tokens;

/// A token as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(crate) struct TokenRow {
    id: i64,
    parent: Option<i64>,
    flavour: String,
    realm: String,
    subject: i64,
    generation: i64,
    scopes: String,
    digest: Option<Vec<u8>>,
    salt: Option<Vec<u8>>,
    key_digest: Option<Vec<u8>>,
    issued_at: i64,
    expires_at: Option<i64>,
}

impl TokenRow {
    /// The record, with those of its rights that its owner's role (as stored) still gives.
    pub(crate) fn into_record(self, held: Option<&str>) -> Outcome<TokenRecord> {
        let id = self.id;
        self.read(held).map_err(|fault| fault.in_row("token", id))
    }

    fn read(self, held: Option<&str>) -> Outcome<TokenRecord> {
        let issued = granted(&self.scopes, || format!("token {}", self.id));
        let role = held.map(|held| granted(held, || format!("the role of account {}", self.subject)));
        Ok(TokenRecord {
            id: TokenId(self.id),
            parent: self.parent.map(TokenId),
            flavour: self.flavour.into(),
            realm: Realm::from_stored(&self.realm),
            subject: Subject(self.subject),
            generation: Generation(self.generation),
            scopes: issued.and(&role.unwrap_or_default()),
            digest: self.digest.map(digest).transpose()?,
            salt: self.salt.map(sized).transpose()?,
            key: self.key_digest.map(digest).transpose()?,
            issued_at: Timestamp::from_millis(self.issued_at),
            expires_at: self.expires_at.map(Timestamp::from_millis),
        })
    }
}

/// When a token expires.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(crate) struct EndRow {
    expires_at: Option<i64>,
    idle_ms: Option<i64>,
    ends_at: Option<i64>,
}

impl EndRow {
    /// When it expires at the latest, however it is used.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        let end = self.idle_ms.map_or(self.expires_at, |_| self.ends_at);
        end.map(Timestamp::from_millis)
    }
}

/// A token as an administrator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(crate) struct SummaryRow {
    id: i64,
    parent: Option<i64>,
    flavour: String,
    label: Option<String>,
    issued_at: i64,
    last_used_at: Option<i64>,
    #[diesel(embed)]
    end: EndRow,
    line: Option<i64>,
    made_from: Option<i64>,
}

impl From<SummaryRow> for TokenSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            id: TokenId(row.id),
            parent: row.parent.map(TokenId),
            line: TokenId(row.line.unwrap_or(row.id)),
            made_from: row.made_from.map(TokenId),
            flavour: row.flavour.into(),
            label: row.label,
            issued_at: Timestamp::from_millis(row.issued_at),
            expires_at: row.end.expires_at.map(Timestamp::from_millis),
            ends_at: row.end.ends_at(),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        }
    }
}

/// A refresh family as read and written. All columns are null in a record without one.
#[derive(Queryable, Selectable, Default)]
#[diesel(table_name = tokens)]
pub(crate) struct RefreshRow {
    pub(crate) refresh_selector: Option<Vec<u8>>,
    #[diesel(embed)]
    pub(crate) rotation: RotationRow,
}

/// What a rotation changes of it: all but what finds it, whose index is left alone.
#[derive(Queryable, Selectable, AsChangeset, Default)]
#[diesel(table_name = tokens)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct RotationRow {
    pub(crate) refresh_current: Option<Vec<u8>>,
    pub(crate) refresh_previous: Option<Vec<u8>>,
    pub(crate) refresh_sealed: Option<Vec<u8>>,
    pub(crate) refresh_lineage: Option<Vec<u8>>,
    pub(crate) refresh_rotations: Option<i64>,
    pub(crate) refresh_rotated_at: Option<i64>,
}

impl From<&RefreshState> for RefreshRow {
    fn from(state: &RefreshState) -> Self {
        Self {
            refresh_selector: Some(state.selector.0.to_vec()),
            rotation: state.into(),
        }
    }
}

impl From<&RefreshState> for RotationRow {
    fn from(state: &RefreshState) -> Self {
        Self {
            refresh_current: Some(state.current.as_bytes().to_vec()),
            refresh_previous: state.previous.map(|digest| digest.as_bytes().to_vec()),
            refresh_sealed: state.sealed.map(|sealed| sealed.to_vec()),
            refresh_lineage: Some(state.lineage.clone()),
            refresh_rotations: Some(state.rotations),
            refresh_rotated_at: Some(state.rotated_at.as_millis()),
        }
    }
}

impl RefreshRow {
    pub(crate) fn into_state(self) -> Outcome<RefreshState> {
        const CUT: DbError = DbError::Corrupt("a refresh family lacks a column");
        let rotation = self.rotation;
        Ok(RefreshState {
            selector: Selector(sized(self.refresh_selector.ok_or(CUT)?)?),
            current: digest(rotation.refresh_current.ok_or(CUT)?)?,
            previous: rotation.refresh_previous.map(digest).transpose()?,
            sealed: rotation.refresh_sealed.map(sized).transpose()?,
            lineage: rotation.refresh_lineage.ok_or(CUT)?,
            rotations: rotation.refresh_rotations.ok_or(CUT)?,
            rotated_at: Timestamp::from_millis(rotation.refresh_rotated_at.ok_or(CUT)?),
        })
    }
}
