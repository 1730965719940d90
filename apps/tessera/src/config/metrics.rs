//! `[metrics]`.

use serde::{Deserialize, Serialize};

use super::ListenAddress;

/// `[metrics]`: what the server counts, for Prometheus.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSettings {
    /// Whether it counts requests and checks, and answers `/metrics`.
    pub enabled: bool,
    /// A listener of its own for `/metrics`. `None`: the server's own listener answers it, to programs on the same
    /// machine.
    pub listen: Option<ListenAddress>,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: None,
        }
    }
}
