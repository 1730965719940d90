//! Signs a token for the example `service`, with a key pair made for this one run.
//!
//! `cargo run -p auth-actix --example sign -- keys.json SCOPE…` writes the public key to `keys.json` as a JWK Set and
//! prints a request to try. The private key ends with the program.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{
    ClaimsProfile, Generation, Grant, Issuer, Realm, Scopes, Subject, SubjectClaim, SystemClock, SystemEntropy,
};
use token_jwt::{
    Algorithm, DateUnit, JwtConfig, JwtIssuer, JwtKeys, KeyError, Kid, SigningKey, SystemRandom, write_jwk_set,
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: sign KEYS_FILE SCOPE…")?;
    let scopes: Vec<String> = arguments.collect();
    let issuer = issuer()?;
    std::fs::write(file, public_keys(&issuer))?;
    let token = token(&issuer, &scopes.join(" ")).await?;
    println!("curl http://127.0.0.1:8081/games -H 'Authorization: Bearer {token}'");
    Ok(())
}

/// An issuer with a new key pair.
pub(crate) fn issuer() -> Result<JwtIssuer, KeyError> {
    let random = SystemRandom::new();
    let key = SigningKey::generate(Algorithm::EdDSA, &random)?.with_kid(Kid::random(&random)?);
    let config = JwtConfig {
        claims: ClaimsProfile {
            flavour: "example".into(),
            realm: Some(Realm::parse("example").expect("an allowed name")),
            lifetime: Duration::from_secs(900),
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    };
    let keys = JwtKeys::new(key, Vec::new())?;
    Ok(JwtIssuer::new(
        config,
        keys,
        Arc::new(SystemClock::new()),
        Arc::new(SystemEntropy),
    ))
}

/// The JWK Set with which others verify.
pub(crate) fn public_keys(issuer: &JwtIssuer) -> String {
    write_jwk_set(issuer.verifying_keys().keys())
}

/// A token of the subject 7 with these scopes, separated by spaces.
pub(crate) async fn token(issuer: &JwtIssuer, scopes: &str) -> Result<String, Box<dyn Error>> {
    let scopes = Scopes::parse_list(scopes)?;
    let realm = Realm::parse("example")?;
    let grant = Grant::new(Subject(7), Generation(0), realm, scopes);
    Ok(issuer.issue(grant).await?.plain.expose().to_owned())
}
