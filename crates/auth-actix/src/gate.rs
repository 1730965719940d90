//! All verifiers of a service behind one question.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use auth_core::{Rejection, VerifiedToken, Verifier, VerifyError};

use crate::carrier::{Carriers, Credential};
use crate::error::Denied;

/// One verifier, and how its tokens are carried.
#[derive(Clone, Debug)]
pub struct Door {
    /// How tokens for this verifier come.
    pub carriers: Carriers,
    /// The verifier.
    pub verifier: Arc<dyn Verifier>,
}

/// The doors of a service. A token opens the one door whose verifier issued it, or none.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    doors: Arc<[Door]>,
    challenge: Arc<str>,
}

impl Gate {
    /// A gate of these doors. `realm` stands in the challenge that a refused caller gets; characters that could leave
    /// the quotes are left out of it.
    pub fn new(doors: Vec<Door>, realm: &str) -> Self {
        let safe = |c: &char| c.is_ascii_graphic() && *c != '"' && *c != '\\';
        let realm: String = realm.chars().filter(safe).collect();
        Self {
            doors: doors.into(),
            challenge: format!("Bearer realm=\"{realm}\"").into(),
        }
    }

    /// Checks the token that the headers carry.
    ///
    /// # Errors
    /// [`Denied`]: without a token, with an unreadable or rejected one, or when nobody can know.
    ///
    /// # Security
    /// Every door that takes this kind of carrier is asked, and the first that recognises its own token decides.
    /// Trouble at one door is never a yes; it is told as trouble only if no other door recognises the token.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<VerifiedToken, Denied> {
        let credential = match Credential::read(headers) {
            Ok(Some(credential)) => credential,
            Ok(None) => return Err(Denied::absent(&self.challenge)),
            Err(_) => return Err(Denied::invalid(&self.challenge, Rejection::Malformed)),
        };
        let mut denied = Denied::invalid(&self.challenge, Rejection::Unknown);
        for door in self.doors.iter().filter(|door| credential.fits(door.carriers)) {
            match door.verifier.verify(&credential.presented()).await {
                Ok(token) => return Ok(token),
                Err(VerifyError::Unavailable(trouble)) => denied = Denied::unavailable(trouble),
                Err(VerifyError::Rejected(reason)) => denied = denied.or_rejected(&self.challenge, reason),
                Err(_) => {}
            }
        }
        Err(denied)
    }

    /// The challenge for a caller without a valid token.
    pub fn challenge(&self) -> &Arc<str> {
        &self.challenge
    }
}
