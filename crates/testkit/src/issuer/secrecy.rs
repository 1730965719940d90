//! Secrets are neither printed nor stored.

use super::fixture::Harness;
use crate::law::LawResult;
use crate::simple::unhex;

/// Nothing that is handled while tokens are issued, verified and refused prints a secret, in `Debug` or `Display`,
/// because what prints can get into a log.
pub async fn nothing_prints_a_secret(harness: Harness) -> LawResult {
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
        "a secret is too short to search for"
    );
    for canary in &canaries {
        let found = prints.printed.iter().find(|text| text.contains(canary.as_str()));
        assert!(found.is_none(), "a secret of {} bytes was printed", canary.len());
    }
    Ok(())
}

/// The store is given neither the token nor a part of it that proves something: a stolen database contains no usable
/// token.
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
            assert!(!verbatim, "{} bytes of a secret were stored unchanged", proof.len());
        }
    }
    Ok(())
}

/// A part of a token as text, the bytes it may encode, and each half of these.
fn proofs_in(part: &str) -> Vec<Vec<u8>> {
    let decoded = unhex(part).filter(|bytes| bytes.len() >= 16).unwrap_or_default();
    let (left, right) = decoded.split_at(decoded.len() / 2);
    let proofs = [part.as_bytes(), &decoded, left, right].map(<[u8]>::to_vec);
    proofs.into_iter().filter(|proof| proof.len() >= 16).collect()
}
