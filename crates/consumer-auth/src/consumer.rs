//! Organisations, their consumers and their clients.

use auth_core::{Generation, Subject, Timestamp, TokenDigest};

use crate::secret::{PreviousSecret, accepts};

/// An organisation, as its clients see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its subdomain.
    pub subdomain: String,
    /// Its offset from UTC, in seconds.
    pub utc_offset_seconds: i32,
}

impl Organisation {
    /// What is set, in a line for the audit log.
    pub fn summary(&self) -> String {
        let Self {
            name,
            subdomain,
            utc_offset_seconds: offset,
            ..
        } = self;
        format!("name={name:?} subdomain={subdomain} offset={offset}")
    }
}

/// A partner who may vouch for the clients of one organisation. Of its tokens only the digests are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its key: a public name.
    pub key: String,
    /// The digest of its token.
    pub token: TokenDigest,
    /// The token before, while it is accepted beside the new one.
    pub previous: Option<PreviousSecret>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// The organisation whose clients it may vouch for.
    pub organisation: Organisation,
}

impl Consumer {
    /// Whether this is its token, or the one before whose time is not over. Takes the same time wherever they differ.
    pub fn accepts(&self, presented: &TokenDigest, now: Timestamp) -> bool {
        accepts(&self.token, self.previous.as_ref(), presented, now)
    }
}

/// A client of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its number.
    pub subject: Subject,
    /// Its organisation's number.
    pub organisation: i64,
    /// Its e-mail, as first given.
    pub email: String,
    /// Its name, as first given.
    pub name: String,
    /// Its generation now.
    pub generation: Generation,
    /// Whether it is disabled.
    pub disabled: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_before_is_accepted_until_its_end() {
        let at = Timestamp::from_seconds;
        let (new, old) = (TokenDigest::of(b"new"), TokenDigest::of(b"old"));
        let mut consumer = Consumer {
            key: "k".into(),
            token: new,
            previous: Some(PreviousSecret {
                digest: old,
                until: at(10),
            }),
            disabled: false,
            organisation: Organisation {
                id: 1,
                name: String::new(),
                subdomain: String::new(),
                utc_offset_seconds: 0,
            },
        };
        assert!(consumer.accepts(&new, at(9)) && consumer.accepts(&new, at(10)));
        assert!(consumer.accepts(&old, at(9)));
        assert!(!consumer.accepts(&old, at(10)));
        assert!(!consumer.accepts(&TokenDigest::of(b"other"), at(9)));
        consumer.token = old;
        assert!(consumer.accepts(&old, at(9)), "rotated to the same token");
        consumer.token = new;
        consumer.previous = None;
        assert!(!consumer.accepts(&old, at(9)));
    }
}
