//! How an operator acts: a page that asks, a form that is sent, and the page that is shown afterwards.

use actix_web::http::StatusCode;
use auth_core::{PlainToken, SignInError};
use maud::{Markup, html};

use super::guard::Act;
use super::html::{button, password_field, problem};
use super::reply::{Page, Reply, Trouble, refusal, trouble};
use super::visit::Visit;
use crate::http::HandlerError;

/// What is asked before an act.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) act: Act,
    pub(super) title: String,
    /// What will happen.
    pub(super) about: Markup,
    /// The fields of the form.
    pub(super) fields: Markup,
    /// The word on the button.
    pub(super) button: &'static str,
    /// The page that is shown afterwards, and from which one comes.
    pub(super) back: String,
}

/// What an act has done.
#[derive(Debug)]
pub(super) enum Done {
    /// The page before is shown again, with a line that says so.
    Back,
    /// Another page is shown, with that line.
    At(String),
    /// This page is shown: it has something that is shown only once.
    Shown(Page),
    /// The page before is shown again, in a new session of this token: that of the request has ended. The password was typed.
    Renewed(PlainToken),
}

/// What came of a form.
#[derive(Debug)]
pub(super) struct Acted {
    pub(super) reply: Reply,
    /// Whether the password was typed.
    pub(super) authenticated: bool,
    /// The token of the session that takes the place of the request's.
    pub(super) token: Option<PlainToken>,
}

impl From<Reply> for Acted {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            authenticated: false,
            token: None,
        }
    }
}

impl From<Page> for Acted {
    fn from(page: Page) -> Self {
        Reply::from(page).into()
    }
}

impl Visit<'_> {
    /// Asks, or does it where the form was sent: if the role may, and with the password where the act needs it. What it is
    /// refused for is said on the same page, with the fields as they were typed.
    pub(super) async fn act(
        &self,
        question: Question,
        perform: impl AsyncFnOnce() -> anyhow::Result<Done>,
    ) -> Result<Acted, Trouble> {
        let act = question.act;
        if !self.may(act) {
            tracing::warn!(event = "console_forbidden", act = act.command(), subject = %self.operator.subject);
            return Err(Trouble::Forbidden);
        }
        if self.form.is_none() {
            return Ok(self.form_of(&question, None).into());
        }
        let asks_password = self.asks_password(act);
        if asks_password && !self.knows_password().await? {
            let wrong = match self.typed("your_password") {
                "" => "Your own password is needed for this. Nothing has changed.",
                _ => "The password is wrong. Nothing has changed.",
            };
            let page = self.form_of(&question, Some(wrong));
            return Ok(page.with_status(StatusCode::FORBIDDEN).into());
        }
        let done = self.provenance(act).scope(perform()).await;
        let mut token = None;
        let reply = match done {
            Ok(Done::Renewed(new)) => {
                token = Some(new);
                self.followed(&question, Done::Back).await
            }
            Ok(done) => self.followed(&question, done).await,
            Err(error) => match refusal(&error) {
                Some(text) => self
                    .form_of(&question, Some(&text))
                    .with_status(StatusCode::CONFLICT)
                    .into(),
                None => return Err(trouble(&error)),
            },
        };
        Ok(Acted {
            reply,
            authenticated: asks_password || token.is_some(),
            token,
        })
    }

    async fn followed(&self, question: &Question, done: Done) -> Reply {
        let act = question.act;
        tracing::info!(event = "console_act", act = act.command(), page = self.path, subject = %self.operator.subject);
        self.console.registry.catch_up().await;
        match done {
            Done::Back | Done::Renewed(_) => Reply::Done(question.back.clone(), act),
            Done::At(path) => Reply::Done(path, act),
            Done::Shown(page) => page.into(),
        }
    }

    /// Whether the operator's password was typed. It is throttled as every sign-in; an empty field is no attempt.
    async fn knows_password(&self) -> Result<bool, Trouble> {
        let form = self.form.as_ref().ok_or(Trouble::NotFound)?;
        let (passwords, operator) = (&self.console.server.passwords, &self.operator);
        if form.text("your_password").is_empty() {
            return Ok(false);
        }
        let password = form.secret("your_password");
        let checked = passwords
            .check(&operator.realm, &operator.login, &password, self.source)
            .await;
        match checked {
            Ok(account) => Ok(account.subject == operator.subject),
            Err(SignInError::UnknownLogin | SignInError::WrongPassword) => Ok(false),
            Err(error) => Err(HandlerError::from(error).into()),
        }
    }

    fn form_of(&self, question: &Question, wrong: Option<&str>) -> Page {
        let asks_password = self.asks_password(question.act);
        let body = html! {
            @if let Some(wrong) = wrong { (problem(wrong)) }
            div.about { (question.about) }
            form.card method="post" action=(self.here()) {
                (self.hidden())
                (question.fields)
                @if asks_password {
                    (password_field("your_password", "Your own password", "current-password",
                        "Asked again before something that is hard to undo."))
                }
                p.buttons {
                    (button(question.button, question.act.is_dangerous()))
                    a.button.quiet href=(question.back) { "Cancel" }
                }
            }
        };
        Page::new(&question.title, body)
    }

    /// The field by which a form of this session is known.
    pub(super) fn hidden(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf()); }
    }

    /// A button that does an act at once; nothing where the role may not. Only for acts without a password.
    /// `name` is what a screen reader says: it begins with the text, and says to what it is done.
    pub(super) fn at_once(&self, act: Act, path: &str, text: &str, name: &str) -> Markup {
        html! {
            @if self.may(act) {
                form.inline method="post" action=(self.at(path)) {
                    (self.hidden())
                    button.quiet type="submit" aria-label=[(name != text).then_some(name)] { (text) }
                }
            }
        }
    }

    /// A link to the page that asks; nothing where the role may not.
    pub(super) fn link_to(&self, act: Act, path: &str, text: &str) -> Markup {
        html! { @if self.may(act) { a.button.quiet href=(self.at(path)) { (text) } } }
    }
}
