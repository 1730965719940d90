//! The flavours on which the laws are tested: where to sign in, how a token is presented.

use std::time::Duration;

use auth_core::{Capabilities, Lifetime};
use serde_json::{Value, json};

use crate::support::dialect::Dialect;

/// One mounted flavour, and the name of a second one of the same kind.
#[derive(Debug)]
pub struct MountedFlavour {
    pub name: &'static str,
    pub foreign: &'static str,
    pub dialect: Dialect,
    pub lifetime: Lifetime,
}

const QUARTER: Lifetime = Lifetime::Limited(Duration::from_secs(900));
const WEEK: Lifetime = Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60));

pub static MECHANICS: MountedFlavour = MountedFlavour {
    name: "shops",
    foreign: "shops-too",
    dialect: Dialect::Mechanics,
    lifetime: QUARTER,
};

pub static MECHANICS_OPAQUE: MountedFlavour = MountedFlavour {
    name: "shops-opaque",
    foreign: "shops-opaque-too",
    dialect: Dialect::Mechanics,
    lifetime: QUARTER,
};

pub static LOGIN: MountedFlavour = MountedFlavour {
    name: "pbx",
    foreign: "pbx-too",
    dialect: Dialect::Login,
    lifetime: WEEK,
};

pub static DEVICE: MountedFlavour = MountedFlavour {
    name: "players",
    foreign: "players-too",
    dialect: Dialect::Device,
    lifetime: Lifetime::UntilRevoked,
};

/// The settings of all these flavours, and of the integration flavour.
pub fn configuration() -> String {
    let block = |name: &str, dialect: &str, rest: &str| {
        let path = format!("path = \"/{name}\"\nrealm = \"laws\"");
        format!("[[flavour]]\nname = \"{name}\"\ndialect = \"{dialect}\"\n{path}\n{rest}\n")
    };
    let two = |flavour: &MountedFlavour, dialect: &str, rest: &str| {
        block(flavour.name, dialect, rest) + &block(flavour.foreign, dialect, rest)
    };
    [
        two(&MECHANICS, "mechanics", ""),
        two(&MECHANICS_OPAQUE, "mechanics", "issuer = \"opaque\""),
        two(&LOGIN, "login", ""),
        two(&DEVICE, "device", ""),
        "[[flavour]]\nname = \"integration\"\ndialect = \"integration\"\n".to_owned(),
    ]
    .concat()
}

impl MountedFlavour {
    pub fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.revocable = true;
        capabilities.recorded = true;
        capabilities.current_rights = true;
        capabilities.expires = self.lifetime != Lifetime::UntilRevoked;
        capabilities.key_bound = self.dialect == Dialect::Login;
        capabilities
    }

    /// The sign-in path of the flavour of this name.
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

    /// The path at which the presented token is revoked, if the dialect has one.
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

/// Whether a header line can carry this value: white space at its ends is not part of a value, and control characters
/// are not allowed.
fn is_line(value: &str) -> bool {
    value.trim_matches([' ', '\t']) == value && !value.contains(['\r', '\n', '\0'])
}
