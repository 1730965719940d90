//! The server is asked about each token (RFC 7662), and its answers are kept for a moment.

mod answers;
mod asking;
mod failure;
mod flight;
mod question;
mod response;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::{Clock, SystemClock, UnknownTokens};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::error::SetupError;
use crate::health::Health;
use crate::server::{CallLimits, Server};
use crate::verifier::{RemoteVerifier, Source};
use answers::{Answers, Limits};
pub(crate) use asking::Introspection;
use asking::Shared;

/// The largest number of calls at once.
const MOST_AT_ONCE: usize = 10_000;

/// How many questions may be under way, those that wait included, for each one that is asked at once.
const UNDER_WAY_FOR_EACH: usize = 16;

/// Where and how the server is asked about a token (RFC 7662), for any flavour: opaque and signed tokens alike.
///
/// ```
/// use auth_remote::{IntrospectionSource, RemoteVerifier, SetupError};
///
/// fn verifier(secret: String) -> Result<RemoteVerifier, SetupError> {
///     IntrospectionSource::new("https://auth.example/oauth/introspect", "games-api", secret).verifier("device")
/// }
/// ```
///
/// # Contract
/// * An accepted token is asked about again after [`fresh_for`](Self::fresh_for), and never accepted from its `exp` on. So a
///   revocation, and a permission that its owner has lost, is seen within that time.
/// * However many requests carry one token at once, one call is made. How many calls are made at once, how many wait, how many
///   answers are kept, how long an answer may be and how long it may take are bounded.
/// * Where the server does not answer, tokens are [`Unavailable`](auth_core::Unavailable) (503), except those that are kept for
///   [`stale_for`](Self::stale_for).
/// * What can be no token is rejected (401) without a question: what is not visible ASCII, or longer than 8 KiB, or with its key
///   longer than 15 KiB when it is form-encoded.
///
/// # Security
/// Tokens are kept as SHA-256 digests, together with what was asked about them. The server's answer must name the token's
/// flavour, and a verifier rejects the tokens of all flavours but its own.
#[derive(Clone, Debug)]
pub struct IntrospectionSource {
    url: String,
    id: String,
    secret: SecretString,
    limits: Limits,
    calls: CallLimits,
    concurrency: usize,
    clock: Arc<dyn Clock>,
}

impl IntrospectionSource {
    /// The endpoint, and the resource server's credentials.
    pub fn new(url: &str, id: &str, secret: impl Into<SecretString>) -> Self {
        Self {
            url: url.to_owned(),
            id: id.to_owned(),
            secret: secret.into(),
            limits: Limits::default(),
            calls: CallLimits {
                timeout: Duration::from_secs(3),
                most_bytes: 64 * 1024,
                roots: None,
            },
            concurrency: 32,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// How long an accepted token is accepted without another question. 5 s by default. With zero each is asked
    /// about, but those that come while a question about the same token is under way share its answer.
    #[must_use]
    pub fn fresh_for(mut self, time: Duration) -> Self {
        self.limits.fresh_for = time;
        self
    }

    /// How long an inactive token is rejected without another question. 5 s by default; zero asks each time.
    #[must_use]
    pub fn inactive_for(mut self, time: Duration) -> Self {
        self.limits.inactive_for = time;
        self
    }

    /// How much longer than [`fresh_for`](Self::fresh_for) an accepted token is accepted while the server does not answer.
    /// Zero by default. Not to answer is to be unreachable, to take longer than the [`timeout`](Self::timeout), or to answer 5xx.
    ///
    /// # Security
    /// For this long, a revocation is not seen where the server does not answer. The holder of a token cannot bring this about by
    /// asking too much: what this service or the server refuses for that (429) is 503 here.
    #[must_use]
    pub fn stale_for(mut self, time: Duration) -> Self {
        self.limits.stale_for = time;
        self
    }

    /// How many answers are kept, half of them at most about inactive tokens. 20,000 by default.
    #[must_use]
    pub fn entries(mut self, most: usize) -> Self {
        self.limits.entries = most;
        self
    }

    /// How many calls are made at once: 1 to 10,000, by default 32. At most 16 times as many questions are under way, those that
    /// wait included, and half of these for one client. Further ones are answered 503.
    #[must_use]
    pub fn concurrency(mut self, most: usize) -> Self {
        self.concurrency = most;
        self
    }

    /// How long a call may take. 3 s by default. A question may take three times as long: it waits for its turn, and is asked
    /// once more where the connection broke.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.calls.timeout = time;
        self
    }

    /// The root certificates to verify the server by, in PEM, in place of the machine's.
    #[must_use]
    pub fn root_certificates(mut self, pem: &str) -> Self {
        self.calls.roots = Some(pem.to_owned());
        self
    }

    /// The clock; `auth_core::testing::ManualClock` in tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The verifier of one flavour's tokens. Nothing is asked yet.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn verifier(self, flavour: &str) -> Result<RemoteVerifier, SetupError> {
        let shared = self.shared()?;
        Ok(of_flavour(&shared, flavour))
    }

    /// The verifiers of several flavours' tokens, each a scheme of one `Authenticator`. They share their answers: one call
    /// finds out which flavour a token is of.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn verifiers<const N: usize>(self, flavours: [&str; N]) -> Result<[RemoteVerifier; N], SetupError> {
        let shared = self.shared()?;
        Ok(flavours.map(|flavour| of_flavour(&shared, flavour)))
    }

    fn shared(self) -> Result<Arc<Shared>, SetupError> {
        let runtime = Handle::try_current().map_err(|_| SetupError::NoRuntime)?;
        if !(1..=MOST_AT_ONCE).contains(&self.concurrency) {
            return Err(SetupError::Setting {
                setting: "the number of calls at once",
                allowed: "is 1 to 10,000",
            });
        }
        let server = Server::new(&self.url, &self.calls)?;
        Ok(Arc::new(Shared {
            authorization: basic(&self.id, &self.secret)?,
            health: Health::new(server.url(), self.clock.clone()),
            server,
            id: self.id,
            permits: Semaphore::new(self.concurrency),
            most_under_way: self.concurrency * UNDER_WAY_FOR_EACH,
            timeout: self.calls.timeout,
            unknown: UnknownTokens::new(self.clock.clone()),
            answers: Mutex::new(Answers::new(self.limits)),
            clock: self.clock,
            runtime,
        }))
    }
}

fn of_flavour(shared: &Arc<Shared>, flavour: &str) -> RemoteVerifier {
    RemoteVerifier::over(Source::Introspection(Introspection::new(shared.clone(), flavour)))
}

/// HTTP Basic with both parts form-encoded (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &SecretString) -> Result<HeaderValue, SetupError> {
    let encoded = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    let (id, secret) = (encoded(id), encoded(secret.expose_secret()));
    let pair = Zeroizing::new(format!("{}:{}", *id, *secret));
    let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let refused = |_| SetupError::Setting {
        setting: "the resource server's id or secret",
        allowed: "is too long for a header",
    };
    let mut value = HeaderValue::from_str(&value).map_err(refused)?;
    value.set_sensitive(true);
    Ok(value)
}
