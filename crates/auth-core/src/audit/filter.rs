//! Which entries a reader wants.

use crate::contract::clock::Timestamp;

/// What an entry must be like. What is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// At this moment or later.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// The word of an event.
    pub event: Option<String>,
    /// The word of an outcome.
    pub outcome: Option<String>,
    /// The number of an account.
    pub subject: Option<i64>,
    /// The number of a token or session.
    pub token: Option<i64>,
    /// The name of a realm.
    pub realm: Option<String>,
    /// The name of a flavour.
    pub flavour: Option<String>,
    /// A client's address, as it is written.
    pub source: Option<String>,
    /// The id of a request.
    pub request: Option<String>,
}

impl AuditFilter {
    /// Whether an entry is wanted. A store may ask its database instead.
    pub fn wants(&self, entry: &super::AuditEntry) -> bool {
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        self.since.is_none_or(|since| since <= entry.at)
            && self.until.is_none_or(|until| entry.at < until)
            && is(self.event.as_deref(), Some(&*entry.event))
            && is(self.outcome.as_deref(), Some(&*entry.outcome))
            && is(self.subject.as_ref(), entry.subject.as_ref())
            && is(self.token.as_ref(), entry.token.as_ref())
            && is(self.realm.as_deref(), entry.realm.as_deref())
            && is(self.flavour.as_deref(), entry.flavour.as_deref())
            && is(self.source.as_deref(), entry.source.as_deref())
            && is(self.request.as_deref(), entry.request.as_deref())
    }
}
