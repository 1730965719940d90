//! Prints everything that is handled while a token is issued, verified and refused.

use auth_core::PresentedToken;

use super::InProcess;
use crate::harness::{Owner, Prints};

/// Signs in, verifies and refuses, and prints everything that is handled.
pub(super) async fn prints(harness: &InProcess, owner: &Owner) -> Prints {
    let mut grant = harness.grant(owner).await;
    let mut printed = vec![format!("{grant:?} {harness:?} {:#?}", harness.here)];
    let mut canaries = Vec::new();
    let token = match &harness.here.sessions {
        Some(sessions) => {
            grant.label = Some("a device".into());
            let signed_in = sessions.sign_in(grant).await.expect("sign in");
            printed.push(format!("{signed_in:?} {signed_in:#?}"));
            canaries.extend(signed_in.refresh.as_ref().map(|refresh| refresh.expose().to_owned()));
            signed_in.token
        }
        None => harness.here.issuer.issue(grant).await.expect("issue"),
    };
    let text = token.plain.expose().to_owned();
    let key = token.key.map(|key| key.to_string());
    let altered = format!("{text}x");
    for text in [&text, &altered] {
        let presented = PresentedToken {
            text,
            key: key.as_deref(),
            source: None,
        };
        let verdict = harness.here.issuer.verify(&presented).await;
        printed.push(format!("{presented:?} {verdict:?} {verdict:#?}"));
        printed.extend(verdict.err().map(|error| error.to_string()));
    }
    printed.push(format!(
        "{token:?} {token:#?} {:?} {:#?}",
        token.plain,
        token.plain.digest()
    ));
    printed.push(format!("{harness:?} {harness:#?}"));
    canaries.push(text);
    Prints { printed, canaries }
}
