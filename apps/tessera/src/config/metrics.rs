//! `[metrics]`.

use serde::{Deserialize, Serialize};

use super::ListenAddress;
use crate::extension::BadSetting;

/// `[metrics]`: what the server counts, for Prometheus.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSettings {
    /// Whether it counts requests and checks, and answers `/metrics`.
    pub enabled: bool,
    /// A listener of its own for `/metrics`. `None`: the server's own listener answers it, to programs on the same
    /// machine.
    pub listen: Option<ListenAddress>,
    /// Whether that listener encrypts with the certificate of `[tls]`.
    pub tls: bool,
}

impl MetricsSettings {
    pub(super) fn check(self, has_certificate: bool) -> Result<(), BadSetting> {
        match self.tls && !has_certificate {
            true => Err(BadSetting::new(
                "metrics.tls",
                "true",
                "set tls.certificate_file and tls.key_file, too",
            )),
            false => Ok(()),
        }
    }
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: None,
            tls: false,
        }
    }
}
