//! `auth-remote` against the real server: what a service elsewhere learns of its tokens.

use std::time::Duration;

use auth_core::{PresentedToken, Rejection, Verifier, VerifyError};
use auth_remote::{
    ClaimsProfile, DateUnit, IntrospectionSource, JwtConfig, KeySetSource, Realm, RemoteVerifier, SubjectClaim,
};
use serde_json::json;

use crate::support::client::Request;
use crate::support::server::Server;
use crate::support::sign_in::{Workshop, bearer, client, device, logout, session, verify, workshop};

/// Two flavours of one dialect, with keys of their own in one set.
const FLAVOURS: &str = "\
    [[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\npath = \"/shops\"\n\
    [[flavour]]\nname = \"garages\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\npath = \"/garages\"\n";

fn asking(server: &Server, flavour: &str, secret: &str) -> RemoteVerifier {
    let url = format!("{}/oauth/introspect", server.url());
    let source = IntrospectionSource::new(&url, "demo-rs", secret).fresh_for(Duration::ZERO);
    let source = source.inactive_for(Duration::ZERO).timeout(Duration::from_secs(60));
    source.verifier(flavour).expect("a verifier")
}

async fn with_keys(server: &Server, flavour: &str) -> RemoteVerifier {
    let config = JwtConfig {
        claims: ClaimsProfile {
            flavour: flavour.into(),
            realm: Some(Realm::parse("workshops").expect("an allowed name")),
            lifetime: Duration::from_secs(900),
            subject: SubjectClaim::UserId,
            issued_at: true,
            scope: true,
        },
        unit: DateUnit::Seconds,
    };
    let source = KeySetSource::new(&format!("{}/.well-known/jwks.json", server.url()), config);
    source
        .timeout(Duration::from_secs(60))
        .start()
        .await
        .expect("a verifier")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_asks_accepts_the_tokens_of_each_flavour_and_of_no_other() {
    let server = Server::shared();
    let held = session(server);
    let tokens = [
        ("mechanics", "workshops", workshop(server).token, None),
        ("login", "pbx", held.token.clone(), Some(held.key.as_str())),
        ("device", "players", device(server), None),
        ("integration", "org:171", client(server, "remote@letsta.lk"), None),
    ];
    for (flavour, realm, text, key) in &tokens {
        let presented = PresentedToken {
            text,
            key: *key,
            source: None,
        };
        let token = asking(server, flavour, "demo-rs-secret")
            .verify(&presented)
            .await
            .expect(flavour);
        assert_eq!((&**token.flavour(), token.realm().as_str()), (*flavour, *realm));
        assert_eq!(token.scopes().contains("consultarJuego"), *flavour == "device");
        let other = if *flavour == "device" { "mechanics" } else { "device" };
        let refused = asking(server, other, "demo-rs-secret").verify(&presented).await;
        assert_eq!(refused, Err(Rejection::WrongFlavour.into()), "{flavour}");
    }
    let alone = asking(server, "login", "demo-rs-secret")
        .verify(&PresentedToken::bearer(&held.token))
        .await;
    assert_eq!(alone, Err(Rejection::Unknown.into()), "without its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_asks_sees_a_log_out() {
    let server = Server::shared();
    let held = session(server);
    let verifier = asking(server, "login", "demo-rs-secret");
    let presented = PresentedToken::with_key(&held.token, &held.key);
    assert!(verifier.verify(&presented).await.is_ok());
    assert_eq!(logout(server, held.headers()).status, 200);
    assert_eq!(verifier.verify(&presented).await, Err(Rejection::Unknown.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wrong_secret_no_token_is_accepted_or_rejected() {
    let server = Server::demo();
    let text = device(&server);
    let outcome = asking(&server, "device", "wrong")
        .verify(&PresentedToken::bearer(&text))
        .await;
    assert!(matches!(outcome, Err(VerifyError::Unavailable(_))), "{outcome:?}");
}

/// Both flavours are of one dialect, their keys are in one set, and their claims have one form.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_the_key_set_accepts_the_tokens_of_its_flavour_alone() {
    let server = Server::with_config(FLAVOURS);
    let token = |path| {
        let body = json!({"email": "workshop@email.dk", "password": "qwerty"});
        Workshop::of(&server.send(&Request::post(path).json(body))).token
    };
    let tokens = [("shops", token("/shops")), ("garages", token("/garages"))];
    for flavour in ["shops", "garages"] {
        let verifier = with_keys(&server, flavour).await;
        for (issued_by, text) in &tokens {
            let outcome = verifier.verify(&PresentedToken::bearer(text)).await;
            match *issued_by == flavour {
                true => {
                    let token = outcome.expect("its own");
                    let claims = token.claims_json().expect("kept");
                    assert!(claims.contains(r#""user_id":281950"#), "{claims}");
                }
                false => assert_eq!(outcome, Err(Rejection::UnknownKey.into()), "{issued_by} at {flavour}"),
            }
        }
    }
}

/// `X-Auth-Jwt` says who calls. In the set its key belongs to no flavour.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_the_key_set_accepts_no_identity_for_a_token() {
    let server = Server::with_config(&format!("[forward_auth.jwt]\naudience = \"services\"\n{FLAVOURS}"));
    let body = json!({"email": "workshop@email.dk", "password": "qwerty"});
    let token = Workshop::of(&server.send(&Request::post("/shops").json(body))).token;
    let checked = verify(&server, [bearer(&token)]);
    let identity = checked.header("X-Auth-Jwt").expect("a signed identity");
    for flavour in ["shops", "garages"] {
        let verifier = with_keys(&server, flavour).await;
        let outcome = verifier.verify(&PresentedToken::bearer(identity)).await;
        assert_eq!(outcome, Err(Rejection::UnknownKey.into()), "{flavour}");
    }
}
