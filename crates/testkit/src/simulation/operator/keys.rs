//! Rotating signing keys, and replacing them at once.

use std::sync::Arc;
use std::time::Duration;

use auth_core::Lifetime;
use keystore::{KeyFormat, KeyPurpose, KeyringError, PlainKey, RotationPlan};

use super::shown;
use crate::simulation::Build;
use crate::simulation::node::purpose;
use crate::simulation::world::World;

/// For how much longer than a token lives a key verifies after its successor signs, as the server's command has it.
const SLACK: Duration = Duration::from_secs(60);

/// What is done to the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Rotation,
    Emergency,
    EmergencyForEverything,
}

impl World<'_> {
    pub(in crate::simulation) async fn change_keys(&self) {
        let signing = self.signing_flavours();
        if signing.is_empty() {
            return;
        }
        let what = match self.kernel.below(6) {
            0..4 => What::Rotation,
            4 => What::Emergency,
            _ => What::EmergencyForEverything,
        };
        let one = self.kernel.below(signing.len());
        let concerned = match what {
            What::EmergencyForEverything => &signing[..],
            What::Rotation | What::Emergency => &signing[one..=one],
        };
        let name = self.setup.flavours[concerned[0].0].name;
        let (shown_begin, shown_end) = match what {
            What::Rotation => (format!("rotate the keys of {name}"), "rotation"),
            What::Emergency => (format!("replace the keys of {name}"), "emergency"),
            What::EmergencyForEverything => ("replace all keys".to_owned(), "emergency"),
        };
        let began = self.begin(shown_begin);
        let begin = |(flavour, format): &(usize, Arc<dyn KeyFormat>)| {
            let (emergency, signs_at) = match what {
                What::Rotation => (false, began + format.publish_for()),
                What::Emergency | What::EmergencyForEverything => (true, began),
            };
            (
                *flavour,
                self.model_mut().keys[*flavour].begin(emergency, began, signs_at),
            )
        };
        let changes: Vec<(usize, usize)> = concerned.iter().map(begin).collect();
        let outcome = self.do_with_keys(what, concerned).await;
        let (_, ended) = self.finish(began, shown_end, shown(&Some(outcome.as_ref())));
        for (flavour, change) in changes {
            self.model_mut().keys[flavour].finish(change, ended, outcome.is_ok());
        }
    }

    async fn do_with_keys(&self, what: What, concerned: &[(usize, Arc<dyn KeyFormat>)]) -> Result<(), KeyringError> {
        let made = concerned.iter().map(|(flavour, format)| {
            let key = format.generate().expect("a key");
            (purpose(&self.setup.flavours[*flavour]), key)
        });
        let made: Vec<(KeyPurpose, PlainKey)> = made.collect();
        let (purpose, key) = &made[0];
        let keyring = &self.commands.keyring;
        match what {
            What::Rotation => {
                let (flavour, format) = &concerned[0];
                let plan = RotationPlan {
                    publish_for: format.publish_for(),
                    longest_life: self.life(*flavour) + SLACK,
                };
                keyring.rotate(purpose, key, plan).await.map(drop)
            }
            What::Emergency => keyring.emergency(purpose, key).await.map(drop),
            What::EmergencyForEverything => keyring.replace_all(&made).await.map(drop),
        }
    }

    fn signing_flavours(&self) -> Vec<(usize, Arc<dyn KeyFormat>)> {
        let flavours = self.setup.flavours.iter().enumerate();
        let signing = flavours.filter_map(|(place, flavour)| match &flavour.build {
            Build::Signing(format, _) => Some((place, format.clone())),
            Build::Fixed(_) => None,
        });
        signing.collect()
    }

    fn life(&self, flavour: usize) -> Duration {
        match self.node(0).services[flavour].issuer.lifetime() {
            Lifetime::Limited(life) => life,
            Lifetime::UntilRevoked => Duration::from_secs(365 * 24 * 60 * 60),
        }
    }
}
