//! What operators do with accounts.

use std::net::IpAddr;

use anyhow::Context;
use auth_core::{Account, Attributes, NewAccount, Realm};
use maud::{Markup, html};

use super::account::end_session;
use crate::acts::{self, Refusal};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{choice, chosen, field, password_field, text_field};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::operators;

/// Creates an account with a password.
pub(in crate::console) async fn create(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        act: Act::CreateAccount,
        title: "New account".into(),
        about: html! { p { "The account can sign in at once, with the password that you give it here." } },
        fields: create_fields(visit),
        button: "Create",
        back: visit.at("/accounts"),
    };
    visit
        .act(question, async || {
            let new = new_account(visit).await?;
            let form = visit.form.as_ref().context("a form was sent")?;
            let (password, setter) = (form.secret("password"), &visit.console.setter);
            let made = acts::account::create(visit.stores(), setter, new, &password, visit.source).await?;
            Ok(Done::At(visit.at(&format!("/accounts/{}", made.subject))))
        })
        .await
}

fn create_fields(visit: &Visit<'_>) -> Markup {
    let realms: Vec<_> = visit
        .realms()
        .into_iter()
        .map(|realm| (realm.to_string(), realm.to_string()))
        .collect();
    let chosen_realm = match visit.typed("realm") {
        "" => visit.query.text("realm"),
        typed => typed,
    };
    html! {
        (choice("realm", "Realm", &realms, chosen_realm))
        (text_field("login", "Login name", visit.typed("login"), "Such as an e-mail address."))
        (text_field("alias", "Alias", visit.typed("alias"), "A second login name. May stay empty."))
        (text_field("role", "Role", visit.typed("role"), "The name of a role of the realm. May stay empty."))
        (password_field("password", "Password of the account", "new-password", "At least 8 characters."))
        (field("attributes", "Attributes", "What the realm's API answers with, as a JSON object. May stay empty.", &html! {
            textarea id="attributes" name="attributes" rows="4" spellcheck="false" aria-describedby="attributes-hint" {
                (visit.typed("attributes"))
            }
        }))
    }
}

async fn new_account(visit: &Visit<'_>) -> anyhow::Result<NewAccount> {
    let form = visit.form.as_ref().context("a form was sent")?;
    let realm = Realm::parse(form.text("realm"))
        .ok()
        .filter(|realm| visit.realms().contains(&realm));
    let realm = realm.ok_or_else(|| Refusal::new("choose one of the realms"))?;
    let login = form.given("login").unwrap_or_default();
    for name in [Some(login), form.given("alias")].into_iter().flatten() {
        acts::account::check_name(name)?;
    }
    if let Some(role) = form.given("role") {
        acts::role::check_exists(visit.stores(), &realm, role).await?;
    }
    let attributes = attributes(form.given("attributes"))?;
    acts::account::check_attributes(&attributes, visit.flavours_of(&realm))?;
    Ok(NewAccount {
        subject: None,
        realm,
        login: login.to_owned(),
        alias: form.given("alias").map(str::to_owned),
        role: form.given("role").map(str::to_owned),
        attributes,
        created_at: visit.now,
    })
}

fn attributes(text: Option<&str>) -> Result<Attributes, Refusal> {
    match text.map(serde_json::from_str) {
        None => Ok(Attributes::new()),
        Some(Ok(attributes)) => Ok(attributes),
        Some(Err(_)) => Err(Refusal::new(
            r#"the attributes are no JSON object, such as {"name":"Workshop Name"}"#,
        )),
    }
}

/// Disables an account.
pub(in crate::console) async fn disable(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    let question = Question {
        about: html! {
            p { (named(&account)) " cannot sign in any more, and all its tokens are revoked on every node within a second." }
            p { "They stay revoked when it is enabled again." }
        },
        ..question(visit, Act::DisableAccount, &account, "Disable")
    };
    visit
        .act(question, async || set_disabled(visit, &account, true).await)
        .await
}

