//! The operator's own account: for every role.

use anyhow::Context;
use auth_core::PlainToken;
use maud::{Markup, html};

use super::account::{self, end_session};
use super::sign_in;
use crate::acts::operator::{self, OwnPassword};
use crate::acts::refuse;
use crate::console::acting::{Acted, Done, Question};
use crate::console::form::Form;
use crate::console::guard::Act;
use crate::console::html::{chosen, moment, password_field};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;

/// Where it is, below the console's path.
pub(in crate::console) const PATH: &str = "/me";

/// The page.
pub(in crate::console) async fn show(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let body = html! {
        dl.facts {
            dt { "Login" } dd { (chosen(&visit.operator.login)) }
            dt { "Role" } dd { (visit.role) }
            dt { "Created" } dd { (moment(visit.operator.created_at)) }
        }
        div.actions { (visit.link_to(Act::ChangeOwnPassword, "/me/password", "Change password")) }
        (account::sessions(visit, &visit.operator, Act::EndOwnSession).await?)
    };
    Ok(Page::new("My account", body).into())
}

/// Replaces the own password. All sessions end in one operation with the change, and this browser gets a new one.
pub(in crate::console) async fn change_password(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        about: html! { p { "All your other sessions end. In this browser you stay signed in." } },
        fields: password_fields(),
        ..question(visit, Act::ChangeOwnPassword, "Change password")
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            change(visit, form).await?;
            visit.console.registry.catch_up().await;
            Ok(renewed(visit).await)
        })
        .await
}

/// Ends another session of the operator.
pub(in crate::console) async fn end_one(visit: &Visit<'_>, session: &str) -> Result<Acted, Trouble> {
    let question = question(visit, Act::EndOwnSession, "End session");
    end_session(visit, &visit.operator, session, question).await
}

fn password_fields() -> Markup {
    html! {
        (password_field("old_password", "Old password", "current-password", ""))
        (password_field("password", "New password", "new-password", "At least 8 characters."))
        (password_field("again", "New password again", "new-password", ""))
    }
}

async fn change(visit: &Visit<'_>, form: &Form) -> anyhow::Result<()> {
    if form.text("password") != form.text("again") {
        refuse!("the two texts for the new password differ");
    }
    let passwords = OwnPassword {
        old: form.secret("old_password"),
        new: form.secret("password"),
    };
    let (console, by) = (visit.console, (&visit.operator, visit.source));
    operator::change_own_password(&console.setter, &console.server.passwords, by, &passwords).await
}

/// A session after the change of the password. Where there can be none, as of an operator who was disabled meanwhile, the sign-in page
/// says so: the password is changed in any case.
async fn renewed(visit: &Visit<'_>) -> Done {
    match begin(visit).await {
        Ok(token) => Done::Renewed(token),
        Err(error) => {
            tracing::warn!(event = "console_session_lost", subject = %visit.operator.subject, error = format!("{error:#}"));
            Done::Back
        }
    }
}

async fn begin(visit: &Visit<'_>) -> anyhow::Result<PlainToken> {
    let found = visit.stores().accounts.find(visit.operator.subject).await?;
    let operator = found.context("the operator has been deleted")?;
    Ok(sign_in::begin(visit.console, operator, visit.browser.clone()).await?)
}

fn question(visit: &Visit<'_>, act: Act, verb: &'static str) -> Question {
    Question {
        act,
        title: verb.to_owned(),
        about: html! {},
        fields: html! {},
        button: verb,
        back: visit.at(PATH),
    }
}
