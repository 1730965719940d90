//! The issuer and the verifier of the same tokens.

use super::*;
use crate::algorithm::Algorithm;
use crate::key::Kid;
use auth_core::{
    ClaimsProfile, Generation, Realm, Rejection, Scopes, SessionRef, Subject, SubjectClaim, SystemClock, SystemEntropy,
};
use std::time::Duration;

fn key(algorithm: Algorithm, kid: &str) -> SigningKey {
    let key = SigningKey::generate(algorithm, &SystemRandom::new()).unwrap();
    key.with_kid(Kid::new(kid).unwrap())
}

fn config(subject: SubjectClaim) -> JwtConfig {
    let claims = ClaimsProfile {
        flavour: "test".into(),
        realm: Realm::parse("test").ok(),
        lifetime: Duration::from_secs(900),
        subject,
        issued_at: true,
        scope: true,
    };
    JwtConfig {
        claims,
        unit: DateUnit::Seconds,
    }
}

fn issuer(config: JwtConfig, signing: SigningKey) -> JwtIssuer {
    let keys = JwtKeys::new(signing, Vec::new()).unwrap();
    JwtIssuer::new(config, keys, Arc::new(SystemClock::new()), Arc::new(SystemEntropy))
}

fn grant() -> Grant {
    let scopes = Scopes::parse_list("read write").unwrap();
    Grant::new(Subject(7), Generation(3), Realm::parse("test").unwrap(), scopes)
}

#[derive(Debug)]
struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("a stateless issuer never waits"),
    }
}

#[test]
fn a_token_lasts_until_it_expires_and_cannot_be_revoked() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let verifier = JwtVerifier::new(
        config(SubjectClaim::Sub),
        issuer.verifying_keys(),
        Arc::new(SystemClock::new()),
    );
    let both: [&dyn Verifier; 2] = [&issuer, &verifier];
    for verifier in both {
        let can = verifier.capabilities();
        assert!(can.expires && !can.revocable && !can.recorded && !can.key_bound && !can.current_rights);
        assert_eq!(verifier.flavour(), "test");
    }
    let token = block_on(issuer.issue(grant())).unwrap();
    assert!(matches!(
        block_on(issuer.revoke(TokenId(1))),
        Err(RevokeError::Unsupported)
    ));
    assert!(block_on(issuer.verify(&PresentedToken::bearer(token.plain.expose()))).is_ok());
}

#[test]
fn a_rejection_says_what_is_wrong() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let token = block_on(issuer.issue(grant())).unwrap();
    let text = token.plain.expose();
    let rejection = |text: &str| block_on(issuer.verify(&PresentedToken::bearer(text))).map(drop);
    assert_eq!(rejection("no token"), Err(Rejection::Malformed.into()));
    let (signed, _) = text.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    assert_eq!(rejection(&forged), Err(Rejection::BadSignature.into()));
    let day_later = SystemClock::new().now().plus(Duration::from_secs(86_400));
    let later = JwtVerifier::new(
        config(SubjectClaim::Sub),
        issuer.verifying_keys(),
        Arc::new(FixedClock(day_later)),
    );
    assert_eq!(
        block_on(later.verify(&PresentedToken::bearer(text))).map(drop),
        Err(Rejection::Expired.into())
    );
    let other_claims = JwtVerifier::new(
        config(SubjectClaim::UserId),
        issuer.verifying_keys(),
        Arc::new(SystemClock::new()),
    );
    assert_eq!(
        block_on(other_claims.verify(&PresentedToken::bearer(text))).map(drop),
        Err(Rejection::BadClaims.into())
    );
}

#[test]
fn members_are_written_in_one_order() {
    let session = SessionRef {
        id: TokenId(17),
        generation: Generation(3),
        subject: Subject(7),
    };
    let payload = |subject: SubjectClaim, realm: Option<Realm>, unit: DateUnit| {
        let mut config = config(subject);
        config.unit = unit;
        config.claims.realm = realm;
        let clock = Arc::new(FixedClock(Timestamp::from_millis(1_700_000_000_250)));
        let keys = JwtKeys::new(key(Algorithm::HS256, "k1"), Vec::new()).unwrap();
        let issuer = JwtIssuer::new(config, keys, clock, Arc::new(SystemEntropy));
        let grant = Grant {
            session: Some(session),
            ..grant()
        };
        let token = block_on(issuer.issue(grant)).unwrap();
        crate::peek_unverified(token.plain.expose())
            .unwrap()
            .payload_json()
            .to_owned()
    };
    assert_eq!(
        payload(SubjectClaim::UserId, Realm::parse("test").ok(), DateUnit::Seconds),
        r#"{"user_id":7,"exp":1700000900,"iat":1700000000,"sid":"17.3.7","scope":"read write"}"#
    );
    assert_eq!(
        payload(SubjectClaim::Sub, None, DateUnit::Milliseconds),
        r#"{"sub":"7","exp":1700000900250,"iat":1700000000250,"sid":"17.3.7","realm":"test","scope":"read write"}"#
    );
}

