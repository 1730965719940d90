//! This crate beside ring alone: `cargo bench -p token-jwt`. The other libraries are beside both in `benches/peers`.
#![allow(
    dead_code,
    clippy::expect_used,
    reason = "shared with the other benchmark; a benchmark may stop"
)]

#[path = "shared/measure.rs"]
mod measure;
#[path = "shared/subjects.rs"]
mod subjects;

use measure::{Contender, compare, criterion};
use subjects::{Subject, published_rsa_key};
use token_jwt::Algorithm;

fn main() {
    let rsa = published_rsa_key(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/vectors/wycheproof/json_web_signature_test.json"
    ));
    // `cargo bench` adds flags of its own; a name of an algorithm makes a short run.
    let only: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut criterion = criterion();
    for algorithm in [Algorithm::HS256, Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        if !only.is_empty() && !only.iter().any(|name| name == algorithm.name()) {
            continue;
        }
        let subject = Subject::new(algorithm, &rsa, 1_700_000_000);
        compare(
            &mut criterion,
            &format!("{algorithm} verify ({} bytes)", subject.token.len()),
            vec![
                Contender::new("ring alone", subject.ring_verify()),
                Contender::new("token-jwt", || subject.ours()),
            ],
        );
        compare(
            &mut criterion,
            &format!("{algorithm} sign"),
            vec![
                Contender::new("ring alone", subject.ring_sign()),
                Contender::new("token-jwt", || subject.signed()),
            ],
        );
    }
}
