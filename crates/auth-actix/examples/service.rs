//! Another service that checks Tessera's tokens in process: a public key set, one authenticator, one handler.
//!
//! `cargo run -p auth-actix --example service` makes a key pair, signs a token for you, and prints a line to paste.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, get, web};
use auth_actix::{AuthRejection, AuthScheme, Authenticated, Authenticator, Carriers};
use auth_core::{
    ClaimsProfile, Generation, Grant, Issuer, Realm, Scopes, Subject, SubjectClaim, SystemClock, SystemEntropy,
};
use token_jwt::{Algorithm, DateUnit, JwtConfig, JwtIssuer, JwtKeys, SigningKey, SystemRandom};

#[get("/games")]
async fn games(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("consultarJuego")?;
    Ok(HttpResponse::Ok().body(format!("the games of {}\n", caller.token().subject())))
}

fn issuer(realm: Realm) -> Result<JwtIssuer, token_jwt::KeyError> {
    let claims = ClaimsProfile {
        flavour: "example".into(),
        realm: Some(realm),
        lifetime: Duration::from_secs(900),
        subject: SubjectClaim::Sub,
        issued_at: true,
        scope: true,
    };
    let config = JwtConfig {
        claims,
        unit: DateUnit::Seconds,
    };
    let key = SigningKey::generate(Algorithm::EdDSA, &SystemRandom::new())?;
    let keys = JwtKeys::new(key, Vec::new())?;
    Ok(JwtIssuer::new(
        config,
        keys,
        Arc::new(SystemClock::new()),
        Arc::new(SystemEntropy),
    ))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let realm = Realm::parse("example").ok_or("a good name")?;
    let issuer = Arc::new(issuer(realm.clone())?);
    let scopes = Scopes::parse_list("consultarJuego").ok_or("a good list")?;
    let token = issuer
        .issue(Grant::new(Subject(7), Generation(0), realm, scopes))
        .await?;
    println!(
        "curl http://127.0.0.1:8081/games -H 'Authorization: Bearer {}'",
        token.plain.expose()
    );

    let carriers = Carriers {
        bearer: true,
        ..Carriers::default()
    };
    let scheme = AuthScheme {
        carriers,
        verifier: issuer,
    };
    let authenticator = web::Data::new(Authenticator::new(vec![scheme], "example"));
    let server = HttpServer::new(move || App::new().app_data(authenticator.clone()).service(games));
    Ok(server.workers(1).bind(("127.0.0.1", 8081))?.run().await?)
}
