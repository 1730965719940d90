//! The operators, and one of them with the sessions in the console.

use auth_core::Account;
use maud::{Markup, html};

use super::account;
use super::accounts::condition;
use crate::acts;
use crate::console::acting::Acted;
use crate::console::guard::Act;
use crate::console::html::{ago, chosen, moment, none, table};
use crate::console::reply::{Page, Trouble, trouble};
use crate::console::visit::Visit;
use crate::operators;

/// All of them: there are few.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let all = acts::operator::all(visit.stores())
        .await
        .map_err(|error| trouble(&error))?;
    let rows = all.iter().map(|operator| row(visit, operator)).collect();
    let body = html! {
        div.bar {
            p.soft { "They administer this server. A viewer sees everything; an operator acts on accounts, sessions and partners; \
                an owner also on roles, keys and operators." }
            (visit.link_to(Act::AddOperator, "/operators/new", "New operator"))
        }
        (table("Operators", ["Login", "Role", "State", "Created"], rows))
    };
    Ok(Page::new("Operators", body).into())
}

fn row(visit: &Visit<'_>, operator: &Account) -> [Markup; 4] {
    let href = visit.at(&format!("/operators/{}", operator.subject));
    [
        html! {
            a href=(href) { (chosen(&operator.login)) }
            @if operator.subject == visit.operator.subject { " " span.soft { "you" } }
        },
        operator.role.as_deref().map_or_else(none, chosen),
        condition(operator.disabled),
        ago(operator.created_at, visit.now),
    ]
}

/// One operator.
pub(in crate::console) async fn show(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let operator = find(visit, number).await?;
    let body = html! {
        dl.facts {
            dt { "Login" } dd { (chosen(&operator.login)) }
            dt { "Role" } dd { (operator.role.as_deref().map_or_else(none, chosen)) }
            dt { "State" } dd { (condition(operator.disabled)) }
            dt { "Created" } dd { (moment(operator.created_at)) }
        }
        (actions(visit, &operator))
        (account::sessions(visit, &operator, Act::EndOperatorSession).await?)
    };
    Ok(Page::new(format!("Operator {}", operator.subject), body).into())
}

fn actions(visit: &Visit<'_>, operator: &Account) -> Markup {
    let at = |rest: &str| format!("/operators/{}/{rest}", operator.subject);
    html! {
        div.actions {
            @if operator.disabled { (visit.link_to(Act::EnableOperator, &at("enable"), "Enable")) }
            @else { (visit.link_to(Act::DisableOperator, &at("disable"), "Disable")) }
            (visit.link_to(Act::SetOperatorRole, &at("role"), "Change role"))
            (visit.link_to(Act::SetOperatorPassword, &at("password"), "Set password"))
            (visit.link_to(Act::EndOperatorSessions, &at("sign-out"), "Sign out everywhere"))
        }
    }
}

/// The operator with this number.
pub(super) async fn find(visit: &Visit<'_>, number: &str) -> Result<Account, Trouble> {
    let found = visit.account(number).await?;
    match found.realm.as_str() == operators::REALM {
        true => Ok(found),
        false => Err(Trouble::NotFound),
    }
}