#[test]
fn a_verifier_accepts_what_an_issuer_with_the_same_config_issues() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let public = KeySet::from_jwk_set(&crate::write_jwk_set(issuer.verifying_keys().keys())).unwrap();
    let verifier = JwtVerifier::new(config(SubjectClaim::Sub), public, Arc::new(SystemClock::new()));
    let token = block_on(issuer.issue(grant())).unwrap();
    let presented = PresentedToken::bearer(token.plain.expose());
    assert_eq!(
        block_on(verifier.verify(&presented)),
        block_on(issuer.verify(&presented))
    );
    assert!(block_on(verifier.verify(&presented)).is_ok());

    verifier.set_keys(key(Algorithm::EdDSA, "k2").verifying_key().clone());
    assert_eq!(block_on(verifier.verify(&presented)), Err(Rejection::UnknownKey.into()));
}

#[test]
fn a_verifier_that_keeps_claims_has_the_payload_that_was_signed() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let verifier = |keys| JwtVerifier::new(config(SubjectClaim::Sub), keys, Arc::new(SystemClock::new()));
    let token = block_on(issuer.issue(grant())).unwrap();
    let presented = PresentedToken::bearer(token.plain.expose());
    let keeping = verifier(issuer.verifying_keys()).keeping_claims();
    let kept = block_on(keeping.verify(&presented)).unwrap();
    assert!(kept.claims_json().unwrap().starts_with(r#"{"sub":"7","exp":"#));
    assert!(!format!("{kept:?}").contains("\"sub\""), "claims do not print");
    let without = block_on(verifier(issuer.verifying_keys()).verify(&presented)).unwrap();
    assert_eq!(without.claims_json(), None);
}

#[test]
fn a_token_names_an_unknown_key_by_its_kid_alone() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let token = block_on(issuer.issue(grant())).unwrap();
    let text = token.plain.expose();
    let of = |key: SigningKey| {
        let keys = key.verifying_key().clone();
        JwtVerifier::new(config(SubjectClaim::Sub), keys, Arc::new(SystemClock::new()))
    };
    assert!(of(key(Algorithm::EdDSA, "k2")).names_unknown_key(text));
    assert!(!of(key(Algorithm::EdDSA, "k1")).names_unknown_key(text));
    assert!(
        !of(key(Algorithm::ES256, "k1")).names_unknown_key(text),
        "another algorithm"
    );
    assert!(!of(key(Algorithm::EdDSA, "k2")).names_unknown_key("no token"));
}

/// As a node sees it whose clock is slow.
#[test]
fn a_token_from_the_future_is_not_valid_yet() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let token = block_on(issuer.issue(grant())).unwrap();
    let slow = Arc::new(FixedClock(SystemClock::new().now().minus(Duration::from_secs(60))));
    let verifier = JwtVerifier::new(config(SubjectClaim::Sub), issuer.verifying_keys(), slow);
    assert_eq!(
        block_on(verifier.verify(&PresentedToken::bearer(token.plain.expose()))),
        Err(Rejection::NotYetValid.into())
    );
}

#[test]
fn a_token_of_a_node_whose_clock_is_a_little_ahead_is_valid() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let token = block_on(issuer.issue(grant())).unwrap();
    let behind = Arc::new(FixedClock(SystemClock::new().now().minus(Duration::from_secs(4))));
    let verifier = JwtVerifier::new(config(SubjectClaim::Sub), issuer.verifying_keys(), behind);
    assert!(block_on(verifier.verify(&PresentedToken::bearer(token.plain.expose()))).is_ok());
}

