//! Rows of organisations and consumers.

use auth_core::{Timestamp, TokenDigest};
use consumer_auth::{Consumer, Organisation};
use diesel::prelude::*;

use super::{digest, previous_secret};
use crate::error::{DbError, Outcome};
use crate::schema::{consumers, organisations};

/// A consumer as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = consumers)]
pub(crate) struct ConsumerRow {
    key: String,
    token_digest: Vec<u8>,
    disabled: bool,
    previous_digest: Option<Vec<u8>>,
    previous_until: Option<i64>,
}

impl ConsumerRow {
    pub(crate) fn into_consumer(self, organisation: OrganisationRow) -> Outcome<Consumer> {
        Ok(Consumer {
            key: self.key,
            previous: previous_secret(self.previous_digest, self.previous_until)?,
            token: digest(self.token_digest)?,
            disabled: self.disabled,
            organisation: organisation.into_organisation()?,
        })
    }
}

/// A consumer as it is put: enabled, with one token.
#[derive(Insertable)]
#[diesel(table_name = consumers)]
pub(crate) struct NewConsumer {
    key: String,
    pub(crate) organisation_id: i64,
    created_at: i64,
    pub(crate) token_digest: Vec<u8>,
}

impl NewConsumer {
    pub(crate) fn of(key: &str, token: &TokenDigest, organisation: i64, now: Timestamp) -> Self {
        Self {
            key: key.to_owned(),
            organisation_id: organisation,
            created_at: now.as_millis(),
            token_digest: token.as_bytes().to_vec(),
        }
    }
}

/// An organisation as read and written.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organisations)]
pub(crate) struct OrganisationRow {
    id: i64,
    name: String,
    subdomain: String,
    utc_offset_seconds: i64,
}

impl From<&Organisation> for OrganisationRow {
    fn from(organisation: &Organisation) -> Self {
        Self {
            id: organisation.id,
            name: organisation.name.clone(),
            subdomain: organisation.subdomain.clone(),
            utc_offset_seconds: organisation.utc_offset_seconds.into(),
        }
    }
}

impl OrganisationRow {
    pub(crate) fn into_organisation(self) -> Outcome<Organisation> {
        let offset = i32::try_from(self.utc_offset_seconds);
        Ok(Organisation {
            id: self.id,
            name: self.name,
            subdomain: self.subdomain,
            utc_offset_seconds: offset.map_err(|_| DbError::Corrupt("an organisation's offset is no offset"))?,
        })
    }
}
