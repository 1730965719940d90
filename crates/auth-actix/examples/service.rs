//! A service that checks Tessera's tokens in process. It holds public keys: no signing key, no store, no passwords.
//!
//! ```sh
//! cargo run -p auth-actix --example sign -- keys.json consultarJuego   # writes public keys, prints a token
//! cargo run -p auth-actix --example service -- keys.json               # checks tokens with these keys
//! ```
//!
//! A real service gets the file from its Tessera: `tessera key export-public --flavour NAME > keys.json`.

use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, get, web};
use auth_actix::{AuthRejection, AuthScheme, Authenticated, Authenticator, Carriers};
use auth_core::{ClaimsProfile, Realm, SubjectClaim, SystemClock};
use token_jwt::{DateUnit, JwtConfig, JwtVerifier, KeyError, KeySet};

#[get("/games")]
async fn games(caller: Authenticated) -> Result<HttpResponse, AuthRejection> {
    caller.require("consultarJuego")?;
    Ok(HttpResponse::Ok().body(format!("the games of {}\n", caller.token().subject())))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: service KEYS_FILE")?;
    let jwk_set = std::fs::read_to_string(file)?;
    let listener = TcpListener::bind(("127.0.0.1", 8081))?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(server(listener, &jwk_set)?.await?)
}

/// The service on this socket. It accepts tokens signed with a key of this JWK Set.
pub(crate) fn server(listener: TcpListener, jwk_set: &str) -> Result<Server, Box<dyn Error>> {
    let scheme = AuthScheme {
        carriers: Carriers::BEARER,
        verifier: Arc::new(verifier(jwk_set)?),
    };
    let authenticator = web::Data::new(Authenticator::new(vec![scheme], "example"));
    let server = HttpServer::new(move || App::new().app_data(authenticator.clone()).service(games));
    Ok(server.workers(1).listen(listener)?.run())
}

fn verifier(jwk_set: &str) -> Result<JwtVerifier, KeyError> {
    let keys = KeySet::from_jwk_set(jwk_set)?;
    Ok(JwtVerifier::new(config(), keys, Arc::new(SystemClock::new())))
}

/// What this flavour's tokens carry: as its `[[flavour]]` block says, or here, as the example `sign` does.
fn config() -> JwtConfig {
    JwtConfig {
        claims: ClaimsProfile {
            flavour: "example".into(),
            realm: Some(Realm::parse("example").expect("an allowed name")),
            lifetime: Duration::from_secs(900),
            subject: SubjectClaim::Sub,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    }
}
