//! Who asked for what is going on, and from where.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use super::entry::{AuditEntry, AuditOutcome};
use super::event::{AuditEvent, Cause};
use crate::contract::clock::{Clock, SystemClock, Timestamp};

/// The longest name of an operator or service, and of a command, in characters.
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: Arc<Provenance>;
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// The server itself: a background task.
    Server,
    /// A client, by a request. The entry's subject says whose account that turned out to be.
    Client,
    /// An administrator: by a command, the system's name for the user; in the console, the operator's login name.
    Operator(String),
    /// A service with credentials of its own, such as a resource server.
    Service(String),
}

impl fmt::Display for Actor {
    /// `server`, `client`, `operator root`, `service billing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("server"),
            Self::Client => f.write_str("client"),
            Self::Operator(name) => write!(f, "operator {}", bounded(name)),
            Self::Service(name) => write!(f, "service {}", bounded(name)),
        }
    }
}

/// Who asked for what is going on, and from where: one value for a request, a command or a run of a background task.
///
/// # Contract
/// Where a request or a command begins, its future is wrapped in [`scope`](Self::scope). A store reads
/// [`current`](Self::current) when one of its methods is called, and writes it into the audit entry. So neither issuers nor
/// strategies nor handlers hand it on, and none can forget to. Outside a scope the actor is [`Actor::Server`].
///
/// Work that is spawned on another task is outside the scope, unless it is wrapped again.
///
/// ```
/// use auth_core::{Actor, Provenance};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let request = Provenance::client("192.0.2.7".parse().expect("an address"), "4f1d");
/// request.scope(async {
///     // Whatever a store writes here is the client's.
///     assert_eq!(Provenance::current().actor, Actor::Client);
/// }).await;
/// assert_eq!(Provenance::current().actor, Actor::Server);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Who acts.
    pub actor: Actor,
    /// The client's address.
    pub source: Option<IpAddr>,
    /// The id of the request, as in the log and in `X-Request-Id`.
    pub request: Option<Arc<str>>,
    /// The command, such as `account disable`.
    pub command: Option<Arc<str>>,
    /// Why something is revoked.
    pub cause: Option<Cause>,
}

impl Provenance {
    /// The server itself.
    pub const SERVER: Self = Self {
        actor: Actor::Server,
        source: None,
        request: None,
        command: None,
        cause: None,
    };

    /// A request of a client.
    pub fn client(source: IpAddr, request: &str) -> Self {
        Self {
            actor: Actor::Client,
            source: Some(source),
            request: Some(request.into()),
            ..Self::SERVER
        }
    }

    /// A command of an administrator.
    pub fn operator(name: &str, command: &str) -> Self {
        Self {
            actor: Actor::Operator(name.to_owned()),
            command: Some(command.into()),
            ..Self::SERVER
        }
    }

    /// The one of the task that asks.
    pub fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self::SERVER))
    }

    /// The same, for something that is revoked for this reason.
    #[must_use]
    pub fn because(&self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self.clone()
        }
    }

    /// The same request, by a service that has shown who it is.
    #[must_use]
    pub fn of_service(&self, name: &str) -> Self {
        Self {
            actor: Actor::Service(name.to_owned()),
            ..self.clone()
        }
    }

    /// The same request, by an operator who is signed in, who does what this command does.
    #[must_use]
    pub fn of_operator(&self, name: &str, command: &str) -> Self {
        Self {
            actor: Actor::Operator(name.to_owned()),
            command: Some(command.into()),
            ..self.clone()
        }
    }

    /// Runs a future with this as the current one.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Arc::new(self), future)
    }

    /// An entry of this actor, for something that was done.
    pub fn entry(&self, event: AuditEvent, at: Timestamp) -> AuditEntry {
        AuditEntry {
            at,
            event: event.as_str().into(),
            outcome: AuditOutcome::Done.as_str().into(),
            actor: self.actor.to_string(),
            command: self.command.as_deref().map(bounded),
            source: self.source.map(|source| source.to_string()),
            request: self.request.as_deref().map(bounded),
            realm: None,
            flavour: None,
            subject: None,
            token: None,
            detail: None,
        }
    }

    /// The same, for an operation of a port that has no time of its own: at the system's time.
    pub fn entry_now(&self, event: AuditEvent) -> AuditEntry {
        self.entry(event, SystemClock::new().now())
    }

    /// The entry of a revocation: [`AuditEvent::RefreshReused`] where that was the cause.
    pub fn revocation(&self, at: Timestamp) -> AuditEntry {
        match self.cause {
            Some(Cause::Reuse) => self
                .entry(AuditEvent::RefreshReused, at)
                .with_outcome(AuditOutcome::Refused),
            Some(cause) => self.entry(AuditEvent::TokenRevoked, at).detail(cause.as_str()),
            None => self.entry(AuditEvent::TokenRevoked, at),
        }
    }
}

/// A short text without control characters.
pub(super) fn bounded(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .take(LONGEST)
        .collect()
}
