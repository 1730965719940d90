//! This crate beside ring alone, jsonwebtoken and jwt-simple, in one run:
//! `cargo run --release --manifest-path crates/token-jwt/benches/peers/Cargo.toml`.

#[path = "../../shared/measure.rs"]
mod measure;
#[path = "../../shared/subjects.rs"]
mod subjects;

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use jwt_simple::prelude::*;
use measure::{Contender, compare, criterion};
use subjects::{Subject, bytes, published_rsa_key};
use token_jwt::Algorithm;

fn main() {
    let rsa = published_rsa_key(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../testdata/vectors/wycheproof/json_web_signature_test.json"
    ));
    // The other libraries read the clock themselves.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs() as i64;
    let only = std::env::args().nth(1); // the name of one algorithm, for a short run
    let mut criterion = criterion();
    let mut summary = Vec::new();
    for algorithm in [Algorithm::HS256, Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        if only.as_ref().is_some_and(|only| only != algorithm.name()) {
            continue;
        }
        let subject = Subject::new(algorithm, &rsa, now);
        let mut contenders = vec![
            Contender::new("ring alone", subject.ring_verify()),
            Contender::new("token-jwt", || subject.ours()),
            Contender::new("jsonwebtoken 10", jsonwebtoken_verify(&subject)),
        ];
        contenders.extend(simple_verify(&subject).map(|work| Contender::new("jwt-simple 0.12", work)));
        summary.push((
            format!("{algorithm} verify"),
            compare(&mut criterion, &format!("{algorithm} verify"), contenders),
        ));
        let mut contenders = vec![
            Contender::new("ring alone", subject.ring_sign()),
            Contender::new("token-jwt", || subject.signed()),
        ];
        contenders.extend(jsonwebtoken_sign(&subject).map(|work| Contender::new("jsonwebtoken 10", work)));
        contenders.extend(simple_sign(&subject).map(|work| Contender::new("jwt-simple 0.12", work)));
        summary.push((
            format!("{algorithm} sign"),
            compare(&mut criterion, &format!("{algorithm} sign"), contenders),
        ));
    }
    println!(
        "\n{:<14} {:>12} {:>20} {:>18}",
        "", "ours / ring", "jsonwebtoken / ours", "jwt-simple / ours"
    );
    for (title, medians) in summary {
        let over = |a: usize, b: usize| match (medians.get(a), medians.get(b)) {
            (Some(a), Some(b)) => format!("{:.2}", a / b),
            _ => "-".to_owned(),
        };
        println!("{title:<14} {:>12} {:>20} {:>18}", over(1, 0), over(2, 1), over(3, 1));
    }
}

fn jsonwebtoken_algorithm(subject: &Subject) -> jsonwebtoken::Algorithm {
    subject.algorithm.name().parse().expect("the same names")
}

fn jsonwebtoken_verify(subject: &Subject) -> impl Fn() -> subjects::Session {
    let jwk: Jwk = serde_json::from_value(subject.private()).expect("a JWK");
    let key = DecodingKey::from_jwk(&jwk).expect("a sound key");
    let validation = Validation::new(jsonwebtoken_algorithm(subject));
    let token = subject.token.clone();
    move || {
        decode::<subjects::Session>(&token, &key, &validation)
            .expect("a good token")
            .claims
    }
}

fn jsonwebtoken_sign(subject: &Subject) -> Option<Box<dyn Fn() -> String>> {
    let jwk = subject.private();
    let key = match subject.algorithm {
        Algorithm::HS256 => EncodingKey::from_secret(&bytes(jwk["k"].as_str()?)),
        // It takes EdDSA keys as PKCS#8: a fixed prefix and the seed.
        Algorithm::EdDSA => {
            let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
            der.extend(bytes(jwk["d"].as_str()?));
            EncodingKey::from_ed_der(&der)
        }
        _ => return None,
    };
    let mut header = Header::new(jsonwebtoken_algorithm(subject));
    header.kid = jwk["kid"].as_str().map(str::to_owned);
    let claims = subject.claims.clone();
    Some(Box::new(move || encode(&header, &claims, &key).expect("signed")))
}

/// jwt-simple keeps the registered claims itself.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Own {
    user_id: u64,
    sid: String,
}

fn simple_verify(subject: &Subject) -> Option<Box<dyn Fn() -> JWTClaims<Own>>> {
    let jwk = subject.private();
    let member = |name: &str| bytes(jwk[name].as_str().unwrap_or_default());
    let token = subject.token.clone();
    Some(match subject.algorithm {
        Algorithm::HS256 => {
            let key = HS256Key::from_bytes(&member("k"));
            Box::new(move || key.verify_token::<Own>(&token, None).expect("a good token"))
        }
        Algorithm::EdDSA => {
            let key = Ed25519PublicKey::from_bytes(&member("x")).ok()?;
            Box::new(move || key.verify_token::<Own>(&token, None).expect("a good token"))
        }
        Algorithm::ES256 => {
            let point = [vec![4], member("x"), member("y")].concat();
            let key = ES256PublicKey::from_bytes(&point).ok()?;
            Box::new(move || key.verify_token::<Own>(&token, None).expect("a good token"))
        }
        _ => {
            let key = RS256PublicKey::from_components(&member("n"), &member("e")).ok()?;
            Box::new(move || key.verify_token::<Own>(&token, None).expect("a good token"))
        }
    })
}

fn simple_sign(subject: &Subject) -> Option<Box<dyn Fn() -> String>> {
    let jwk = subject.private();
    let claims = || {
        let own = Own {
            user_id: subject.claims.user_id,
            sid: subject.claims.sid.clone(),
        };
        Claims::with_custom_claims(own, Duration::from_secs(900))
    };
    let claims = claims();
    match subject.algorithm {
        Algorithm::HS256 => {
            let key = HS256Key::from_bytes(&bytes(jwk["k"].as_str()?)).with_key_id("9Vh2LxqkT0aB");
            Some(Box::new(move || key.authenticate(claims.clone()).expect("signed")))
        }
        Algorithm::EdDSA => {
            let seed = bytes(jwk["d"].as_str()?);
            let pair = [seed, bytes(jwk["x"].as_str()?)].concat();
            let key = Ed25519KeyPair::from_bytes(&pair).ok()?.with_key_id("9Vh2LxqkT0aB");
            Some(Box::new(move || key.sign(claims.clone()).expect("signed")))
        }
        _ => None,
    }
}
