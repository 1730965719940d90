//! One verifier over two sources.

use async_trait::async_trait;
use auth_core::{Capabilities, PresentedToken, Unavailable, VerifiedToken, Verifier, VerifyError};

use crate::introspection::Introspection;
use crate::key_set::FetchedKeySet;

/// Checks the tokens of one flavour of a Tessera that runs elsewhere. Made by an
/// [`IntrospectionSource`](crate::IntrospectionSource) or a [`KeySetSource`](crate::KeySetSource).
///
/// # Contract
/// * A token that cannot be checked is [`VerifyError::Unavailable`] (503), never rejected and never accepted; but for
///   [`stale_for`](crate::IntrospectionSource::stale_for), and for new keys in the seconds between two
///   [fetches](crate::KeySetSource).
/// * All calls to the server run on the tokio runtime in which the verifier was made, whichever runtime asks. They end when
///   the last of its callers is gone.
/// * Accepted tokens have everything that they say ([`VerifiedToken::claims_json`]): the claims of a signed token, or the
///   members of the server's answer.
#[derive(Debug)]
pub struct RemoteVerifier(Source);

#[derive(Debug)]
pub(crate) enum Source {
    KeySet(FetchedKeySet),
    Introspection(Introspection),
}

impl RemoteVerifier {
    pub(crate) fn over(source: Source) -> Self {
        Self(source)
    }

    /// Whether tokens can be checked at present, for a service's own `/readyz`. It asks nothing: it is about the last call.
    ///
    /// # Errors
    /// [`Unavailable`]: the keys are too old or there are none yet; or the last question was not answered, less than ten seconds
    /// ago. After that it is not known whether the server answers, and the next request finds out.
    pub fn check_ready(&self) -> Result<(), Unavailable> {
        match &self.0 {
            Source::KeySet(keys) => keys.check_ready(),
            Source::Introspection(introspection) => introspection.check_ready(),
        }
    }
}

#[async_trait]
impl Verifier for RemoteVerifier {
    fn flavour(&self) -> &str {
        match &self.0 {
            Source::KeySet(keys) => keys.flavour(),
            Source::Introspection(introspection) => introspection.flavour(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.expires = matches!(self.0, Source::KeySet(_));
        capabilities
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        match &self.0 {
            Source::KeySet(keys) => keys.verify(presented).await,
            Source::Introspection(introspection) => introspection.verify(presented).await,
        }
    }
}

/// The server cannot be asked, and why.
pub(crate) fn unavailable(why: impl ToString) -> Unavailable {
    Unavailable::Remote(why.to_string())
}
