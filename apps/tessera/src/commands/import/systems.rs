//! What is known of each system: its tables, their columns, and what becomes of a row.

mod better_auth;
mod django;
mod laravel;
mod plain;
mod rails;

use anyhow::{Context, bail};
use auth_core::{ImportedDigest, Scopes, Timestamp, TokenImport};
use clap::ValueEnum;
use permissions::parse_permission;
use serde_json::Value;

use super::digits::unhex;
use super::disabled::Disabled;
use super::row::{Row, cut, shown};
use super::rules::{Rules, Unconfirmed};
use super::source::Columns;

/// How many characters of a label are kept, before the mark that it was longer.
const LONGEST_LABEL: usize = 254;

/// A system that can be moved in from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// Laravel with Sanctum: users, personal_access_tokens.
    Laravel,
    /// Django with django-rest-knox, and with the authtoken of Django REST framework.
    Django,
    /// Rails with Devise and Doorkeeper: users, oauth_access_tokens.
    Rails,
    /// better-auth: user, account, session, apikey.
    BetterAuth,
    /// Any other, by the tables accounts and tokens.
    Plain,
}

/// A person of the other system.
#[derive(Debug)]
pub struct Person {
    pub source_id: String,
    pub login: String,
    pub alias: Option<String>,
    pub role: Option<String>,
    /// The hash as the other system has it.
    pub hash: Option<String>,
    /// Why they may not sign in there.
    pub disabled: Option<Disabled>,
    pub created_at: Option<Timestamp>,
}

/// Where hashes are that are in a table of their own: its columns, the owner's, the hash's, and which rows count.
#[derive(Clone, Copy, Debug)]
pub struct Hashes {
    pub columns: Columns,
    pub read: fn(&Row) -> Option<(String, String)>,
}

/// A table of people.
#[derive(Clone, Copy, Debug)]
pub struct People {
    pub columns: Columns,
    /// The column that says since when somebody is there.
    pub created: &'static str,
    pub hashes: Option<Hashes>,
    pub read: fn(&Row) -> anyhow::Result<Person>,
    /// Why a person may not sign in there, if so.
    pub disabled: fn(&Row, &Rules) -> anyhow::Result<Option<Disabled>>,
    /// What the system does, unless it is set otherwise, with people who never confirmed their address; `None`: nobody has to.
    pub unconfirmed: Option<Unconfirmed>,
}

/// A table of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    pub columns: Columns,
    /// The column that says since when a token is there.
    pub created: &'static str,
    /// `now` is the time of the import.
    pub read: fn(&Row, Timestamp) -> anyhow::Result<TokenImport>,
}

impl People {
    /// Somebody, and whether they may sign in there.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn person(self, row: &Row, rules: &Rules) -> anyhow::Result<Person> {
        let person = (self.read)(row)?;
        let disabled = (self.disabled)(row, rules)?;
        Ok(Person {
            disabled,
            // Nothing is decided by it, so one that cannot be read refuses nobody.
            created_at: row.time(self.created).ok().flatten(),
            ..person
        })
    }
}

impl System {
    /// Its name, for the command's output and the audit log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Laravel => "laravel",
            Self::Django => "django",
            Self::Rails => "rails",
            Self::BetterAuth => "better-auth",
            Self::Plain => "plain",
        }
    }

    pub fn people(self) -> People {
        match self {
            Self::Laravel => laravel::PEOPLE,
            Self::Django => django::PEOPLE,
            Self::Rails => rails::PEOPLE,
            Self::BetterAuth => better_auth::PEOPLE,
            Self::Plain => plain::PEOPLE,
        }
    }

    pub fn tokens(self) -> &'static [Tokens] {
        match self {
            Self::Laravel => laravel::TOKENS,
            Self::Django => django::TOKENS,
            Self::Rails => rails::TOKENS,
            Self::BetterAuth => better_auth::TOKENS,
            Self::Plain => plain::TOKENS,
        }
    }
}

/// A person by the columns of the login name and the hash, if the table has one.
fn person(row: &Row, login: &str, hash: Option<&str>) -> anyhow::Result<Person> {
    Ok(Person {
        source_id: row.needed("id")?,
        login: row.needed(login)?,
        alias: None,
        role: None,
        hash: hash.and_then(|hash| row.text(hash)),
        disabled: None,
        created_at: None,
    })
}

/// Refuses a token whose owner is of another model than `User`: its key may be the key of a user too. A morph map of Laravel may
/// name the model `user`.
fn refuse_other_model(model: &str) -> anyhow::Result<()> {
    let name = model.rsplit(['\\', ':']).next();
    match name.is_some_and(|name| name.eq_ignore_ascii_case("User")) {
        true => Ok(()),
        false => bail!("it belongs to a {}, which is no user", shown(model)),
    }
}

/// A label, of at most as many characters as the label of a sign-in may have.
fn label(row: &Row, column: &str) -> Option<String> {
    let text = row.text(column)?;
    Some(cut(&text, LONGEST_LABEL).into_owned())
}

/// A token of `owner`, issued when `created` says, or now.
fn token(
    digest: ImportedDigest,
    owner: String,
    row: &Row,
    created: &str,
    now: Timestamp,
) -> anyhow::Result<TokenImport> {
    Ok(TokenImport {
        digest,
        number: None,
        owner,
        scopes: None,
        label: None,
        // Nothing is decided by it, except where an end is counted from it.
        issued_at: row.time(created).ok().flatten().unwrap_or(now),
        expires_at: None,
        last_used_at: None,
    })
}

/// The same with an end, which must not have passed.
pub fn until(token: TokenImport, end: Option<Timestamp>, now: Timestamp) -> anyhow::Result<TokenImport> {
    if end.is_some_and(|end| end <= now) {
        bail!("it has expired");
    }
    Ok(TokenImport {
        expires_at: end,
        ..token
    })
}

fn sha256_digits(digits: &str) -> anyhow::Result<ImportedDigest> {
    let bytes = unhex(digits).context("its digest is not in hexadecimal digits")?;
    Ok(ImportedDigest::stored_sha256(&bytes)?)
}

fn sha512_digits(digits: &str) -> anyhow::Result<ImportedDigest> {
    let bytes = unhex(digits).context("its digest is not in hexadecimal digits")?;
    Ok(ImportedDigest::stored_sha512(&bytes)?)
}

/// Permissions in a JSON array; `None` for `*`, all of them.
fn json_list(text: &str) -> anyhow::Result<Option<Scopes>> {
    let list: Vec<String> = serde_json::from_str(text).context("its permissions are no list")?;
    named(list.iter().map(String::as_str))
}

/// Permissions with blanks between them.
fn words(text: &str) -> anyhow::Result<Option<Scopes>> {
    named(text.split_ascii_whitespace())
}

fn named<'a>(names: impl Iterator<Item = &'a str> + Clone) -> anyhow::Result<Option<Scopes>> {
    if names.clone().any(|name| name == "*") {
        return Ok(None);
    }
    let read = names.map(|name| parse_permission(name).with_context(|| format!("its permission {}", shown(name))));
    read.collect::<anyhow::Result<Scopes>>().map(Some)
}

/// Whether a value is there that is not null, 0 or empty.
fn is_set(row: &Row, column: &str) -> bool {
    !matches!(row.0.get(column), None | Some(Value::Null)) && row.text(column).is_some_and(|text| text != "0")
}
