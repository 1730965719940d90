//! What operators run commands with.

use std::sync::Arc;

use auth_core::Entropy;
use keystore::Keyring;

use super::Setup;
use super::key_line::KeyLine;
use super::line::Line;
use super::node::{NodeClock, keyring};

/// A machine beside the nodes.
pub(super) struct Commands {
    pub(super) clock: Arc<NodeClock>,
    pub(super) line: Arc<Line>,
    pub(super) keyring: Keyring,
}

impl Commands {
    pub(super) fn new(clock: Arc<NodeClock>, line: Arc<Line>, setup: &Setup, entropy: &Arc<dyn Entropy>) -> Self {
        let keys = KeyLine {
            line: line.clone(),
            keys: setup.ports.keys.clone(),
        };
        Self {
            keyring: keyring(Arc::new(keys), clock.clone(), entropy),
            clock,
            line,
        }
    }
}
