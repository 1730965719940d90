//! `/self/…`: what people do with their own sessions, with a token of theirs; and `/leaked-tokens`. Off unless configured.

mod leaked;
mod password;
mod sessions;
mod tokens;

use std::sync::Arc;

use actix_web::http::header::HeaderName;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use anyhow::bail;
use auth_actix::{Authenticator, ExpiryNotice, Head, RejectedRequest, RejectionKind};
use auth_core::{
    PasswordPolicy, PasswordSetter, Subject, TokenId, TokenRegistry, TokenService, TokenSummary, VerifiedToken,
    VerifyError,
};
use chrono::{DateTime, SecondsFormat};
use dialects::description::Operation;
use dialects::self_service::SelfService;
use dialects::{Answer, Endpoint, RequestRejection};

use crate::composition::Composition;
use crate::config::SelfServiceSettings;
use crate::http::{Body, FixedRoute, HandlerError, Routes, endpoint, respond};
use crate::parts::ServerParts;

use leaked::LeakedTokens;

/// One flavour whose tokens may manage the sessions of their owner.
#[derive(Debug)]
pub(crate) struct OwnFlavour {
    name: String,
    tokens: TokenService,
}

impl OwnFlavour {
    pub(crate) fn new(name: &str, tokens: TokenService) -> Self {
        Self {
            name: name.to_owned(),
            tokens,
        }
    }

    /// One whose sessions are recorded and can end.
    pub(crate) fn revocable(name: &str, tokens: &TokenService) -> anyhow::Result<Self> {
        let can = tokens.issuer().capabilities();
        match can.revocable && can.recorded {
            true => Ok(Self::new(name, tokens.clone())),
            false => bail!(
                "self_service.flavours = {name}: its tokens leave no record and cannot be revoked; allowed are flavours whose \
                 tokens can"
            ),
        }
    }
}

/// The paths that are answered with these settings.
pub(crate) fn paths(settings: &SelfServiceSettings) -> Vec<String> {
    let own = SelfServiceEndpoints::paths();
    let own = own.into_iter().filter(|_| !settings.flavours.is_empty());
    let leaked = settings.leak_reports.then(|| SelfService::LEAKED.to_owned());
    own.chain(leaked).collect()
}

/// The routes of these settings. `leaking`: all flavours, each without the keys that some tokens are bound to.
pub(crate) fn routes(
    settings: &SelfServiceSettings,
    own: Vec<OwnFlavour>,
    leaking: Vec<OwnFlavour>,
    made: &Composition,
) -> Vec<FixedRoute> {
    let mut routes = match own.is_empty() {
        true => Vec::new(),
        false => Arc::new(SelfServiceEndpoints::new(own, made)).routes(),
    };
    if settings.leak_reports {
        routes.push(Arc::new(LeakedTokens::new(leaking, made.registry.clone(), made.server.clone())).route());
    }
    routes
}

/// [`ExpiryNotice::TOKEN_EXPIRES_AT`].
const TOKEN_EXPIRES_AT: HeaderName = HeaderName::from_static("token-expires-at");

/// The endpoints.
#[derive(Debug)]
pub(crate) struct SelfServiceEndpoints {
    format: Arc<SelfService>,
    flavours: Vec<OwnFlavour>,
    server: Arc<ServerParts>,
    passwords: PasswordSetter,
    registry: Arc<TokenRegistry>,
}

/// Who calls, with which flavour's token.
struct OwnCaller<'a> {
    token: VerifiedToken,
    tokens: &'a TokenService,
}

/// Each act is done for its caller alone.
type Act = for<'a> fn(Call<'a>) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer, HandlerError>> + 'a>>;

/// One request of a caller who has shown a token.
struct Call<'a> {
    endpoints: &'a SelfServiceEndpoints,
    caller: OwnCaller<'a>,
    /// The caller's session.
    own: TokenSummary,
    request: &'a HttpRequest,
    body: Option<Body>,
}

impl SelfServiceEndpoints {
    pub(crate) fn new(flavours: Vec<OwnFlavour>, made: &Composition) -> Self {
        Self {
            format: Arc::new(SelfService::default()),
            flavours,
            server: made.server.clone(),
            passwords: PasswordSetter::new(
                made.server.stores.passwords.clone(),
                made.hasher.clone(),
                made.clock.clone(),
                PasswordPolicy::default(),
            ),
            registry: made.registry.clone(),
        }
    }

    /// The paths that they answer.
    pub(crate) fn paths() -> [String; 6] {
        Self::acts().map(|(endpoint, ..)| endpoint.path(SelfService::PATH))
    }

    /// Each endpoint: whether it reads a body, and what it does.
    fn acts() -> [(Endpoint, bool, Act); 6] {
        [
            (SelfService::LIST, true, |call| Box::pin(sessions::list(call))),
            (SelfService::END, true, |call| Box::pin(sessions::end(call))),
            (SelfService::END_OTHERS, false, |call| {
                Box::pin(sessions::end_others(call))
            }),
            (SelfService::PASSWORD, true, |call| Box::pin(password::change(call))),
            (SelfService::CREATE, true, |call| Box::pin(tokens::create(call))),
            (SelfService::ROTATE, true, |call| Box::pin(tokens::rotate(call))),
        ]
    }

