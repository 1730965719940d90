//! The answer to a consumer: every key of the document in its order, with its nulls.

use schemars::JsonSchema;
use serde::Serialize;

use super::time::utc_text;
use crate::answer::Answer;
use crate::corrupt_record::CorruptRecord;
use crate::redacted::Redacted;

/// The whole answer. [`Integration::response`](super::Integration::response) fills it in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TokenResponse<'a> {
    /// The client's token.
    pub token: Redacted<'a>,
    /// The client.
    pub person: Person<'a>,
    /// Always null: a client has no permissions.
    pub permissions_map: Null,
    /// The subdomain of the installation, not of the organisation.
    pub subdomain: &'a str,
    /// The kind of this installation, such as `production`.
    pub environment: &'a str,
    /// The organisation's offset from UTC, in seconds, negative to the west.
    pub organization_timezone_offset: i64,
}

impl TokenResponse<'_> {
    /// The answer: 200 with the document's keys in the document's order.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(200, self)
    }
}

/// A client as the document shows it. Members that are [`Null`] exist for programs written against the document; this
/// system has no values for them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the document names these members and does not explain them")]
pub struct Person<'a> {
    pub id: i64,
    pub name: &'a str,
    pub external_name: Null,
    pub person_status: Null,
    #[schemars(extend("format" = "uri"))]
    pub avatar: &'a str,
    pub avatar_file_name: Null,
    pub client_key_values: [ClientKeyValue<'a>; 2],
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    pub email: &'a str,
    #[schemars(extend("const" = "Client"))]
    pub r#type: &'static str,
    pub organization_id: i64,
    pub roles: Null,
    pub owner: Null,
    pub conversations_feed_order: bool,
    #[schemars(extend("format" = "uri"))]
    pub organization_logo: &'a str,
    pub backup_active: Null,
    pub backup_email: Null,
    pub backup_stay_in: Null,
    pub organization_name: &'a str,
    pub organization_subdomain: &'a str,
    pub description: Null,
    pub granted: bool,
}

impl<'a> Person<'a> {
    pub(super) fn of(
        client: &'a Client<'a>,
        organization: &'a Organization<'a>,
        avatar: &'a str,
    ) -> Result<Self, CorruptRecord> {
        Ok(Self {
            id: client.id,
            name: client.name,
            external_name: Null,
            person_status: Null,
            avatar,
            avatar_file_name: Null,
            client_key_values: [
                ClientKeyValue::of(client, 0, "name", client.name)?,
                ClientKeyValue::of(client, 1, "email", client.email)?,
            ],
            created_at: created_at(client)?,
            email: client.email,
            r#type: "Client",
            organization_id: organization.id,
            roles: Null,
            owner: Null,
            conversations_feed_order: false,
            organization_logo: avatar,
            backup_active: Null,
            backup_email: Null,
            backup_stay_in: Null,
            organization_name: organization.name,
            organization_subdomain: organization.subdomain,
            description: Null,
            granted: false,
        })
    }
}

/// One entry of `client_key_values`: the client's name or e-mail address.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClientKeyValue<'a> {
    /// The client's number.
    pub client_id: i64,
    /// The client's membership of its organisation. A client has exactly one, so this is the client's number too.
    pub clients_organization_id: i64,
    /// When it was stored.
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    /// The number of this entry. Each client has two: 2n - 1 for the name and 2n for the address of client n.
    pub id: i64,
    /// `name` or `email`.
    #[schemars(extend("enum" = ["name", "email"]))]
    pub key: &'a str,
    /// When it was last changed.
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: String,
    /// The name or the address.
    pub value: &'a str,
}

impl<'a> ClientKeyValue<'a> {
    fn of(client: &Client<'_>, index: i64, key: &'a str, value: &'a str) -> Result<Self, CorruptRecord> {
        let out_of_range = CorruptRecord::OutOfRange { member: "id" };
        let before = client.id.checked_sub(1).and_then(|n| n.checked_mul(2));
        let id = before.and_then(|n| n.checked_add(1 + index));
        let created_at = created_at(client)?;
        Ok(Self {
            client_id: client.id,
            clients_organization_id: client.id,
            updated_at: created_at.clone(),
            created_at,
            id: id.ok_or(out_of_range)?,
            key,
            value,
        })
    }
}

fn created_at(client: &Client<'_>) -> Result<String, CorruptRecord> {
    utc_text(client.created_at_ms).ok_or(CorruptRecord::OutOfRange { member: "created_at" })
}

/// A client as stored.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: &'a str,
    /// Its e-mail address, not folded.
    pub email: &'a str,
    /// When it was created, in milliseconds since 1970.
    pub created_at_ms: i64,
}

/// An organisation as stored.
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: &'a str,
    /// Its subdomain.
    pub subdomain: &'a str,
    /// Its offset from UTC, in seconds, negative to the west.
    pub timezone_offset: i64,
}

/// JSON's null.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Null;

#[cfg(test)]
mod tests {
    use crate::integration::Integration;

    use super::*;

    const ORGANIZATION: Organization<'_> = Organization {
        id: 171,
        name: "Ping Pong",
        subdomain: "pingpong",
        timezone_offset: -14400,
    };

    fn client(id: i64, created_at_ms: i64) -> Client<'static> {
        Client {
            id,
            name: "A",
            email: "a@b.dk",
            created_at_ms,
        }
    }

    #[test]
    fn the_key_values_of_different_clients_have_different_ids() {
        let ids = |n| {
            let client = client(n, 0);
            Person::of(&client, &ORGANIZATION, "")
                .unwrap()
                .client_key_values
                .map(|pair| pair.id)
        };
        assert_eq!((ids(1), ids(2), ids(7)), ([1, 2], [3, 4], [13, 14]));
    }

    #[test]
    fn a_client_that_cannot_be_printed_is_corrupt_and_causes_no_panic() {
        let dialect = Integration::new("r", "http://x/");
        for (id, ms, member) in [(i64::MAX, 0, "id"), (i64::MIN, 0, "id"), (1, i64::MAX, "created_at")] {
            let error = dialect.response("t", &client(id, ms), &ORGANIZATION).unwrap_err();
            assert_eq!(error, CorruptRecord::OutOfRange { member });
        }
    }

    #[test]
    fn the_installation_and_the_organisation_have_different_subdomains() {
        let dialect = Integration::new("r", "http://127.0.0.1:8080/")
            .with_subdomain("eu")
            .with_environment("test");
        let client = client(1, 0);
        let response = dialect.response("canary", &client, &ORGANIZATION).unwrap();
        assert_eq!((response.subdomain, response.environment), ("eu", "test"));
        assert_eq!(response.person.organization_subdomain, "pingpong");
        assert_eq!(
            response.person.avatar,
            "http://127.0.0.1:8080/assets/default-avatar.gif"
        );
        assert!(!format!("{response:?}").contains("canary"));
    }
}
