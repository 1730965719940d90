//! Rails: Devise and Doorkeeper.

use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::ImportedDigest;

use super::{
    Columns, People, Tokens, Unconfirmed, is_set, person, refuse_other_model, sha256_digits, token, until, words,
};
use crate::commands::import::disabled::{deleted, locked, unconfirmed};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "users",
        needed: &["id", "email", "encrypted_password"],
        // Each is of a module of Devise, or of those that keep rows of who was deleted.
        optional: &["created_at", "locked_at", "confirmed_at", "deleted_at"],
    },
    created: "created_at",
    hashes: None,
    read: |row| person(row, "email", Some("encrypted_password")),
    disabled: |row, rules| {
        let is_locked = locked(row, rules)?;
        Ok(deleted(row)
            .or(is_locked)
            .or_else(|| unconfirmed(row, "confirmed_at", rules)))
    },
    unconfirmed: Some(Unconfirmed::Disable),
};

pub(super) const TOKENS: &[Tokens] = &[Tokens {
    columns: Columns {
        table: "oauth_access_tokens",
        needed: &[
            "id",
            "resource_owner_id",
            "token",
            "expires_in",
            "scopes",
            "created_at",
            "revoked_at",
        ],
        // Where owners may be of several models.
        optional: &["resource_owner_type"],
    },
    created: "created_at",
    read: |row, now| {
        if is_set(row, "revoked_at") {
            bail!("it was revoked");
        }
        let owner = row
            .text("resource_owner_id")
            .context("it belongs to an application, not to a user")?;
        if let Some(model) = row.text("resource_owner_type") {
            refuse_other_model(&model)?;
        }
        let text = row.needed("token")?;
        // In plain text, or as a digest where Doorkeeper hashes tokens.
        let digest = sha256_digits(&text).or_else(|_| ImportedDigest::of_text(&text))?;
        let mut imported = token(digest, owner, row, "created_at", now)?;
        imported.scopes = words(&row.text("scopes").unwrap_or_default())?;
        let seconds = row
            .text("expires_in")
            .map(|text| text.parse().context("expires_in is no number"));
        let life = seconds.transpose()?.map(Duration::from_secs);
        if life.is_some() {
            row.time("created_at").context("its end is counted from created_at")?;
        }
        let end = life.map(|life| imported.issued_at.plus(life));
        until(imported, end, now)
    },
}];
