//! The people of a simulation, and their roles.

use std::time::Duration;

use auth_core::{Attributes, NewAccount, Realm};
use permissions::{Role as StoredRole, RoleName};

use super::Setup;
use super::model::account::Register;
use super::model::{Account, Model, Rights, Role};
use super::node::wall;
use super::password::Hash;
use super::scheduler::now;
use crate::in_process::scopes;

const ACCOUNTS: usize = 5;
const ROLES: usize = 3;

pub(super) fn realm() -> Realm {
    Realm::parse("people").expect("the name of a realm")
}

pub(super) fn stored_role(name: &str, rights: &Rights) -> StoredRole {
    let rights: Vec<String> = rights.iter().cloned().collect();
    StoredRole {
        realm: realm(),
        name: RoleName::parse(name).expect("the name of a role"),
        permissions: scopes(&rights),
    }
}

/// Some accounts with roles.
pub(super) fn people(setup: &Setup, nodes: usize) -> Model {
    let roles: Vec<Role> = (0..ROLES).map(|number| role(setup, number)).collect();
    let account = |number: usize| {
        let new = NewAccount {
            subject: None,
            realm: realm(),
            login: format!("person-{number}"),
            alias: Some(format!("alias-{number}")),
            role: Some(roles[number % ROLES].name.clone()),
            attributes: Attributes::new(),
            created_at: wall(Duration::ZERO),
        };
        let subject = now(setup.ports.accounts.create(new)).expect("create an account");
        let subject = subject.expect("a free name");
        let hash = Hash {
            is_weak: false,
            password: 0,
        }
        .to_string();
        let set = setup.ports.passwords.set(subject, &hash, false, wall(Duration::ZERO));
        now(set).expect("set a password");
        Account::new(subject, number % ROLES)
    };
    let accounts = (0..ACCOUNTS).map(account).collect();
    Model::new(accounts, roles, setup.flavours.len(), nodes)
}

fn role(setup: &Setup, number: usize) -> Role {
    let rights: Rights = ["read", "write"].map(str::to_owned).into();
    let name = format!("role-{number}");
    let stored = stored_role(&name, &rights);
    now(setup.ports.roles.put(&stored, wall(Duration::ZERO))).expect("put a role");
    Role {
        name,
        rights: Register::new(rights),
        busy: false,
    }
}
