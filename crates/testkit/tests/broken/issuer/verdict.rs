//! What can be wrong with a verdict.

use std::time::Duration;

use auth_core::{
    PresentedToken, Realm, Rejection, Scopes, Timestamp, Unavailable, VerifiedParts, VerifiedToken, VerifyError,
};

use super::{BrokenIssuer, DAY, Flaw, Known};

impl BrokenIssuer {
    /// What is presented, as the flaw reads it.
    pub(super) fn misread(&self, presented: &PresentedToken<'_>) -> (String, Option<String>) {
        let (mut text, mut key) = (presented.text.to_owned(), presented.key.map(str::to_owned));
        let known = self.known(&text);
        match self.flaw {
            Flaw::Trims => text = text.trim().to_owned(),
            Flaw::FoldsCase => text = text.to_lowercase(),
            Flaw::PanicsOnNothing => assert_ne!(text.as_bytes()[0], b' ', "no token begins with a blank"),
            Flaw::KeyIsOptional if key.is_none() => key = known.and_then(|known| known.key),
            Flaw::AnyKey if key.is_some() => key = known.and_then(|known| known.key),
            Flaw::LenientKey => key = key.map(|key| key.trim().trim_matches(['{', '}']).to_lowercase()),
            Flaw::KeyIsEnough => {
                let seen = self.seen();
                let by_key = seen.issued.iter().find(|(_, known)| known.key.as_ref() == Some(&text));
                if let Some((of_key, known)) = by_key {
                    (text, key) = (of_key.clone(), known.key.clone());
                }
            }
            Flaw::OverlooksOneByte => {
                let near = |other: &&String| {
                    let differences = other.bytes().zip(text.bytes()).filter(|(a, b)| a != b).count();
                    other.len() == text.len() && differences == 1
                };
                let near = self.seen().issued.keys().find(near).cloned();
                text = near.unwrap_or(text);
            }
            Flaw::MixesParts => {
                let seen = self.seen();
                let claims = text.split('.').next().unwrap_or_default();
                let signature = text.split('.').next_back().unwrap_or_default();
                let signed = seen
                    .issued
                    .keys()
                    .any(|known| known.ends_with(signature) && signature.len() == 64);
                let whole = seen.issued.keys().find(|known| known.split('.').next() == Some(claims));
                if let (true, Some(whole)) = (signed, whole) {
                    text = whole.clone();
                }
            }
            _ => {}
        }
        (text, key)
    }

    /// The verdict, as the flaw has it.
    pub(super) async fn misjudge(
        &self,
        presented: &PresentedToken<'_>,
        verdict: Result<VerifiedToken, VerifyError>,
    ) -> Result<VerifiedToken, VerifyError> {
        let known = self.known(presented.text);
        let now = self.parts.clock.now();
        match verdict {
            Ok(token) => self.misjudge_good(presented, token, known, now).await,
            Err(error) => self.misjudge_bad(presented, error, known, now).await,
        }
    }

    async fn misjudge_good(
        &self,
        presented: &PresentedToken<'_>,
        token: VerifiedToken,
        known: Option<Known>,
        now: Timestamp,
    ) -> Result<VerifiedToken, VerifyError> {
        let edits = if self.has(Flaw::AnyEditLosesRights) {
            self.edits().await
        } else {
            0
        };
        let first_time = self
            .seen()
            .accepted
            .insert(presented.text.to_owned(), token.clone())
            .is_none();
        let latest = self.seen().order.last().is_none_or(|latest| latest == presented.text);
        let old = token.issued_at().is_some_and(|issued| now.since(issued) > DAY * 365);
        match self.flaw {
            Flaw::SaysAnotherRealm => {
                let realm = Realm::from_stored("elsewhere");
                return Ok(altered(token, |parts| parts.realm = realm));
            }
            Flaw::RightsStay | Flaw::GivesMoreAtRefresh => {
                let granted = known.map(|known| known.token.scopes().clone()).unwrap_or_default();
                return Ok(altered(token, |parts| parts.scopes = granted));
            }
            Flaw::HasNoLeeway if token.issued_at().is_some_and(|issued| issued > now) => {
                return Err(Rejection::NotYetValid.into());
            }
            Flaw::GoodOnce if !first_time => return Err(Rejection::Unknown.into()),
            Flaw::EndsAfterAYear if old => return Err(Rejection::Expired.into()),
            Flaw::OnlyTheLatest if !latest => return Err(Rejection::Revoked.into()),
            Flaw::AsksTheStore => drop(self.parts.registry.store().find(token.id()).await?),
            Flaw::NewerGenerationDies if token.session().generation.0 > 0 => return Err(Rejection::Revoked.into()),
            Flaw::AnyEditLosesRights if known.is_some_and(|known| known.edits != edits) => {
                return Ok(altered(token, |parts| parts.scopes = Scopes::none()));
            }
            _ => {}
        }
        Ok(token)
    }

    async fn misjudge_bad(
        &self,
        presented: &PresentedToken<'_>,
        error: VerifyError,
        known: Option<Known>,
        now: Timestamp,
    ) -> Result<VerifiedToken, VerifyError> {
        let stale = matches!(error, VerifyError::Unavailable(Unavailable::Stale));
        let trouble = matches!(error, VerifyError::Unavailable(_));
        let expired = |token: &VerifiedToken| token.expires_at().is_some_and(|end| end <= now);
        let accepted = self.seen().accepted.get(presented.text).cloned();
        let revoked = known
            .as_ref()
            .is_some_and(|known| self.seen().revoked.contains(&known.token.session().id));
        let wrongly = match (self.flaw, known) {
            (Flaw::TroubleIsNo, _) if trouble => return Err(Rejection::Unknown.into()),
            (Flaw::TroubleIsYes, Some(known)) if trouble => Some(known.token),
            (Flaw::Guesses, Some(known)) if stale => Some(known.token),
            (Flaw::RemembersYes, _) => accepted,
            (Flaw::HasLeeway, Some(known)) => {
                let just_ended = known
                    .token
                    .expires_at()
                    .is_some_and(|end| now.since(end) < Duration::from_secs(1));
                just_ended.then_some(known.token)
            }
            (Flaw::NeverEnds, Some(known)) => (error == Rejection::Expired.into()).then_some(known.token),
            (Flaw::ForgetsEnds, Some(known)) => {
                let long_ago = known
                    .token
                    .issued_at()
                    .is_some_and(|issued| now.since(issued) > DAY * 3);
                long_ago.then_some(known.token)
            }
            (Flaw::ChildrenLiveOn | Flaw::BelievesTheToken, Some(known)) if known.child => Some(known.token),
            (Flaw::ReenablesTokens, Some(known)) if !revoked && !expired(&known.token) => Some(known.token),
            (Flaw::AcceptsRefreshTokens, None) if presented.text.len() == 64 => self.any_of_mine(),
            _ => None,
        };
        wrongly.ok_or(error)
    }

    /// A token that was issued here.
    fn any_of_mine(&self) -> Option<VerifiedToken> {
        let seen = self.seen();
        seen.issued.values().next().map(|known| known.token.clone())
    }
}

/// The token with some of its properties replaced.
fn altered(token: VerifiedToken, alter: impl FnOnce(&mut VerifiedParts)) -> VerifiedToken {
    let mut parts = token.into_parts();
    alter(&mut parts);
    VerifiedToken::dangerous_from_verifier(parts)
}
