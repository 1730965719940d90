//! Any other system, by the tables `accounts` and `tokens`.

use anyhow::{Context, bail};
use auth_core::ImportedDigest;

use super::{
    Columns, Disabled, People, Person, Tokens, label, person, sha256_digits, sha512_digits, shown, token, until, words,
};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "accounts",
        needed: &["id", "login"],
        optional: &["alias", "role", "hash", "disabled", "created_at"],
    },
    created: "created_at",
    hashes: None,
    read: |row| {
        Ok(Person {
            alias: row.text("alias"),
            role: row.text("role"),
            ..person(row, "login", Some("hash"))?
        })
    },
    disabled: |row, _| Ok((row.yes("disabled")? == Some(true)).then_some(Disabled::Inactive)),
    unconfirmed: None,
};

pub(super) const TOKENS: &[Tokens] = &[Tokens {
    columns: Columns {
        table: "tokens",
        needed: &["account", "scheme", "value"],
        optional: &["scopes", "label", "created_at", "expires_at", "last_used_at"],
    },
    created: "created_at",
    read: |row, now| {
        let value = row.needed("value")?;
        let digest = match row.needed("scheme")?.as_str() {
            "sha256" => sha256_digits(&value)?,
            "sha512" => sha512_digits(&value)?,
            "plain" => ImportedDigest::of_text(&value)?,
            other => bail!("its scheme is {}; known are sha256, sha512, plain", shown(other)),
        };
        let mut imported = token(digest, row.needed("account")?, row, "created_at", now)?;
        let scopes = row
            .text("scopes")
            .map(|text| words(&text).context("scopes"))
            .transpose()?;
        imported.scopes = scopes.flatten();
        imported.label = label(row, "label");
        imported.last_used_at = row.time("last_used_at")?;
        until(imported, row.time("expires_at")?, now)
    },
}];
