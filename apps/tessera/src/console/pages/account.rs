//! One account, with its sessions and devices.

use auth_core::{Account, TokenId, TokenSummary};
use maud::{Markup, html};
use serde_json::Value;

use super::accounts::condition;
use crate::acts;
use crate::console::acting::{Acted, Done, Question};
use crate::console::guard::Act;
use crate::console::html::{ago, chosen, moment, next_page, none, nothing, table, until};
use crate::console::reply::{Page, Reply, Trouble};
use crate::console::visit::Visit;
use crate::operators;

/// How many sessions are on a page.
const PAGE: u32 = 50;

/// The page.
pub(in crate::console) async fn show(visit: &Visit<'_>, number: &str) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let account = visit.account(number).await?;
    if account.realm.as_str() == operators::REALM {
        return Ok(Reply::See(visit.at(&format!("/operators/{}", account.subject))).into());
    }
    let body = html! {
        (facts(visit, &account))
        (actions(visit, &account))
        (sessions(visit, &account, Act::EndSession).await?)
    };
    Ok(Page::new(format!("Account {}", account.subject), body).into())
}

fn facts(visit: &Visit<'_>, account: &Account) -> Markup {
    html! {
        dl.facts {
            dt { "Login" } dd { (chosen(&account.login)) }
            dt { "Alias" } dd { (account.alias.as_deref().map_or_else(none, chosen)) }
            dt { "Realm" } dd { a href={ (visit.at("/accounts")) "?realm=" (account.realm) } { (account.realm) } }
            dt { "Role" } dd { (account.role.as_deref().map_or_else(none, chosen)) }
            dt { "State" } dd { (condition(account.disabled)) }
            dt { "Created" } dd { (moment(account.created_at)) }
            @if !account.attributes.is_empty() {
                dt { "Attributes" }
                dd { code { (chosen(&Value::Object(account.attributes.clone()).to_string())) } }
            }
        }
    }
}

fn actions(visit: &Visit<'_>, account: &Account) -> Markup {
    let at = |rest: &str| format!("/accounts/{}/{rest}", account.subject);
    html! {
        div.actions {
            @if account.disabled { (visit.link_to(Act::EnableAccount, &at("enable"), "Enable")) }
            @else { (visit.link_to(Act::DisableAccount, &at("disable"), "Disable")) }
            (visit.link_to(Act::SetAccountRole, &at("role"), "Change role"))
            @if account.realm.organisation().is_none() {
                (visit.link_to(Act::SetAccountPassword, &at("password"), "Set password"))
            }
            (visit.link_to(Act::EndSessions, &at("sign-out"), "Sign out everywhere"))
        }
    }
}

/// The sessions of an account, newest first. Who may end one sees a button for that.
pub(super) async fn sessions(visit: &Visit<'_>, account: &Account, end: Act) -> Result<Markup, Trouble> {
    let before = visit.query.number("before").map(TokenId);
    let store = &visit.stores().token_admin;
    let mut tokens = store.tokens_of(account.subject, before, PAGE + 1).await?;
    let is_more = tokens.len() > PAGE as usize;
    tokens.truncate(PAGE as usize);
    let last = tokens.last().filter(|_| is_more).map(|last| last.id);
    let next = last.map(|id| format!("{}?before={id}", visit.here()));
    // An access token of another record is a part of that session.
    let own = tokens.iter().filter(|token| token.parent.is_none());
    let rows: Vec<_> = own.map(|token| row(visit, token, end)).collect();
    Ok(html! {
        section aria-labelledby="sessions" {
            h2 #sessions { "Sessions and devices" }
            @if rows.is_empty() && next.is_none() {
                (nothing("Signed in nowhere", &html! { "There are no active sessions." }))
            } @else {
                (table("Sessions and devices", ["Name", "Flavour", "Signed in", "Last used", "Ends", "Number", "Action"], rows))
                (next_page(next.as_deref()))
            }
        }
    })
}

fn row(visit: &Visit<'_>, token: &TokenSummary, end: Act) -> [Markup; 7] {
    let path = format!("{}/sessions/{}/end", visit.path, token.id);
    [
        token.label.as_deref().map_or_else(none, chosen),
        html! { (token.flavour) },
        ago(token.issued_at, visit.now),
        token.last_used_at.map_or_else(none, |at| ago(at, visit.now)),
        token
            .expires_at
            .map_or_else(|| html! { "when revoked" }, |at| until(at, visit.now)),
        html! { span.number { (token.id) } },
        match token.id == visit.session {
            true => html! { span.soft { "this session" } },
            false => visit.at_once(end, &path, "End", &format!("End session {}", token.id)),
        },
    ]
}

/// Ends one session of this account. One of another account is as one that is not there.
pub(super) async fn end_session(
    visit: &Visit<'_>,
    account: &Account,
    session: &str,
    question: Question,
) -> Result<Acted, Trouble> {
    let id = TokenId::parse(session).ok_or(Trouble::NotFound)?;
    let found = visit.stores().tokens.find(id).await?;
    let is_theirs = found.is_some_and(|record| record.subject == account.subject);
    if !is_theirs {
        return Err(Trouble::NotFound);
    }
    let question = Question {
        about: html! { p { "Session " (id) " ends: its tokens are refused on every node within a second." } },
        ..question
    };
    visit
        .act(question, async || {
            acts::session::end(visit.stores(), id, visit.now).await?;
            Ok(Done::Back)
        })
        .await
}
