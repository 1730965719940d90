//! `[self_service]`.

use serde::{Deserialize, Serialize};

use super::Flavour;
use crate::extension::BadSetting;

/// `[self_service]`: what people may do with their own sessions. All of it is off by default.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelfServiceSettings {
    /// The flavours whose tokens may list and end the sessions of their owner and change the password.
    pub flavours: Vec<String>,
    /// Whether anybody may report a leaked token, which is then revoked.
    pub leak_reports: bool,
}

impl SelfServiceSettings {
    pub(super) fn check(&self, flavours: &[Flavour]) -> Result<(), BadSetting> {
        let names = || flavours.iter().map(|flavour| flavour.name.as_str());
        match self.flavours.iter().find(|name| !names().any(|have| have == *name)) {
            None => Ok(()),
            Some(unknown) => Err(BadSetting::new(
                "self_service.flavours",
                unknown,
                format!("allowed are the flavours {}", names().collect::<Vec<_>>().join(", ")),
            )),
        }
    }

    /// Whether the tokens of this flavour may.
    pub(crate) fn has(&self, flavour: &str) -> bool {
        self.flavours.iter().any(|name| name == flavour)
    }
}
