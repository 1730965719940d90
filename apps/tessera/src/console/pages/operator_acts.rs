//! What owners do with operators.

use anyhow::Context;
use auth_core::Account;
use maud::{Markup, html};

use super::account::end_session;
use super::operators::find;
use crate::acts::operator::{self, LastOwner};
use crate::acts::{Refusal, account};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{choice, chosen, password_field, text_field};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::operators::OperatorRole;

/// Creates an operator.
pub(in crate::console) async fn add(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        act: Act::AddOperator,
        title: "New operator".into(),
        about: html! { p { "Give the password to the person in another way than the name. It can be changed here." } },
        fields: html! {
            (text_field("login", "Login name", visit.typed("login"), "Such as an e-mail address."))
            (role_choice(visit.typed("role")))
            (password_field("password", "Password of the operator", "new-password", "At least 8 characters."))
        },
        button: "Create",
        back: visit.at("/operators"),
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            let (new, password) = (
                (form.given("login").unwrap_or_default(), role(visit)?),
                form.secret("password"),
            );
            let (setter, from) = (&visit.console.setter, (visit.now, visit.source));
            let made = operator::add(visit.stores(), setter, new, &password, from).await?;
            Ok(Done::At(visit.at(&format!("/operators/{}", made.subject))))
        })
        .await
}

/// Gives an operator another role.
pub(in crate::console) async fn set_role(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    let now = found.role.clone().unwrap_or_default();
    let question = Question {
        about: html! { p { "What " (named(&found)) " may do. The operator has to sign in again." } },
        fields: role_choice(if visit.form.is_some() {
            visit.typed("role")
        } else {
            &now
        }),
        ..question(visit, Act::SetOperatorRole, &found, "Change role")
    };
    visit
        .act(question, async || {
            operator::set_role(visit.stores(), &found, role(visit)?, LastOwner::Stays, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}

/// Gives an operator another password.
pub(in crate::console) async fn set_password(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    let question = Question {
        about: html! { p { "The password of " (named(&found)) " is replaced, and all sessions of the operator end." } },
        fields: password_field(
            "password",
            "New password of the operator",
            "new-password",
            "At least 8 characters.",
        ),
        ..question(visit, Act::SetOperatorPassword, &found, "Set password")
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            let password = form.secret("password");
            operator::set_password(&visit.console.setter, &found, &password, visit.source).await?;
            Ok(Done::Back)
        })
        .await
}

/// Disables an operator, who is signed out everywhere.
pub(in crate::console) async fn disable(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    let question = Question {
        about: html! { p { (named(&found)) " cannot sign in any more, and all sessions of the operator end." } },
        ..question(visit, Act::DisableOperator, &found, "Disable")
    };
    visit
        .act(question, async || set_disabled(visit, &found, true).await)
        .await
}

/// Enables an operator.
pub(in crate::console) async fn enable(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    let question = Question {
        about: html! { p { (named(&found)) " can sign in again." } },
        ..question(visit, Act::EnableOperator, &found, "Enable")
    };
    visit
        .act(question, async || set_disabled(visit, &found, false).await)
        .await
}

async fn set_disabled(visit: &Visit<'_>, found: &Account, disabled: bool) -> anyhow::Result<Done> {
    operator::set_disabled(visit.stores(), found, disabled, LastOwner::Stays, visit.now).await?;
    Ok(Done::Back)
}

/// Ends one session of an operator.
pub(in crate::console) async fn end_one(visit: &Visit<'_>, number: &str, session: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    end_session(
        visit,
        &found,
        session,
        question(visit, Act::EndOperatorSession, &found, "End session"),
    )
    .await
}

/// Ends all sessions of an operator.
pub(in crate::console) async fn end_all(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let found = find(visit, number).await?;
    let question = Question {
        about: html! { p { "All sessions of " (named(&found)) " in the console end." } },
        ..question(visit, Act::EndOperatorSessions, &found, "Sign out everywhere")
    };
    visit
        .act(question, async || {
            account::end_sessions(visit.stores(), &found, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}

fn role(visit: &Visit<'_>) -> Result<OperatorRole, Refusal> {
    OperatorRole::parse(visit.typed("role")).ok_or_else(|| Refusal::new("choose one of the roles"))
}

fn role_choice(chosen: &str) -> Markup {
    let options = OperatorRole::ALL.map(|role| (role.to_string(), role.to_string()));
    choice("role", "Role", &options, chosen)
}

fn question(visit: &Visit<'_>, act: Act, found: &Account, verb: &'static str) -> Question {
    Question {
        act,
        title: format!("{verb}: operator {}", found.subject),
        about: html! {},
        fields: html! {},
        button: verb,
        back: visit.at(&format!("/operators/{}", found.subject)),
    }
}

fn named(found: &Account) -> Markup {
    html! { span.strong { (chosen(&found.login)) } }
}
