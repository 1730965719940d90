//! Laravel and Sanctum.

use anyhow::bail;

use super::{Columns, People, Person, Tokens, json_list, sha256_digits, token, until};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "users",
        needed: &["id", "email", "password"],
        optional: &["created_at"],
    },
    hashes: None,
    read: |row| {
        Ok(Person {
            source_id: row.needed("id")?,
            login: row.needed("email")?,
            alias: None,
            role: None,
            hash: row.text("password"),
            disabled: false,
            created_at: row.time("created_at")?,
        })
    },
};

pub(super) const TOKENS: &[Tokens] = &[Tokens {
    columns: Columns {
        table: "personal_access_tokens",
        needed: &["id", "tokenable_type", "tokenable_id", "name", "token", "abilities"],
        optional: &["last_used_at", "expires_at", "created_at"],
    },
    read: |row, now| {
        let kind = row.needed("tokenable_type")?;
        if kind.rsplit('\\').next() != Some("User") {
            bail!("it belongs to a {kind}, which is no user");
        }
        let digest = sha256_digits(&row.needed("token")?)?;
        let mut imported = token(digest, row.needed("tokenable_id")?, row, "created_at", now)?;
        imported.number = row.needed("id")?.parse().ok();
        imported.scopes = json_list(&row.text("abilities").unwrap_or_else(|| "[]".to_owned()))?;
        imported.label = row.text("name");
        imported.last_used_at = row.time("last_used_at")?;
        until(imported, row.time("expires_at")?, now)
    },
}];
