//! The door: what is for anybody, what is for a signed-in operator, and what is for nobody.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Account, PlainToken, PresentedToken, TokenId, VerifyError};
use dialects::RequestRejection;
use maud::html;

use super::Console;
use super::acting::Acted;
use super::browser_name;
use super::cookies::{self, Presented};
use super::form::Form;
use super::guard::Act;
use super::pages::sign_in;
use super::reply::{Page, Reply, Trouble, see};
use super::session::Times;
use super::visit::Visit;
use super::{layout, router};
use crate::http::{HandlerError, mark_refused};
use crate::operators::OperatorRole;

/// The operator of a request.
struct SignedIn {
    operator: Account,
    role: OperatorRole,
    session: TokenId,
    times: Times,
}

/// Answers any request below the console's path.
pub(super) async fn enter(console: Data<Console>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let console = &**console;
    let outcome = answer(console, &request, payload).await;
    outcome.unwrap_or_else(|trouble| refused(console, &trouble))
}

async fn answer(console: &Console, request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Trouble> {
    let is_post = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(Trouble::Method("GET, HEAD, POST")),
    };
    if let Some(file) = console.assets.answer(request.path()).filter(|_| !is_post) {
        return Ok(file);
    }
    let form = match is_post {
        true if !console.origins.sent(request.headers()) => return Err(foreign(console, request)),
        true => Some(Form::of_body(request, payload, &console.server).await?),
        false => None,
    };
    let path = request
        .path()
        .strip_prefix(console.settings.path.as_str())
        .unwrap_or_default();
    if path == sign_in::PATH {
        return sign_in::answer(console, request, form).await;
    }
    let cookies = cookies::presented(request, &console.origins);
    let Some(cookies) = cookies else {
        return Ok(to_sign_in(console, request));
    };
    let Some(signed_in) = signed_in(console, request, &cookies).await? else {
        return Ok(to_sign_in(console, request));
    };
    if form
        .as_ref()
        .is_some_and(|form| !console.keys.is_of_session(&cookies.token, form.text("csrf")))
    {
        return Err(foreign(console, request));
    }
    if path == sign_in::OUT {
        return sign_in::out(console, &cookies.token, form.is_some()).await;
    }
    let visit = Visit {
        console,
        operator: signed_in.operator,
        role: signed_in.role,
        token: &cookies.token,
        session: signed_in.session,
        browser: browser_name::of(request),
        times: signed_in.times,
        source: console.server.proxies.source(request),
        now: console.clock.now(),
        path,
        done: cookies::done(request, &console.origins).and_then(|word| Act::of_word(&word)),
        query: Form::of_query(request.query_string()),
        form,
    };
    Ok(visited(&visit).await)
}

/// The operator whom the cookies of a request belong to; `None` where it has to sign in.
async fn signed_in(console: &Console, request: &HttpRequest, cookies: &Presented) -> Result<Option<SignedIn>, Trouble> {
    let presented = PresentedToken::bearer(&cookies.token).from_source(console.server.proxies.source(request));
    let token = match auth_core::verify(&**console.tokens.issuer(), &presented).await {
        Ok(token) => token,
        Err(VerifyError::Rejected(_)) => return Ok(None),
        Err(error) => return Err(HandlerError::from(error).into()),
    };
    let found = console.server.stores.accounts.find(token.subject()).await?;
    let operator = found.filter(|account| !account.disabled);
    let Some((operator, role)) = operator.and_then(|operator| OperatorRole::of(&operator).map(|role| (operator, role)))
    else {
        return Ok(None);
    };
    let times = console.keys.open(&cookies.token, role, &cookies.times);
    let times = times.filter(|times| !times.is_idle(console.clock.now(), console.settings.idle()));
    let session = token.id();
    Ok(times.map(|times| SignedIn {
        operator,
        role,
        session,
        times,
    }))
}

