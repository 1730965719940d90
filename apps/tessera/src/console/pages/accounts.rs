//! The accounts of a realm, by their names.

use auth_core::{FoldedLogin, NameKind, NamePage, NamedAccount, Realm};
use maud::{Markup, html};

use crate::console::acting::Acted;
use crate::console::guard::Act;
use crate::console::html::{ago, chosen, next_page, none, nothing, state, table, with_query};
use crate::console::reply::{Page, Trouble};
use crate::console::visit::Visit;
use crate::operators;

/// How many are on a page.
const PAGE: u32 = 50;

/// What is looked for.
struct Search<'a> {
    /// `None` where there is none, or none of the name that was asked for.
    realm: Option<Realm>,
    begins: &'a str,
    after: Option<&'a str>,
}

/// The page. What it costs does not depend on how many accounts there are.
pub(in crate::console) async fn list(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    visit.only_read()?;
    let search = Search::of(visit);
    let found = match &search.realm {
        Some(realm) => find(visit, realm, &search).await?,
        None => Some(Vec::new()),
    };
    Ok(Page::new("Accounts", body(visit, &search, found)).into())
}

impl<'a> Search<'a> {
    fn of(visit: &'a Visit<'_>) -> Self {
        let realms = visit.realms();
        let realm = match visit.query.given("realm") {
            Some(name) => realm(name),
            None => realms.first().map(|realm| (*realm).clone()),
        };
        Self {
            realm,
            begins: visit.query.given("begins").unwrap_or_default(),
            after: visit.query.given("after"),
        }
    }
}

/// A realm by its name; `org:<number>` is that of an organisation's clients. Operators have a page of their own.
fn realm(name: &str) -> Option<Realm> {
    let organisation = Realm::from_stored(name).organisation();
    let realm = organisation.map_or_else(
        || Realm::parse(name).ok(),
        |number| Some(Realm::of_organisation(number)),
    );
    realm.filter(|realm| realm.as_str() != operators::REALM)
}

/// More than are shown, where there are: they say whether there is a next page. By login and by alias, in one order: no name of a realm
/// is there twice. `None` where the text cannot begin a name.
async fn find(visit: &Visit<'_>, realm: &Realm, search: &Search<'_>) -> Result<Option<Vec<NamedAccount>>, Trouble> {
    let folded = |text: &str| FoldedLogin::parse(text).ok().map(|folded| folded.as_str().to_owned());
    let begins = match search.begins {
        "" => Some(String::new()),
        text => folded(text),
    };
    let Some(begins) = begins else {
        return Ok(None);
    };
    let mut page = NamePage {
        realm: realm.clone(),
        kind: NameKind::Login,
        begins,
        after: search.after.and_then(folded),
        limit: PAGE + 1,
    };
    let mut found = visit.stores().accounts.named(&page).await?;
    if !page.begins.is_empty() {
        page.kind = NameKind::Alias;
        found.extend(visit.stores().accounts.named(&page).await?);
        found.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(Some(found))
}

/// Whether it was found by its alias, and is found by its login as well.
fn is_found_twice(search: &Search<'_>, NamedAccount { name, account }: &NamedAccount) -> bool {
    let (login, begins) = (FoldedLogin::parse(&account.login), FoldedLogin::parse(search.begins));
    match (login, begins) {
        (Ok(login), Ok(begins)) => login.as_str() != name && login.as_str().starts_with(begins.as_str()),
        _ => false,
    }
}

fn body(visit: &Visit<'_>, search: &Search<'_>, found: Option<Vec<NamedAccount>>) -> Markup {
    html! {
        div.bar {
            (form(visit, search))
            (visit.link_to(Act::CreateAccount, "/accounts/new", "New account"))
        }
        @match found {
            _ if search.realm.is_none() && visit.query.given("realm").is_some() => {
                (nothing("No such realm", &html! { "Choose one of the realms. Operators have a page of their own." }))
            },
            None => (nothing("No name begins like this", &html! { "A login name is an e-mail address or a plain name." })),
            Some(found) => (listed(visit, search, found)),
        }
    }
}

fn form(visit: &Visit<'_>, search: &Search<'_>) -> Markup {
    let chosen = search.realm.as_ref().map_or("", Realm::as_str);
    let mut realms: Vec<&str> = visit.realms().into_iter().map(Realm::as_str).collect();
    if !chosen.is_empty() && !realms.contains(&chosen) {
        realms.push(chosen);
    }
    html! {
        form.search method="get" action=(visit.at("/accounts")) role="search" {
            div.field {
                label for="realm" { "Realm" }
                select id="realm" name="realm" {
                    @for realm in realms { option value=(realm) selected[realm == chosen] { (realm) } }
                }
            }
            div.field {
                label for="begins" { "Name begins with" }
                input id="begins" name="begins" type="search" value=(search.begins) autocomplete="off" autocapitalize="none"
                    spellcheck="false";
            }
            button type="submit" { "Search" }
        }
    }
}

fn listed(visit: &Visit<'_>, search: &Search<'_>, mut found: Vec<NamedAccount>) -> Markup {
    let is_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found
        .last()
        .filter(|_| is_more)
        .map(|last| next(visit, search, &last.name));
    let shown = found.iter().filter(|one| !is_found_twice(search, one));
    let rows: Vec<_> = shown.map(|one| row(visit, one)).collect();
    html! {
        @if found.is_empty() {
            (nothing("No accounts", &html! {
                @if search.begins.is_empty() { "This realm has no accounts yet." }
                @else { "No login name or alias in this realm begins with " q { (chosen(search.begins)) } "." }
            }))
        } @else {
            (table("Accounts", ["Login", "Number", "Role", "State", "Created"], rows))
            (next_page(next.as_deref()))
        }
    }
}

fn next(visit: &Visit<'_>, search: &Search<'_>, last: &str) -> String {
    let realm = search.realm.as_ref().map_or("", Realm::as_str);
    let fields = [("realm", realm), ("begins", search.begins), ("after", last)];
    with_query(&visit.at("/accounts"), &fields)
}

fn row(visit: &Visit<'_>, NamedAccount { account, .. }: &NamedAccount) -> [Markup; 5] {
    let href = visit.at(&format!("/accounts/{}", account.subject));
    [
        html! {
            a href=(href) { (chosen(&account.login)) }
            @if let Some(alias) = &account.alias { " " span.soft { (chosen(alias)) } }
        },
        html! { span.number { (account.subject) } },
        account.role.as_deref().map_or_else(none, chosen),
        condition(account.disabled),
        ago(account.created_at, visit.now),
    ]
}

/// Whether an account is disabled, in a word.
pub(in crate::console) fn condition(disabled: bool) -> Markup {
    match disabled {
        true => state("disabled", "bad"),
        false => state("enabled", "good"),
    }
}