#[test]
fn without_keys_nothing_is_issued_and_nothing_is_accepted() {
    let issuer = issuer(config(SubjectClaim::Sub), key(Algorithm::EdDSA, "k1"));
    let token = block_on(issuer.issue(grant())).unwrap();
    let presented = PresentedToken::bearer(token.plain.expose());
    issuer.remove_keys();
    assert_eq!(block_on(issuer.verify(&presented)), Err(Rejection::UnknownKey.into()));
    assert_eq!(block_on(issuer.issue(grant())).unwrap_err(), Unavailable::NoKey.into());

    issuer.set_keys(JwtKeys::new(key(Algorithm::EdDSA, "k2"), Vec::new()).unwrap());
    assert!(block_on(issuer.issue(grant())).is_ok());
    assert_eq!(block_on(issuer.verify(&presented)), Err(Rejection::UnknownKey.into()));
}

#[test]
fn a_verified_token_has_what_was_granted() {
    for subject in [SubjectClaim::UserId, SubjectClaim::Sub, SubjectClaim::Session] {
        for algorithm in [Algorithm::HS256, Algorithm::EdDSA, Algorithm::ES256] {
            let issuer = issuer(config(subject), key(algorithm, "k1"));
            let token = block_on(issuer.issue(grant())).unwrap();
            let verified = block_on(issuer.verify(&PresentedToken::bearer(token.plain.expose()))).unwrap();
            assert_eq!(verified.subject(), Subject(7));
            assert_eq!(verified.session().generation, Generation(3));
            assert_eq!(*verified.scopes(), grant().scopes);
            assert_eq!(verified.expires_at(), token.expires_at);
        }
    }
}

#[test]
fn tokens_verify_as_long_as_their_key_does() {
    let config = config(SubjectClaim::UserId);
    let issuer = issuer(config.clone(), key(Algorithm::HS256, "k1"));
    let old_key = issuer.verifying_keys().keys()[0].clone();
    let old = block_on(issuer.issue(grant())).unwrap();
    let verify = |text: &str| block_on(issuer.verify(&PresentedToken::bearer(text)));

    issuer.set_keys(JwtKeys::new(key(Algorithm::HS256, "k2"), vec![old_key]).unwrap());
    assert!(verify(old.plain.expose()).is_ok());
    let new = block_on(issuer.issue(grant())).unwrap();

    issuer.set_keys(JwtKeys::new(key(Algorithm::HS256, "k3"), Vec::new()).unwrap());
    for text in [old.plain.expose(), new.plain.expose()] {
        assert_eq!(verify(text), Err(Rejection::UnknownKey.into()));
    }
}

#[test]
fn tokens_in_milliseconds_and_in_seconds_are_not_confused() {
    let shared = key(Algorithm::HS256, "k1").to_private_jwk();
    let same_key =
        || SigningKey::from_jwk(std::str::from_utf8(shared.expose()).unwrap(), &SystemRandom::new()).unwrap();
    let seconds = issuer(config(SubjectClaim::Session), same_key());
    let in_millis = JwtConfig {
        unit: DateUnit::Milliseconds,
        ..config(SubjectClaim::Session)
    };
    let millis = issuer(in_millis, same_key());
    for (from, to) in [(&seconds, &millis), (&millis, &seconds)] {
        let token = block_on(from.issue(grant())).unwrap();
        assert!(block_on(to.verify(&PresentedToken::bearer(token.plain.expose()))).is_err());
    }
}

/// The clocks of two nodes differ a little. That makes no token invalid, and none valid for longer.
#[test]
fn a_token_of_a_node_that_is_five_seconds_ahead_is_accepted_and_none_after_its_expiry() {
    let secret: [u8; 32] = auth_core::random_bytes(&SystemEntropy).unwrap();
    let at = |seconds| {
        let signing = SigningKey::hmac(Algorithm::HS256, &secret).unwrap();
        let keys = JwtKeys::new(signing, Vec::new()).unwrap();
        let clock = Arc::new(FixedClock(Timestamp::from_seconds(seconds)));
        JwtIssuer::new(config(SubjectClaim::Sub), keys, clock, Arc::new(SystemEntropy))
    };
    let token = block_on(at(1_000_005).issue(grant())).unwrap();
    let presented = PresentedToken::bearer(token.plain.expose());
    let judge = |seconds| block_on(at(seconds).verify(&presented)).map(drop);
    assert_eq!(judge(1_000_000), Ok(()));
    assert_eq!(judge(999_999), Err(Rejection::NotYetValid.into()));
    assert_eq!(judge(1_000_904), Ok(()));
    assert_eq!(judge(1_000_905), Err(Rejection::Expired.into()));
}
