//! One request of a signed-in operator, with what its page needs.

use std::net::IpAddr;

use auth_core::{Account, Provenance, Realm, Subject, Timestamp, TokenId};

use super::Console;
use super::form::Form;
use super::guard::Act;
use super::reply::Trouble;
use super::session::Times;
use crate::config::Flavour;
use crate::operators::OperatorRole;
use crate::parts::Stores;

/// The longest name of an operator in the audit log.
const LONGEST: usize = 36;

/// One request.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) console: &'a Console,
    /// The account of the operator, as it is stored now.
    pub(super) operator: Account,
    pub(super) role: OperatorRole,
    /// The text of the session's token.
    pub(super) token: &'a str,
    /// Its number.
    pub(super) session: TokenId,
    /// What the browser is called in the list of sessions.
    pub(super) browser: Option<String>,
    pub(super) times: Times,
    pub(super) source: IpAddr,
    pub(super) now: Timestamp,
    /// The path below the console's, such as `/accounts/7`.
    pub(super) path: &'a str,
    /// What was done before this page, which says so.
    pub(super) done: Option<Act>,
    pub(super) query: Form,
    /// The fields of a form that was sent; `None` where a page is asked for.
    pub(super) form: Option<Form>,
}

impl Visit<'_> {
    pub(super) fn stores(&self) -> &Stores {
        &self.console.server.stores
    }

    /// The address of a page below the console's path.
    pub(super) fn at(&self, rest: &str) -> String {
        self.console.at(rest)
    }

    /// The address of this page, without its query.
    pub(super) fn here(&self) -> String {
        self.at(self.path)
    }

    /// Whether the operator's role may do this.
    pub(super) fn may(&self, act: Act) -> bool {
        act.allows(self.role)
    }

    /// What every form of this session has in it.
    pub(super) fn csrf(&self) -> String {
        self.console.keys.csrf(self.token)
    }

    /// Whether the password has to be typed for this act.
    pub(super) fn asks_password(&self, act: Act) -> bool {
        act.is_dangerous() && !self.times.is_fresh(self.now, self.console.settings.reauthenticate.0)
    }

    /// The value of a field of the form that was sent; empty where none was.
    pub(super) fn typed(&self, name: &str) -> &str {
        self.form.as_ref().map_or("", |form| form.text(name))
    }

    /// A value of the form that was sent, or of the address where none was.
    pub(super) fn asked(&self, name: &str) -> String {
        self.form.as_ref().unwrap_or(&self.query).text(name).trim().to_owned()
    }

    /// Only for a page that sends no form.
    pub(super) fn only_read(&self) -> Result<(), Trouble> {
        match self.form {
            None => Ok(()),
            Some(_) => Err(Trouble::Method("GET, HEAD")),
        }
    }

    /// The account of this number, as a part of an address. Operators have pages of their own.
    pub(super) async fn account(&self, number: &str) -> Result<Account, Trouble> {
        // One address for each account: no sign, no zeros before it.
        let is_plain = |parsed: &i64| parsed.to_string() == number;
        let subject = number.parse().ok().filter(is_plain).map(Subject);
        let subject = subject.ok_or(Trouble::NotFound)?;
        let found = self.stores().accounts.find(subject).await?;
        found.ok_or(Trouble::NotFound)
    }

    /// The flavours of a realm.
    pub(super) fn flavours_of(&self, realm: &Realm) -> impl Iterator<Item = &Flavour> {
        let flavours = self.console.flavours.iter();
        flavours.filter(move |flavour| flavour.realm.as_ref() == Some(realm))
    }

    /// The realms of the flavours, each once.
    pub(super) fn realms(&self) -> Vec<&Realm> {
        let mut realms: Vec<_> = self
            .console
            .flavours
            .iter()
            .filter_map(|one| one.realm.as_ref())
            .collect();
        realms.sort();
        realms.dedup();
        realms
    }

    /// Who acts, for the audit log: the operator, from this address, in this request.
    pub(super) fn provenance(&self, act: Act) -> Provenance {
        let name: String = self.operator.login.chars().take(LONGEST).collect();
        let name = format!("{name} (account {})", self.operator.subject);
        Provenance::current().of_operator(&name, &format!("console {}", act.command()))
    }
}
