//! better-auth.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use auth_core::{ImportedDigest, Scopes};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{Columns, Hashes, People, Tokens, Unconfirmed, label, named, person, token, until};
use crate::commands::import::disabled::{banned, unless_confirmed};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "user",
        needed: &["id", "email"],
        // The plugin `admin` bans people.
        optional: &["createdAt", "banned", "banExpires", "emailVerified"],
    },
    created: "createdAt",
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
    read: |row| person(row, "email", None),
    disabled: |row, rules| {
        let is_confirmed = row.yes("emailVerified")?.unwrap_or(!row.has("emailVerified"));
        Ok(banned(row, rules)?.or_else(|| unless_confirmed(is_confirmed, rules)))
    },
    unconfirmed: Some(Unconfirmed::Enable),
};

pub(super) const TOKENS: &[Tokens] = &[
    Tokens {
        columns: Columns {
            table: "session",
            needed: &["token", "userId", "expiresAt"],
            optional: &["createdAt", "userAgent"],
        },
        created: "createdAt",
        // In plain text there.
        read: |row, now| {
            let digest = ImportedDigest::of_text(&row.needed("token")?)?;
            let mut imported = token(digest, row.needed("userId")?, row, "createdAt", now)?;
            imported.label = label(row, "userAgent");
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
                "permissions",
                "remaining",
            ],
        },
        created: "createdAt",
        read: |row, now| {
            if row.yes("enabled")? == Some(false) {
                bail!("it is switched off");
            }
            if let Some(uses) = row.text("remaining") {
                bail!("it may be used {uses} times more, which is not counted here");
            }
            let owner = row.text("userId").or_else(|| row.text("referenceId"));
            let digest = BASE64_URL_SAFE_NO_PAD.decode(row.needed("key")?);
            let digest = digest.context("its digest is no base64: better-auth does not hash the keys")?;
            let digest = ImportedDigest::stored_sha256(&digest)?;
            let mut imported = token(digest, owner.context("it names no user")?, row, "createdAt", now)?;
            imported.scopes = row.text("permissions").map(|text| rights(&text)).transpose()?.flatten();
            imported.label = label(row, "name");
            imported.last_used_at = row.time("lastRequest")?;
            until(imported, row.time("expiresAt")?, now)
        },
    },
];

/// Actions by resource, a JSON object of arrays: `{"files":["read"]}` is the permission `files:read`. `None` for null: the key is not
/// restricted.
fn rights(text: &str) -> anyhow::Result<Option<Scopes>> {
    let read: Option<BTreeMap<String, Vec<String>>> =
        serde_json::from_str(text).context("its permissions are no object")?;
    let Some(read) = read else {
        return Ok(None);
    };
    let names = read
        .iter()
        .flat_map(|(resource, actions)| actions.iter().map(move |action| format!("{resource}:{action}")));
    let names: Vec<String> = names.collect();
    named(names.iter().map(String::as_str))
}
