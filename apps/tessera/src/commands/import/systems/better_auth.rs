//! better-auth.

use anyhow::{Context, bail};
use auth_core::ImportedDigest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{Columns, Hashes, People, Person, Tokens, token, until};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "user",
        needed: &["id", "email"],
        optional: &["createdAt"],
    },
    hashes: Some(Hashes {
        columns: Columns {
            table: "account",
            needed: &["userId", "providerId", "password"],
            optional: &[],
        },
        read: |row| match row.text("providerId").as_deref() {
            Some("credential") => row.text("userId").zip(row.text("password")),
            _ => None,
        },
    }),
    read: |row| {
        Ok(Person {
            source_id: row.needed("id")?,
            login: row.needed("email")?,
            alias: None,
            role: None,
            hash: None,
            disabled: false,
            created_at: row.time("createdAt")?,
        })
    },
};

pub(super) const TOKENS: &[Tokens] = &[
    Tokens {
        columns: Columns {
            table: "session",
            needed: &["token", "userId", "expiresAt"],
            optional: &["createdAt", "userAgent"],
        },
        // In plain text there.
        read: |row, now| {
            let digest = ImportedDigest::sha256(&row.needed("token")?);
            let mut imported = token(digest, row.needed("userId")?, row, "createdAt", now)?;
            imported.label = row.text("userAgent");
            until(imported, row.time("expiresAt")?, now)
        },
    },
    Tokens {
        columns: Columns {
            table: "apikey",
            needed: &["key", "expiresAt"],
            optional: &[
                "id",
                "userId",
                "referenceId",
                "enabled",
                "name",
                "createdAt",
                "lastRequest",
            ],
        },
        read: |row, now| {
            if row.yes("enabled") == Some(false) {
                bail!("it is switched off");
            }
            let owner = row.text("userId").or_else(|| row.text("referenceId"));
            let digest = BASE64_URL_SAFE_NO_PAD.decode(row.needed("key")?);
            let digest = digest.context("its digest is no base64: better-auth does not hash the keys")?;
            let digest = ImportedDigest::stored_sha256(&digest)?;
            let mut imported = token(digest, owner.context("it names no user")?, row, "createdAt", now)?;
            imported.label = row.text("name");
            imported.last_used_at = row.time("lastRequest")?;
            until(imported, row.time("expiresAt")?, now)
        },
    },
];
