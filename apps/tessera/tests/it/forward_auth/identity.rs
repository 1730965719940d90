//! Who calls: what the service learns, and that a client changes nothing of it.

use serde_json::Value;
use token_jwt::{ClaimsVerifier, KeySet, Policy, UnixTime};

use super::{AUDIENCE, IDENTITY, staged};
use crate::proxy_process::Program;
use crate::support::client::Request;
use crate::support::now_ms;
use crate::support::server::Server;
use crate::support::sign_in::{basic, bearer, client, device, session, workshop};

/// The characters other than letters, digits and the hyphen that the name of a header can have (RFC 9110 section 5.6.2).
const ODD: &str = "!#$%&'*+.^_`|~";

pub const FORGED: &str = "forged";

pub fn the_service_learns_who_calls(program: Program) {
    let (server, stage) = staged(program);
    let held = session(&server);
    for headers in [
        vec![bearer(&workshop(&server).token)],
        held.headers().to_vec(),
        vec![bearer(&device(&server))],
        vec![basic(&client(&server, "proxy@letsta.lk"))],
    ] {
        let direct = server.send(&Request::get("/auth/verify").headers(headers.clone()));
        let seen = stage.served(&Request::get("/page").headers(headers));
        for name in &IDENTITY[..5] {
            // An empty list may be no header at all.
            let value = seen.headers_like(name).first().copied().unwrap_or_default();
            assert_eq!(Some(value), direct.header(name), "{name}");
        }
        let [identity] = seen.headers_like("X-Auth-Jwt")[..] else {
            panic!("not one X-Auth-Jwt: {seen:?}");
        };
        assert_eq!(Some(&*verified(&server, identity)), direct.header("X-Auth-Subject"));
        for name in ["Authorization", "X-Access-Token", "X-Key"] {
            assert_eq!(
                seen.headers_like(name),
                Vec::<&str>::new(),
                "the service needs no token"
            );
        }
    }
}

/// The subject of an identity, verified as a service does: with the published keys alone.
fn verified(server: &Server, identity: &str) -> String {
    let keys = KeySet::from_jwk_set(server.get("/.well-known/jwks.json").text()).expect("a key set");
    let policy = Policy::default().token_type("forward-auth+jwt").issuer(server.url());
    let verifier = ClaimsVerifier::new(keys, policy.audience(AUDIENCE));
    let claims = verifier.verify::<Value>(identity, UnixTime::from_millis(now_ms()));
    let claims = claims.expect("it verifies").into_claims();
    claims["sub"].as_str().expect("a subject").to_owned()
}

/// Names that a service could take for this one.
pub fn aliases(name: &str) -> Vec<String> {
    let odd = ODD.chars().flat_map(|odd| {
        let odd = odd.to_string();
        let first = name.replacen('-', &odd, 1);
        let last = name.rsplit_once('-').map(|(front, back)| format!("{front}{odd}{back}"));
        [Some(name.replace('-', &odd)), Some(first), last].into_iter().flatten()
    });
    let same = [name.to_owned(), name.to_lowercase(), name.to_uppercase()];
    same.into_iter().chain(odd).collect()
}

pub fn an_identity_cannot_be_forged(program: Program) {
    let (server, stage) = staged(program);
    let token = device(&server);
    let good = || Request::get("/page").headers([bearer(&token)]);
    let own = stage.served(&good());
    let is_own = |request: &Request| {
        let seen = stage.served(request);
        for each in IDENTITY {
            let values = seen.headers_like(each);
            assert!(
                values.len() == 1 && !values[0].contains(FORGED),
                "{each} of {request:?}: {values:?}"
            );
            // Each worker thread signs for itself.
            let is_same = each == "X-Auth-Jwt" || values == own.headers_like(each);
            assert!(is_same, "{each} of {request:?}: {values:?}");
        }
    };
    for name in IDENTITY {
        for alias in aliases(name) {
            is_own(&good().header(&alias, FORGED));
        }
        let before = Request::get("/page").header(name, FORGED).header(name, FORGED);
        is_own(&before.headers([bearer(&token)]).header(name, FORGED));
        // Without a token, and where none is needed.
        assert_eq!(stage.refused(&Request::get("/page").header(name, FORGED)).status, 401);
        for alias in aliases(name) {
            let seen = stage.served(&Request::get("/health").header(&alias, FORGED));
            let values = seen.headers_like(name);
            assert!(values.iter().all(|value| value.is_empty()), "{alias}: {values:?}");
        }
    }
    for end in ["\r\n ", "\n", "\r"] {
        let value = format!("x{end}X-Auth-Subject: {FORGED}");
        let mut connection = stage.connect();
        stage.service.take();
        connection.write(&good().header("X-Other", value).bytes(server.address()));
        let _ = connection.receive();
        for seen in stage.service.take() {
            assert_eq!(
                seen.headers_like("X-Auth-Subject"),
                own.headers_like("X-Auth-Subject"),
                "{end:?}"
            );
        }
    }
}

/// `Connection` names headers that a proxy does not pass on (RFC 9110 section 7.6.1).
pub fn an_identity_cannot_be_taken_away(program: Program) {
    let (server, stage) = staged(program);
    let token = device(&server);
    for name in IDENTITY {
        for connection in [
            format!("close, {name}"),
            name.to_lowercase(),
            format!("{name}, Upgrade"),
        ] {
            let request = Request::get("/page").header("Connection", &connection);
            let seen = stage.served(&request.headers([bearer(&token)]));
            let values = seen.headers_like(name);
            assert!(values.len() == 1 && !values[0].is_empty(), "{connection}: {values:?}");
        }
    }
}
