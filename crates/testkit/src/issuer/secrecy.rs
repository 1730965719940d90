//! What must not be seen.

use super::fixture::Harness;
use crate::law::LawResult;
use crate::simple::unhex;

/// Nothing that is handled while tokens are issued, verified and refused prints a secret, in `Debug` or `Display`: what
/// prints ends in a log.
pub async fn nothing_prints(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let prints = harness.prints(&owner).await?;
    assert!(
        prints.printed.iter().any(|text| !text.is_empty()),
        "nothing was printed at all"
    );
    let mut canaries = prints.canaries.clone();
    for canary in &prints.canaries {
        let parts = canary.split(['.', '|']).filter(|part| part.len() >= 16);
        canaries.extend(parts.map(str::to_owned));
        canaries.push(format!("{:?}", canary.as_bytes()));
    }
    assert!(
        canaries.iter().all(|canary| canary.len() >= 16),
        "a secret is too short to be looked for"
    );
    for canary in &canaries {
        let found = prints.printed.iter().find(|text| text.contains(canary.as_str()));
        assert!(found.is_none(), "a secret of {} bytes was printed", canary.len());
    }
    Ok(())
}

/// What the store is given of a token is not the token, nor any part of it that proves something: a stolen database
/// holds no usable token.
pub async fn no_token_is_stored(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let refresh = harness.refresh_token(&owner).await.ok();
    let token = harness.issue(&owner).await.expect("issued");
    let stored = harness.stored_secrets().await?;
    let secrets: Vec<String> = [Some(token.text), refresh].into_iter().flatten().collect();
    for part in secrets
        .iter()
        .flat_map(|secret| secret.split(['.', '|']))
        .filter(|part| part.len() >= 16)
    {
        for proof in proofs_in(part) {
            let verbatim = stored
                .iter()
                .any(|bytes| bytes.windows(proof.len()).any(|window| window == proof));
            assert!(!verbatim, "{} bytes of a secret were stored as they are", proof.len());
        }
    }
    Ok(())
}

/// A part of a token as it is written, the bytes it may spell, and the second half of them: the first half of a refresh
/// token is what finds its session, and is stored.
fn proofs_in(part: &str) -> Vec<Vec<u8>> {
    let spelled = unhex(part).filter(|bytes| bytes.len() >= 16).unwrap_or_default();
    let half = spelled[spelled.len() / 2..].to_vec();
    let proofs = [part.as_bytes().to_vec(), spelled, half];
    proofs.into_iter().filter(|proof| proof.len() >= 16).collect()
}
