//! Signing in and out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use auth_core::{Account, Grant, IssueError, PlainToken, PresentedToken, RevokeError, Scopes, SignInError};
use maud::{Markup, html};

use crate::console::Console;
use crate::console::browser_name;
use crate::console::cookies;
use crate::console::form::Form;
use crate::console::html::{button, password_field, problem};
use crate::console::layout;
use crate::console::reply::{Trouble, see};
use crate::console::session::Times;
use crate::http::HandlerError;
use crate::operators::{self, OperatorRole};

/// Where it is, below the console's path.
pub(in crate::console) const PATH: &str = "/sign-in";

/// Set in the address where a form was sent after the session had ended.
pub(in crate::console) const UNSAVED: &str = "unsaved";

/// Where one signs out.
pub(in crate::console) const OUT: &str = "/sign-out";

/// The page, or what comes of its form.
pub(in crate::console) async fn answer(
    console: &Console,
    request: &HttpRequest,
    form: Option<Form>,
) -> Result<HttpResponse, Trouble> {
    let Some(form) = form else {
        let query = Form::of_query(request.query_string());
        return Ok(page(console, &query, None, StatusCode::OK));
    };
    match checked(console, request, &form).await? {
        Some((operator, role)) => enter(console, request, &form, operator, role).await,
        None => Ok(wrong(console, &form)),
    }
}

/// The operator with this name and password. An account that is no operator's is as unknown.
async fn checked(
    console: &Console,
    request: &HttpRequest,
    form: &Form,
) -> Result<Option<(Account, OperatorRole)>, Trouble> {
    let (server, clock) = (&console.server, &console.clock);
    let (begun, source) = (clock.monotonic(), server.proxies.source(request));
    let (login, password) = (form.text("login"), form.secret("password"));
    let outcome = server
        .passwords
        .check(&operators::realm(), login, &password, source)
        .await;
    console.logins.note(&outcome, clock.monotonic().saturating_sub(begun));
    match outcome {
        Ok(account) => Ok(OperatorRole::of(&account).map(|role| (account, role))),
        Err(SignInError::UnknownLogin | SignInError::WrongPassword) => Ok(None),
        Err(error) => Err(HandlerError::from(error).into()),
    }
}

/// Begins a session. One that the browser had ends.
async fn enter(
    console: &Console,
    request: &HttpRequest,
    form: &Form,
    operator: Account,
    role: OperatorRole,
) -> Result<HttpResponse, Trouble> {
    let token = match begin(console, operator, browser_name::of(request)).await {
        Ok(token) => token,
        Err(IssueError::NotEntitled) => return Ok(wrong(console, form)),
        Err(error) => return Err(HandlerError::from(error).into()),
    };
    if let Some(before) = cookies::presented(request, &console.origins) {
        end(console, &before.token).await?;
    }
    let token = token.expose();
    let times = console.keys.seal(token, role, &Times::begin(console.clock.now()));
    let mut answer = see(&next(console, form));
    cookies::set_token(&mut answer, token, &console.origins);
    cookies::set_times(&mut answer, &times, &console.origins);
    Ok(answer)
}

/// The token of a new session of this operator.
pub(super) async fn begin(
    console: &Console,
    operator: Account,
    browser: Option<String>,
) -> Result<PlainToken, IssueError> {
    let mut grant = Grant::new(operator.subject, operator.generation, operator.realm, Scopes::none());
    grant.label = browser;
    Ok(console.tokens.sign_in(grant).await?.token.plain)
}

/// Ends the session.
pub(in crate::console) async fn out(console: &Console, token: &str, is_sent: bool) -> Result<HttpResponse, Trouble> {
    if !is_sent {
        return Err(Trouble::Method("POST"));
    }
    end(console, token).await?;
    let mut answer = see(&console.at(PATH));
    cookies::remove(&mut answer, &console.origins);
    Ok(answer)
}

/// A session that has ended by itself is no error.
async fn end(console: &Console, token: &str) -> Result<(), Trouble> {
    match console.tokens.sign_out(&PresentedToken::bearer(token)).await {
        Ok(_) | Err(RevokeError::Rejected(_)) => Ok(()),
        Err(error) => Err(HandlerError::from(error).into()),
    }
}

/// Where the operator wanted to go: only to a page of the console.
fn next(console: &Console, form: &Form) -> String {
    let (next, path) = (form.text("next"), console.settings.path.as_str());
    let rest = next
        .strip_prefix(path)
        .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    match rest {
        Some(_) if is_plain => next.to_owned(),
        _ => path.to_owned(),
    }
}

fn wrong(console: &Console, form: &Form) -> HttpResponse {
    page(
        console,
        form,
        Some("The name or the password is wrong, or the operator is disabled."),
        StatusCode::FORBIDDEN,
    )
}

fn page(console: &Console, form: &Form, wrong: Option<&str>, status: StatusCode) -> HttpResponse {
    let text = layout::outside(console, "Sign in", &body(console, form, wrong)).into_string();
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(text)
}

fn body(console: &Console, form: &Form, wrong: Option<&str>) -> Markup {
    html! {
        p.soft { "For operators of this server." }
        @if let Some(wrong) = wrong { (problem(wrong)) }
        @else if !form.text(UNSAVED).is_empty() {
            (problem("The session ended. Nothing was saved. After you have signed in, the form is shown again, empty."))
        }
        form.card method="post" action=(console.at(PATH)) {
            input type="hidden" name="next" value=(form.text("next"));
            div.field {
                label for="login" { "Login name" }
                input id="login" name="login" type="text" value=(form.text("login")) required autofocus
                    autocomplete="username" autocapitalize="none" spellcheck="false";
            }
            (password_field("password", "Password", "current-password", ""))
            p.buttons { (button("Sign in", false)) }
        }
    }
}
