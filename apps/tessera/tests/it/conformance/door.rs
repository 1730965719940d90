//! The flavours that the laws are held up against, as doors: where to sign in, how a token is presented.

use std::time::Duration;

use auth_core::{Capabilities, Lifetime};
use serde_json::{Value, json};

use crate::support::dialect::Dialect;

/// One mounted flavour, and another of the same kind beside it.
#[derive(Debug)]
pub struct Door {
    pub name: &'static str,
    pub foreign: &'static str,
    pub dialect: Dialect,
    /// Whether its tokens carry the owner's rights.
    pub carries_rights: bool,
    /// Whether they lose what the owner loses at once.
    pub rights_at_once: bool,
    pub lifetime: Lifetime,
}

const QUARTER: Lifetime = Lifetime::Limited(Duration::from_secs(900));
const WEEK: Lifetime = Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60));

pub static MECHANICS: Door = Door {
    name: "shops",
    foreign: "shops-too",
    dialect: Dialect::Mechanics,
    carries_rights: true,
    rights_at_once: false,
    lifetime: QUARTER,
};

pub static MECHANICS_OPAQUE: Door = Door {
    name: "shops-opaque",
    foreign: "shops-opaque-too",
    dialect: Dialect::Mechanics,
    carries_rights: true,
    rights_at_once: true,
    lifetime: QUARTER,
};

pub static LOGIN: Door = Door {
    name: "pbx",
    foreign: "pbx-too",
    dialect: Dialect::Login,
    carries_rights: false,
    rights_at_once: false,
    lifetime: WEEK,
};

pub static DEVICE: Door = Door {
    name: "players",
    foreign: "players-too",
    dialect: Dialect::Device,
    carries_rights: true,
    rights_at_once: true,
    lifetime: Lifetime::UntilRevoked,
};

/// All of them, as configuration; and the clients of the demo's organisations.
pub fn configuration() -> String {
    let block = |name: &str, dialect: &str, rest: &str| {
        let path = format!("path = \"/{name}\"\nrealm = \"laws\"");
        format!("[[flavour]]\nname = \"{name}\"\ndialect = \"{dialect}\"\n{path}\n{rest}\n")
    };
    let two =
        |door: &Door, dialect: &str, rest: &str| block(door.name, dialect, rest) + &block(door.foreign, dialect, rest);
    [
        two(&MECHANICS, "mechanics", ""),
        two(&MECHANICS_OPAQUE, "mechanics", "issuer = \"opaque\""),
        two(&LOGIN, "login", ""),
        two(&DEVICE, "device", ""),
        "[[flavour]]\nname = \"integration\"\ndialect = \"integration\"\n".to_owned(),
    ]
    .concat()
}

impl Door {
    pub fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.revocable = true;
        capabilities.recorded = true;
        capabilities.expires = self.lifetime != Lifetime::UntilRevoked;
        capabilities.key_bound = self.dialect == Dialect::Login;
        capabilities
    }

    /// Where one signs in to the flavour of this name.
    pub fn path(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Login => format!("/{name}/login"),
            Dialect::Device => format!("/{name}/create"),
            Dialect::Mechanics | Dialect::Integration => format!("/{name}"),
        }
    }

    pub fn sign_in(&self, login: &str, password: &str) -> Value {
        match self.dialect {
            Dialect::Device => json!({"username": login, "password": password, "device_name": "d"}),
            dialect => json!({dialect.name_field(): login, "password": password}),
        }
    }

    /// Where a token is ended by presenting it, if the dialect has that.
    pub fn end_path(&self) -> Option<String> {
        match self.dialect {
            Dialect::Login => Some(format!("/{}/logout", self.name)),
            Dialect::Device => Some(format!("/{}/revoke", self.name)),
            Dialect::Mechanics | Dialect::Integration => None,
        }
    }

    /// The headers that present a text; `None` if a header line cannot hold it as it is.
    pub fn present(&self, text: &str, key: Option<&str>) -> Option<Vec<(&'static str, String)>> {
        let token = match self.dialect {
            Dialect::Login => ("X-Access-Token", text.to_owned()),
            _ => ("Authorization", format!("Bearer {text}")),
        };
        let headers: Vec<_> = [Some(token), key.map(|key| ("X-Key", key.to_owned()))]
            .into_iter()
            .flatten()
            .collect();
        headers.iter().all(|(_, value)| is_line(value)).then_some(headers)
    }
}

/// White space at the ends of a header line is not part of its value, and control characters are of no value.
fn is_line(value: &str) -> bool {
    value.trim_matches([' ', '\t']) == value && !value.contains(['\r', '\n', '\0'])
}
