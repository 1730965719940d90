//! `[tls]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::extension::BadSetting;

/// `[tls]`: a server without a proxy in front encrypts by itself. Both files or none.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// The certificates as PEM, the server's own first.
    pub certificate_file: Option<PathBuf>,
    /// Its private key as PEM.
    pub key_file: Option<PathBuf>,
}

/// Where the certificate and its private key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates as PEM, the server's own first.
    pub certificate: PathBuf,
    /// Its private key as PEM.
    pub key: PathBuf,
}

impl TlsSettings {
    /// The files; `None`: the server does not encrypt.
    pub(super) fn files(self) -> Result<Option<TlsFiles>, BadSetting> {
        let missing = |have, lacking: &str| BadSetting::new(lacking, "nothing", format!("{have} is set, and needs it"));
        match (self.certificate_file, self.key_file) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("tls.certificate_file", "tls.key_file")),
            (None, Some(_)) => Err(missing("tls.key_file", "tls.certificate_file")),
        }
    }
}
