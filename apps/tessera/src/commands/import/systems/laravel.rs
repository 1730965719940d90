//! Laravel and Sanctum.

use anyhow::Context;
use auth_core::key_number;

use super::{
    Columns, People, Tokens, Unconfirmed, json_list, label, person, refuse_other_model, sha256_digits, token, until,
};
use crate::commands::import::disabled::{deleted, unconfirmed};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "users",
        needed: &["id", "email", "password"],
        optional: &["created_at", "email_verified_at", "deleted_at"],
    },
    created: "created_at",
    hashes: None,
    read: |row| person(row, "email", Some("password")),
    disabled: |row, rules| Ok(deleted(row).or_else(|| unconfirmed(row, "email_verified_at", rules))),
    // Only routes with the middleware `verified` refuse them.
    unconfirmed: Some(Unconfirmed::Enable),
};

pub(super) const TOKENS: &[Tokens] = &[Tokens {
    columns: Columns {
        table: "personal_access_tokens",
        needed: &["id", "tokenable_type", "tokenable_id", "name", "token", "abilities"],
        optional: &["last_used_at", "expires_at", "created_at"],
    },
    created: "created_at",
    read: |row, now| {
        refuse_other_model(&row.needed("tokenable_type")?)?;
        let digest = sha256_digits(&row.needed("token")?)?;
        let mut imported = token(digest, row.needed("tokenable_id")?, row, "created_at", now)?;
        let number = key_number(&row.needed("id")?);
        imported.number =
            Some(number.context("its id is neither a positive number nor a word of letters, digits, '-' and '_'")?);
        imported.scopes = json_list(&row.text("abilities").unwrap_or_else(|| "[]".to_owned()))?;
        imported.label = label(row, "name");
        imported.last_used_at = row.time("last_used_at")?;
        until(imported, row.time("expires_at")?, now)
    },
}];