    /// The routes, with their descriptions.
    pub(crate) fn routes(self: Arc<Self>) -> Vec<FixedRoute> {
        let format = self.format.clone();
        let operations = [
            format.list(),
            format.end(),
            format.end_others(),
            format.password(),
            format.create(),
            format.rotate(),
        ];
        let acts = Self::acts().into_iter().zip(operations);
        acts.map(|((at, reads_body, act), operation)| self.route(at, reads_body, act, operation))
            .collect()
    }

    fn route(self: &Arc<Self>, at: Endpoint, reads_body: bool, act: Act, operation: Operation) -> FixedRoute {
        let endpoints = self.clone();
        let register = move |config: &mut ServiceConfig| {
            let resource = endpoint(at, SelfService::PATH, &endpoints, endpoints.format.clone());
            let handler = move |endpoints: Data<Self>,
                                authenticator: Data<Authenticator>,
                                request: HttpRequest,
                                payload: web::Payload| async move {
                endpoints
                    .handle(&authenticator, &request, payload, reads_body, act)
                    .await
            };
            config.service(resource.route(web::post().to(handler)));
        };
        let path = at.path(SelfService::PATH);
        FixedRoute::new(path, &["POST"], operation, Routes::new(register))
    }

    async fn handle(
        &self,
        authenticator: &Authenticator,
        request: &HttpRequest,
        payload: web::Payload,
        reads_body: bool,
        act: Act,
    ) -> HttpResponse {
        let token = match authenticator.authenticate(Head::of(request)).await {
            Ok(caller) => caller.into_token(),
            Err(rejected) => return respond(&*self.format, Err(refusal(&rejected))),
        };
        let notice = request.app_data::<Data<ExpiryNotice>>();
        let expires_at = notice.and_then(|notice| notice.of(&token));
        let outcome = self.act(token, request, payload, reads_body, act).await;
        let mut answer = respond(&*self.format, outcome);
        if let Some(expires_at) = expires_at {
            answer.headers_mut().insert(TOKEN_EXPIRES_AT, expires_at.into());
        }
        answer
    }

    async fn act(
        &self,
        token: VerifiedToken,
        request: &HttpRequest,
        payload: web::Payload,
        reads_body: bool,
        act: Act,
    ) -> Result<Answer, HandlerError> {
        let own = self.flavours.iter().find(|flavour| *flavour.name == **token.flavour());
        let own = own.ok_or(RequestRejection::Forbidden)?;
        let body = match reads_body {
            true => Some(Body::read(request, payload, self.server.body_timeout).await?),
            false => None,
        };
        let session = self.find(token.subject(), token.session().id).await?;
        let caller = OwnCaller {
            token,
            tokens: &own.tokens,
        };
        act(Call {
            endpoints: self,
            caller,
            own: session.ok_or(RequestRejection::NotAuthenticated { token_sent: true })?,
            request,
            body,
        })
        .await
    }

    /// The live record of this person with this number.
    async fn find(&self, subject: Subject, id: TokenId) -> Result<Option<TokenSummary>, HandlerError> {
        let next = TokenId(id.0.saturating_add(1));
        let found = self.server.stores.token_admin.tokens_of(subject, Some(next), 1).await?;
        Ok(found.into_iter().find(|record| record.id == id))
    }
}

impl Call<'_> {
    /// The live records of the caller's owner, newest first.
    async fn page(&self, before: Option<TokenId>, limit: u32) -> Result<Vec<TokenSummary>, HandlerError> {
        let store = &self.endpoints.server.stores.token_admin;
        Ok(store.tokens_of(self.caller.token.subject(), before, limit).await?)
    }

    /// The live record of the caller's owner with this number.
    async fn find(&self, id: TokenId) -> Result<Option<TokenSummary>, HandlerError> {
        self.endpoints.find(self.caller.token.subject(), id).await
    }

    /// Refuses a token that was made from another one: it was handed to a program for its permissions, not for the sessions of its owner.
    fn refuse_made(&self) -> Result<(), RequestRejection> {
        match self.own.made_from {
            Some(_) => Err(RequestRejection::Forbidden),
            None => Ok(()),
        }
    }

    /// Whether the caller may see and end this session of its owner: a token that was made from another one has only its own.
    fn may_see(&self, session: &TokenSummary) -> bool {
        self.own.made_from.is_none() || session.line == self.own.line
    }

    fn body(&self) -> Result<&Body, RequestRejection> {
        self.body.as_ref().ok_or(RequestRejection::Malformed)
    }
}

/// In the shape of all errors here.
fn refusal(rejected: &RejectedRequest) -> HandlerError {
    match rejected.kind() {
        RejectionKind::Absent => RequestRejection::NotAuthenticated { token_sent: false }.into(),
        RejectionKind::Invalid(_) => RequestRejection::NotAuthenticated { token_sent: true }.into(),
        RejectionKind::Scope => RequestRejection::Forbidden.into(),
        RejectionKind::Unavailable(reason) => VerifyError::Unavailable(reason.clone()).into(),
        _ => RequestRejection::Internal.into(),
    }
}

/// A moment in the format of RFC 3339, in UTC; one beyond the calendar is none.
fn time(moment: auth_core::Timestamp) -> Option<String> {
    let time = DateTime::from_timestamp_millis(moment.as_millis())?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
