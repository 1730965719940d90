//! Roles: what the accounts of a realm may do.

use anyhow::Context;
use auth_core::Realm;
use maud::{Markup, html};
use permissions::Role;

use crate::acts::{self, Refusal};
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{chosen, field, nothing, table, text_field, with_query};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;

/// All of them: there are few.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let roles = visit.stores().roles.roles(None).await?;
    let rows = roles.iter().map(|role| row(visit, role)).collect();
    let body = html! {
        div.bar {
            p.soft { "What the accounts of a realm may do. Active tokens follow a change of their role." }
            (visit.link_to(Act::PutRole, "/roles/put", "New role"))
        }
        @if roles.is_empty() {
            (nothing("No roles", &html! { "There are no roles yet. Accounts without one have no permissions." }))
        } @else {
            (table("Roles", ["Realm", "Name", "Permissions", "Action"], rows))
        }
    };
    Ok(Page::new("Roles", body).into())
}

fn row(visit: &Visit<'_>, role: &Role) -> [Markup; 4] {
    let at = with_query(
        "/roles/put",
        &[("realm", role.realm.as_str()), ("name", role.name.as_str())],
    );
    [
        html! { (role.realm) },
        html! { span.strong { (chosen(role.name.as_str())) } },
        html! {
            @if role.permissions.is_empty() { span.soft { "nothing" } }
            @for permission in role.permissions.iter() { code.chip { (permission.as_str()) } " " }
        },
        visit.link_to(Act::PutRole, &at, "Change"),
    ]
}

/// Creates a role, or replaces its permissions.
pub(in crate::console) async fn put(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let (realm, name) = (visit.asked("realm"), visit.asked("name"));
    let stored = match Realm::parse(&realm) {
        Ok(realm) => visit.stores().roles.find(&realm, &name).await?,
        Err(_) => None,
    };
    let permissions = match (&visit.form, &stored) {
        (Some(form), _) => form.text("permissions").to_owned(),
        (None, Some(role)) => role
            .permissions
            .iter()
            .map(|one| format!("{}\n", one.as_str()))
            .collect(),
        (None, None) => String::new(),
    };
    let question = Question {
        act: Act::PutRole,
        title: if stored.is_some() {
            "Change role".into()
        } else {
            "New role".into()
        },
        about: html! { p { "The permissions of the accounts that have the role, and of their active tokens, follow within a second." } },
        fields: html! {
            (text_field("realm", "Realm", &realm, "As a flavour names it."))
            (text_field("name", "Name", &name, "A role of this name is changed."))
            (field("permissions", "Permissions", "One on each line, in the order in which clients see them.", &html! {
                textarea id="permissions" name="permissions" rows="10" spellcheck="false" aria-describedby="permissions-hint" {
                    (permissions)
                }
            }))
        },
        button: "Save",
        back: visit.at("/roles"),
    };
    visit
        .act(question, async || {
            let form = visit.form.as_ref().context("a form was sent")?;
            let realm = Realm::parse(form.text("realm").trim())
                .ok()
                .filter(|realm| visit.realms().contains(&realm));
            let realm = realm.ok_or_else(|| Refusal("no flavour has this realm".into()))?;
            let lines = form
                .text("permissions")
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            let role = acts::role::read(realm, form.text("name").trim(), lines)?;
            acts::role::put(visit.stores(), &role, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}
