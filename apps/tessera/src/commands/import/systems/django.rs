//! Django: django-rest-knox, and the authtoken of Django REST framework.

use auth_core::ImportedDigest;

use super::{Columns, Disabled, People, Tokens, person, sha512_digits, token, until};

pub(super) const PEOPLE: People = People {
    columns: Columns {
        table: "auth_user",
        needed: &["id", "username", "password", "is_active"],
        optional: &["date_joined"],
    },
    created: "date_joined",
    hashes: None,
    read: |row| person(row, "username", Some("password")),
    disabled: |row, _| Ok((row.yes("is_active")? != Some(true)).then_some(Disabled::Inactive)),
    unconfirmed: None,
};

pub(super) const TOKENS: &[Tokens] = &[
    Tokens {
        columns: Columns {
            table: "knox_authtoken",
            needed: &["digest", "user_id", "created", "expiry"],
            optional: &[],
        },
        created: "created",
        read: |row, now| {
            let digest = sha512_digits(&row.needed("digest")?)?;
            let imported = token(digest, row.needed("user_id")?, row, "created", now)?;
            until(imported, row.time("expiry")?, now)
        },
    },
    Tokens {
        columns: Columns {
            table: "authtoken_token",
            needed: &["key", "user_id", "created"],
            optional: &[],
        },
        created: "created",
        // In plain text there.
        read: |row, now| {
            let digest = ImportedDigest::of_text(&row.needed("key")?)?;
            token(digest, row.needed("user_id")?, row, "created", now)
        },
    },
];
