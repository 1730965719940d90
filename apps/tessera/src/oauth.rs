//! What standard clients of OAuth 2.0 find here: the public keys, where what is answered, and whether a token is active.

mod document;
mod introspect;
mod jwk_set;
mod metadata;
mod revoke;
mod token_endpoints;

use actix_web::web::{Data, ServiceConfig};

use crate::http::FixedRoute;

pub(crate) use document::MAX_AGE;
pub(crate) use jwk_set::{JwkSet, KeySetAge};
pub(crate) use metadata::{Metadata, own_url};
pub(crate) use token_endpoints::{AskedFlavour, TokenEndpoints};

/// The JWK Set (RFC 7517), as OpenID Connect's discovery has it.
pub(crate) const JWK_SET: &str = "/.well-known/jwks.json";

/// The metadata (RFC 8414 section 3).
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";

/// What this server answers under `/.well-known`.
#[derive(Debug)]
pub(crate) struct WellKnown {
    pub(crate) jwk_set: Data<JwkSet>,
    pub(crate) key_age: Data<KeySetAge>,
    pub(crate) metadata: Data<Metadata>,
}

impl WellKnown {
    /// The paths that it answers, with their descriptions.
    pub(crate) fn routes(&self) -> Vec<FixedRoute> {
        let metadata = self.metadata.paths().into_iter();
        let metadata = metadata.map(|path| FixedRoute::get(path, metadata::answer, metadata::operation()));
        let keys = FixedRoute::get(JWK_SET, jwk_set::answer, jwk_set::operation());
        metadata.chain([keys]).collect()
    }

    /// Hands the handlers what they answer from.
    pub(crate) fn share(&self, config: &mut ServiceConfig) {
        config.app_data(self.jwk_set.clone());
        config.app_data(self.key_age.clone());
        config.app_data(self.metadata.clone());
    }
}
