//! What owners do with roles.

use anyhow::Context;
use auth_core::Realm;
use maud::{Markup, html};
use permissions::Role;

use crate::acts::{self, Refusal};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{chosen, field, text_field};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;

/// Creates a role. One that is there is not changed.
pub(in crate::console) async fn create(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let question = Question {
        act: Act::PutRole,
        title: "New role".into(),
        about: html! { p { "What the accounts may do that get this role." } },
        fields: html! {
            (text_field("realm", "Realm", &visit.asked("realm"), "As a flavour names it."))
            (text_field("name", "Name", &visit.asked("name"), ""))
            (permissions_field(visit.typed("permissions")))
        },
        button: "Create",
        back: visit.at("/roles"),
    };
    visit
        .act(question, async || {
            acts::role::create(visit.stores(), &typed(visit)?, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}

/// Replaces the permissions of a role.
pub(in crate::console) async fn change(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let realm = Realm::parse(&visit.asked("realm")).map_err(|_| Trouble::NotFound)?;
    let stored = visit.stores().roles.find(&realm, &visit.asked("name")).await?;
    let stored = stored.ok_or(Trouble::NotFound)?;
    let permissions = match &visit.form {
        Some(form) => form.text("permissions").to_owned(),
        None => lines(&stored),
    };
    let question = Question {
        act: Act::PutRole,
        title: "Change role".into(),
        about: html! {
            p { "The permissions of the accounts with the role " span.strong { (chosen(stored.name.as_str())) } " in the realm "
                (stored.realm) ", and of their active tokens, follow within a second." }
        },
        fields: html! {
            input type="hidden" name="realm" value=(stored.realm);
            input type="hidden" name="name" value=(stored.name.as_str());
            (permissions_field(&permissions))
        },
        button: "Save",
        back: visit.at("/roles"),
    };
    visit.act(question, async || put(visit, &typed(visit)?).await).await
}

async fn put(visit: &Visit<'_>, role: &Role) -> anyhow::Result<Done> {
    acts::role::put(visit.stores(), role, visit.now).await?;
    Ok(Done::Back)
}

/// The role of the form.
fn typed(visit: &Visit<'_>) -> anyhow::Result<Role> {
    let form = visit.form.as_ref().context("a form was sent")?;
    let realm = Realm::parse(form.text("realm").trim())
        .ok()
        .filter(|realm| visit.realms().contains(&realm));
    let realm = realm.ok_or_else(|| Refusal::new("No flavour has this realm."))?;
    let lines = form
        .text("permissions")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    Ok(acts::role::read(realm, form.text("name").trim(), lines)?)
}

fn lines(role: &Role) -> String {
    let names = role.permissions.iter();
    names.map(|one| format!("{}\n", one.as_str())).collect()
}

fn permissions_field(permissions: &str) -> Markup {
    field(
        "permissions",
        "Permissions",
        "One on each line, in the order in which clients see them.",
        &html! {
            textarea id="permissions" name="permissions" rows="10" spellcheck="false" aria-describedby="permissions-hint" {
                (permissions)
            }
        },
    )
}
