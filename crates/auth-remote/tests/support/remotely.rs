//! Issuers whose tokens a remote verifier checks, for the testkit.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Capabilities, Grant, IssueError, IssuedToken, Issuer, Lifetime, PresentedToken, RevokeError, Timestamp, TokenId,
    VerifiedToken, Verifier, VerifyError,
};
use auth_remote::{IntrospectionSource, KeySetSource, RemoteVerifier};
use testkit::Parts;
use token_jwt::{JwtIssuer, VerifyingKey};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::stub::{Asked, Reply, Stub};

/// The laws let years pass at once, in which no key is fetched.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// No answer is late, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// An issuer whose tokens are checked by a remote verifier.
struct Remotely {
    issuer: Arc<dyn Issuer>,
    remote: RemoteVerifier,
    _server: Stub,
}

/// Asks about every token each time, so that what has changed is seen at once.
pub(crate) fn introspected(issuer: Arc<dyn Issuer>, parts: &Parts) -> Arc<dyn Issuer> {
    let of_server = issuer.clone();
    let server = Stub::start(move |asked| answer(of_server.clone(), asked));
    let url = server.url("/oauth/introspect");
    let source = IntrospectionSource::new(&url, "rs", "a canary secret of rs".to_owned())
        .clock(parts.clock.clone())
        .fresh_for(Duration::ZERO)
        .inactive_for(Duration::ZERO)
        .timeout(PATIENCE);
    Arc::new(Remotely {
        issuer,
        remote: source.verifier(&parts.flavour).expect("a verifier"),
        _server: server,
    })
}

/// Checks with the keys of its flavour in a set of several.
pub(crate) fn with_fetched_keys(issuer: JwtIssuer, keys: &[(&str, VerifyingKey)], parts: &Parts) -> Arc<dyn Issuer> {
    let server = Stub::always(Reply::new(200, published(keys)));
    let source = KeySetSource::new(&server.url("/.well-known/jwks.json"), issuer.config().clone())
        .clock(parts.clock.clone())
        .fail_after(CENTURY)
        .timeout(PATIENCE);
    let started = block_in_place(|| Handle::current().block_on(source.start()));
    Arc::new(Remotely {
        issuer: Arc::new(issuer),
        remote: started.expect("a verifier"),
        _server: server,
    })
}

/// The keys as a server publishes them, each with its flavour.
fn published(keys: &[(&str, VerifyingKey)]) -> String {
    let of_flavour = |(flavour, key): &(&str, VerifyingKey)| {
        let mut jwk: serde_json::Value = serde_json::from_str(&key.to_jwk().expect("public")).expect("JSON");
        jwk["flavour"] = (*flavour).into();
        jwk
    };
    serde_json::json!({"keys": keys.iter().map(of_flavour).collect::<Vec<_>>()}).to_string()
}

/// As `/oauth/introspect` answers.
async fn answer(issuer: Arc<dyn Issuer>, asked: Asked) -> Reply {
    let form: HashMap<String, String> = form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let presented = PresentedToken {
        text: &form["token"],
        key: form.get("key").map(String::as_str),
        source: None,
    };
    match issuer.verify(&presented).await {
        Ok(token) => Reply::new(200, active(&token)),
        Err(VerifyError::Rejected(_)) => Reply::new(200, r#"{"active":false}"#),
        Err(_) => Reply::new(503, ""),
    }
}

fn active(token: &VerifiedToken) -> String {
    let mut members = serde_json::json!({
        "active": true,
        "sub": token.subject().to_string(),
        "scope": token.scopes().to_string(),
        "flavour": &**token.flavour(),
        "realm": token.realm().as_str(),
        "token_id": token.id().to_string(),
        "sid": token.session().to_string(),
    });
    if let Some(end) = token.expires_at() {
        members["exp"] = end.as_seconds().into();
    }
    members.to_string()
}

impl fmt::Debug for Remotely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.issuer, self.remote)
    }
}

#[async_trait]
impl Verifier for Remotely {
    fn flavour(&self) -> &str {
        self.remote.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        self.issuer.capabilities()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.remote.verify(presented).await
    }
}

#[async_trait]
impl Issuer for Remotely {
    fn lifetime(&self) -> Lifetime {
        self.issuer.lifetime()
    }

    /// With the end that a remote verifier learns: `exp` is in whole seconds, on the wire and in claims.
    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        let mut issued = self.issuer.issue(grant).await?;
        issued.expires_at = issued.expires_at.map(Timestamp::floor_to_second);
        Ok(issued)
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        self.issuer.revoke(id).await
    }
}
