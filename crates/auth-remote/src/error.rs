//! What can be wrong with how a verifier is set up.

/// Why a [`RemoteVerifier`](crate::RemoteVerifier) cannot be made. A mistake in the program or its settings, found at start. That
/// the server does not answer is none: the verifier starts, and tokens get 503 until it does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The address of the server cannot be used.
    #[error("{url:?} {why}")]
    Url {
        /// The address, without a user or password.
        url: String,
        /// What is wrong with it, and what is allowed.
        why: &'static str,
    },
    /// A setting has a value that is not allowed.
    #[error("{setting} {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// There are no root certificates, or those that were given cannot be read.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// It was made outside a tokio runtime, on which its calls to the server run.
    #[error("a remote verifier is made inside a tokio runtime, and there is none")]
    NoRuntime,
}