/// Enables an account.
pub(in crate::console) async fn enable(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    let question = Question {
        about: html! { p { (named(&account)) " can sign in again. Its tokens stay revoked." } },
        ..question(visit, Act::EnableAccount, &account, "Enable")
    };
    visit
        .act(question, async || set_disabled(visit, &account, false).await)
        .await
}

async fn set_disabled(visit: &Visit<'_>, account: &Account, disabled: bool) -> anyhow::Result<Done> {
    acts::account::set_disabled(visit.stores(), account, disabled, visit.now).await?;
    Ok(Done::Back)
}

/// Gives an account another role, or none.
pub(in crate::console) async fn set_role(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    let roles = visit.stores().roles.roles(Some(&account.realm)).await?;
    let mut options = vec![(String::new(), "no role".to_owned())];
    options.extend(
        roles
            .iter()
            .map(|role| (role.name.as_str().to_owned(), role.name.as_str().to_owned())),
    );
    let now = account.role.clone().unwrap_or_default();
    let question = Question {
        about: html! { p { "What " (named(&account)) " may do. The permissions of its active tokens follow." } },
        fields: choice(
            "role",
            "Role",
            &options,
            if visit.form.is_some() {
                visit.typed("role")
            } else {
                &now
            },
        ),
        ..question(visit, Act::SetAccountRole, &account, "Change role")
    };
    visit
        .act(question, async || {
            let role = Some(visit.typed("role")).filter(|role| !role.is_empty());
            if let Some(role) = role {
                acts::role::check_exists(visit.stores(), &account.realm, role).await?;
            }
            acts::account::set_role(visit.stores(), &account, role, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}

/// Gives an account another password.
pub(in crate::console) async fn set_password(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    if account.realm.organisation().is_some() {
        return Err(Trouble::NotFound);
    }
    let question = Question {
        about: html! { p { "The password that " (named(&account)) " has is replaced, and all its sessions end." } },
        fields: password_field(
            "password",
            "New password of the account",
            "new-password",
            "At least 8 characters.",
        ),
        ..question(visit, Act::SetAccountPassword, &account, "Set password")
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            let (setter, password, source): (_, _, IpAddr) =
                (&visit.console.setter, form.secret("password"), visit.source);
            acts::account::set_password(setter, &account, &password, true, source).await?;
            Ok(Done::Back)
        })
        .await
}

/// Revokes all tokens of an account.
pub(in crate::console) async fn end_sessions(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    let question = Question {
        about: html! { p { "All sessions and devices of " (named(&account)) " are signed out. It may sign in again." } },
        ..question(visit, Act::EndSessions, &account, "Sign out everywhere")
    };
    visit
        .act(question, async || {
            acts::account::end_sessions(visit.stores(), &account, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}

/// Ends one session of an account.
pub(in crate::console) async fn end_one(visit: &Visit<'_>, number: &str, session: &str) -> Result<Acted, Trouble> {
    let account = account(visit, number).await?;
    end_session(
        visit,
        &account,
        session,
        question(visit, Act::EndSession, &account, "End session"),
    )
    .await
}

/// The account, to be changed: operators have acts of their own.
async fn account(visit: &Visit<'_>, number: &str) -> Result<Account, Trouble> {
    let account = visit.account(number).await?;
    match account.realm.as_str() == operators::REALM {
        true => Err(Trouble::NotFound),
        false => Ok(account),
    }
}

fn question(visit: &Visit<'_>, act: Act, account: &Account, verb: &'static str) -> Question {
    Question {
        act,
        title: format!("{verb}: account {}", account.subject),
        about: html! {},
        fields: html! {},
        button: verb,
        back: visit.at(&format!("/accounts/{}", account.subject)),
    }
}

fn named(account: &Account) -> Markup {
    html! { span.strong { (chosen(&account.login)) } " (" (account.realm) ")" }
}
