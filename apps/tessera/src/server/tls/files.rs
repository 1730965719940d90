//! The files of a certificate and its private key, and the TLS settings made of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use crate::config::TlsFiles;

/// A larger file is none of a certificate. In bytes.
const LARGEST: u64 = 1024 * 1024;

/// The bytes of both files.
#[derive(PartialEq, Eq)]
pub(super) struct Material {
    certificates: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error("{}: the file cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{}: larger than 1 MiB: it is not a file of certificates or keys", path.display())]
    TooLarge { path: PathBuf },
    #[error(
        "{}: there is no certificate in it: it must be PEM, the server's certificate first, then those that sign it",
        path.display()
    )]
    NoCertificate { path: PathBuf },
    #[error("{}: a certificate in it is damaged", path.display())]
    BadCertificate { path: PathBuf },
    #[error("{}: there is no private key in it: it must be PEM, without a passphrase", path.display())]
    NoKey { path: PathBuf },
    #[error("{}: the private key is of a kind that is not known: use ECDSA (P-256), RSA or Ed25519", path.display())]
    BadKey { path: PathBuf },
    #[error(
        "{}: the private key is not that of the first certificate in {}: write both files of one certificate",
        key.display(),
        certificate.display()
    )]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl Material {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Self {
            certificates: read(&files.certificate)?,
            key: Zeroizing::new(read(&files.key)?),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |error| TlsError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(TlsError::TooLarge { path: path.to_owned() });
    }
    std::fs::read(path).map_err(unreadable)
}

/// The settings of a listener with this certificate, and when it ends, in seconds since 1970: TLS 1.3 and 1.2, HTTP/1.1, sessions
/// resumed by tickets. No early data, which could be sent twice.
pub(super) fn server_config(files: &TlsFiles, material: &Material) -> Result<(Arc<ServerConfig>, i64), TlsError> {
    let chain = certificates(&files.certificate, &material.certificates)?;
    let not_after = not_after(&files.certificate, &chain)?;
    let provider = ring::default_provider();
    let key = private_key(&files.key, &material.key)?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|_| TlsError::BadKey {
        path: files.key.clone(),
    })?;
    let own = CertifiedKey::new(chain, key);
    own.keys_match().map_err(|error| not_matching(files, &error))?;
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(own));
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new().map_err(TlsError::Setup)?;
    Ok((Arc::new(config), not_after))
}

fn not_matching(files: &TlsFiles, error: &rustls::Error) -> TlsError {
    match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
        },
        _ => TlsError::BadCertificate {
            path: files.certificate.clone(),
        },
    }
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(TlsError::NoCertificate { path: path.to_owned() }),
        Ok(chain) => Ok(chain),
        Err(_) => Err(TlsError::BadCertificate { path: path.to_owned() }),
    }
}

fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| TlsError::NoKey { path: path.to_owned() })
}

/// When the server's own certificate ends.
fn not_after(path: &Path, chain: &[CertificateDer<'_>]) -> Result<i64, TlsError> {
    let own = chain.first().and_then(|own| Certificate::from_der(own).ok());
    let own = own.ok_or_else(|| TlsError::BadCertificate { path: path.to_owned() })?;
    let end = own.tbs_certificate.validity.not_after.to_unix_duration();
    Ok(i64::try_from(end.as_secs()).unwrap_or(i64::MAX))
}