async fn visited(visit: &Visit<'_>) -> HttpResponse {
    let acted = match router::route(visit).await {
        Ok(acted) => acted,
        Err(trouble) => return troubled(visit, &trouble),
    };
    let mut answer = match &acted.reply {
        Reply::Page(page) => shown(visit, page),
        Reply::See(path) => see(path),
        Reply::Done(path, act) => {
            let mut answer = see(path);
            cookies::set_done(&mut answer, &act.word(), path, &visit.console.origins);
            answer
        }
        Reply::Numbers(numbers) => return HttpResponse::Ok().json(numbers),
    };
    renew(visit, &mut answer, &acted);
    answer
}

/// The session goes on from here. A request of the script is none of the operator: it does not keep the session going.
fn renew(visit: &Visit<'_>, answer: &mut HttpResponse, acted: &Acted) {
    let times = Times {
        seen: visit.now,
        authenticated: if acted.authenticated {
            visit.now
        } else {
            visit.times.authenticated
        },
    };
    let (console, new) = (visit.console, acted.token.as_ref().map(PlainToken::expose));
    if let Some(new) = new {
        cookies::set_token(answer, new, &console.origins);
    }
    let sealed = console.keys.seal(new.unwrap_or(visit.token), visit.role, &times);
    cookies::set_times(answer, &sealed, &console.origins);
}

fn shown(visit: &Visit<'_>, page: &Page) -> HttpResponse {
    let mut answer = html_answer(page, layout::page(visit, page).into_string());
    if visit.done.is_some() {
        cookies::remove_done(&mut answer, &visit.console.origins);
    }
    answer
}

fn html_answer(page: &Page, text: String) -> HttpResponse {
    HttpResponse::build(page.status)
        .content_type("text/html; charset=utf-8")
        .body(text)
}

fn troubled(visit: &Visit<'_>, trouble: &Trouble) -> HttpResponse {
    let (status, heading, text) = trouble.says();
    let back = visit.at("");
    let page = Page::new(
        heading,
        html! { p { (text) } p { a href=(back) { "To the first page" } } },
    );
    let page = page.with_status(status);
    let mut builder = HttpResponse::build(status);
    trouble.mark(&mut builder);
    let answer = builder
        .content_type("text/html; charset=utf-8")
        .body(layout::page(visit, &page).into_string());
    marked(answer, trouble)
}

/// What is refused before anybody is known.
fn refused(console: &Console, trouble: &Trouble) -> HttpResponse {
    let (status, heading, text) = trouble.says();
    let mut builder = HttpResponse::build(status);
    trouble.mark(&mut builder);
    let body = html! { p { (text) } p { a href=(console.at("")) { "To the console" } } };
    let answer = builder
        .content_type("text/html; charset=utf-8")
        .body(layout::outside(console, heading, &body).into_string());
    marked(answer, trouble)
}

/// A refused sign-in may be answered late, as that of any other client.
fn marked(mut answer: HttpResponse, trouble: &Trouble) -> HttpResponse {
    if let Trouble::Rejected(rejection @ (RequestRejection::Throttled { .. } | RequestRejection::Busy { .. })) = trouble
    {
        mark_refused(&mut answer, rejection);
    }
    answer
}

fn foreign(console: &Console, request: &HttpRequest) -> Trouble {
    let source = console.server.proxies.source(request);
    tracing::warn!(event = "console_foreign_form", %source, "a form was refused that no page of the session had sent");
    Trouble::Foreign
}

/// Where it was going to is found again after the sign-in. For a form that is the page of the form, and that nothing was saved
/// is said: what was typed is not kept, since it may have a password in it.
fn to_sign_in(console: &Console, request: &HttpRequest) -> HttpResponse {
    let is_form = request.method() == Method::POST;
    let next = request.uri().path_and_query().map_or("", |wanted| wanted.as_str());
    let next = Some(next).filter(|next| *next != console.settings.path && !is_out(console, request));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(next.map(|next| ("next", next)));
    if is_form && next.is_some() {
        query.append_pair(sign_in::UNSAVED, "1");
    }
    let (path, query) = (console.at(sign_in::PATH), query.finish());
    match query.is_empty() {
        true => see(&path),
        false => see(&format!("{path}?{query}")),
    }
}

/// Whether the form was the one that signs out: then there is nothing to go on with.
fn is_out(console: &Console, request: &HttpRequest) -> bool {
    request.path() == console.at(sign_in::OUT)
}
