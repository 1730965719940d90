//! A signing key as a row.

use auth_core::Timestamp;
use diesel::prelude::*;
use keystore::{KeyPurpose, StoredKey};

use crate::schema::vault;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = vault)]
pub(crate) struct KeyRow {
    name: String,
    purpose: String,
    sealed: Vec<u8>,
    created_at: i64,
    activates_at: i64,
    retires_at: Option<i64>,
}

impl From<&StoredKey> for KeyRow {
    fn from(key: &StoredKey) -> Self {
        Self {
            name: key.name.clone(),
            purpose: key.purpose.as_str().to_owned(),
            sealed: key.sealed.clone(),
            created_at: key.created_at.as_millis(),
            activates_at: key.activates_at.as_millis(),
            retires_at: key.retires_at.map(Timestamp::as_millis),
        }
    }
}

impl From<KeyRow> for StoredKey {
    fn from(row: KeyRow) -> Self {
        Self {
            name: row.name,
            purpose: KeyPurpose::from_stored(&row.purpose),
            sealed: row.sealed,
            created_at: Timestamp::from_millis(row.created_at),
            activates_at: Timestamp::from_millis(row.activates_at),
            retires_at: row.retires_at.map(Timestamp::from_millis),
        }
    }
}
