//! `tessera role`.

mod list;

use anyhow::Context;
use auth_core::{Realm, Scopes};
use clap::{Args, Subcommand};
use permissions::{Role as StoredRole, RoleName, parse_permission};
use serde_json::{Value, json};

use super::account::{parse_realm, refuse_operators};
use super::admin::Admin;
use super::report::{Report, plain};
use crate::acts;
use crate::options::Common;

/// Roles: what the accounts of a realm may do.
#[derive(Debug, Args)]
pub struct Role {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Put(Put),
    Show(Show),
}

/// Create a role, or replace its permissions. The permissions of active tokens follow.
#[derive(Debug, Args)]
struct Put {
    #[command(flatten)]
    name: Name,
    /// A permission. Repeat the option for more, in the order in which clients see them.
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
}

/// Show a role.
#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    name: Name,
}

#[derive(Debug, Args)]
struct Name {
    /// The role's realm.
    #[arg(long, value_name = "REALM")]
    realm: String,
    /// The role's name in the realm.
    #[arg(long, value_name = "NAME")]
    name: String,
}

impl Role {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        match self.action {
            Action::List(list) => list.run(common),
            Action::Put(put) => put.run(common),
            Action::Show(show) => show.run(common),
        }
    }
}

impl Put {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let role = StoredRole {
                realm: self.name.realm_to_change()?,
                name: self.name.parse()?,
                permissions: self.permissions()?,
            };
            acts::role::put(&admin.stores(), &role, admin.now()).await?;
            Ok(Report::new(text(&role), json(&role)))
        })
    }

    fn permissions(&self) -> anyhow::Result<Scopes> {
        let read = |name: &String| parse_permission(name).with_context(|| format!("--permission {name:?}"));
        self.permissions.iter().map(read).collect()
    }
}

impl Show {
    fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let (realm, name) = (parse_realm(&self.name.realm)?, self.name.parse()?);
            let role = admin.roles().find(&realm, name.as_str()).await?;
            let role = role.with_context(|| {
                format!(
                    "the realm {realm} has no role {:?}: create it with `tessera role put`",
                    name.as_str()
                )
            })?;
            Ok(Report::new(text(&role), json(&role)))
        })
    }
}

impl Name {
    /// The roles of operators are built in.
    fn realm_to_change(&self) -> anyhow::Result<Realm> {
        let realm = parse_realm(&self.realm)?;
        refuse_operators(&realm)?;
        Ok(realm)
    }

    fn parse(&self) -> anyhow::Result<RoleName> {
        let name = RoleName::parse(&self.name);
        name.with_context(|| format!("--name {:?} is not the name of a role", self.name))
    }
}

fn text(role: &StoredRole) -> String {
    let names = role
        .permissions
        .iter()
        .map(|name| format!("\n  {}", plain(name.as_str())));
    let head = format!("role {} in {}", plain(role.name.as_str()), role.realm);
    match role.permissions.is_empty() {
        true => format!("{head} permits nothing"),
        false => format!("{head} permits{}", names.collect::<String>()),
    }
}

fn json(role: &StoredRole) -> Value {
    let permissions: Vec<_> = role.permissions.iter().map(|name| name.as_str()).collect();
    json!({ "realm": role.realm.as_str(), "name": role.name.as_str(), "permissions": permissions })
}
