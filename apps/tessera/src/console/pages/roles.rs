//! Roles: what the accounts of a realm may do.

use maud::{Markup, html};
use permissions::Role;

use crate::console::acting::Acted;
use crate::console::guard::Act;
use crate::console::html::{chosen, nothing, table, with_query};
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
            (visit.link_to(Act::PutRole, "/roles/new", "New role"))
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
