//! Rows of resource servers.

use auth_core::Timestamp;
use consumer_auth::{Audience, ResourceServer};
use diesel::prelude::*;

use super::{digest, previous_secret};
use crate::error::{DbError, Outcome};
use crate::schema::resource_servers;

/// A resource server as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = resource_servers)]
pub(crate) struct ResourceServerRow {
    id: String,
    secret_digest: Vec<u8>,
    previous_digest: Option<Vec<u8>>,
    previous_until: Option<i64>,
    flavours: Option<String>,
    disabled: bool,
    created_at: i64,
}

impl ResourceServerRow {
    pub(crate) fn into_resource_server(self) -> Outcome<ResourceServer> {
        Ok(ResourceServer {
            id: self.id,
            secret: digest(self.secret_digest)?,
            previous: previous_secret(self.previous_digest, self.previous_until)?,
            disabled: self.disabled,
            audience: audience(self.flavours.as_deref())?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// A JSON list of the flavours' names; `None`: all.
pub(crate) fn audience_text(audience: &Audience) -> Option<String> {
    match audience {
        Audience::All => None,
        Audience::Flavours(names) => Some(serde_json::json!(names).to_string()),
    }
}

fn audience(text: Option<&str>) -> Outcome<Audience> {
    let Some(text) = text else {
        return Ok(Audience::All);
    };
    let names = serde_json::from_str(text);
    let names = names.map_err(|_| DbError::Corrupt("a resource server's flavours are no list of names"))?;
    Ok(Audience::Flavours(names))
}
