//! One token, several schemes: who decides, and what the answer is.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::testing::acting_as;
use auth_core::{
    Capabilities, PresentedToken, Rejection, StoreError, Subject, Unavailable, VerifiedToken, Verifier, VerifyError,
};
use auth_http::{
    AuthScheme, Authenticator, Carriers, Field, RejectedRequest, RejectionAnswer, RejectionKind, RequestHead,
    Requirement, TrustedProxies,
};

/// A request of these header fields, from this peer.
#[derive(Clone, Copy)]
struct Head<'a>(&'a [(Field, &'a str)], Option<IpAddr>);

impl<'a> RequestHead<'a> for Head<'a> {
    fn values(self, field: Field) -> impl Iterator<Item = &'a [u8]> {
        let named = move |(name, _): &&(Field, &str)| *name == field;
        self.0.iter().filter(named).map(|(_, value)| value.as_bytes())
    }

    fn peer(self) -> Option<IpAddr> {
        self.1
    }
}

/// Always the same outcome; remembers the sources that it was given.
#[derive(Debug)]
struct Always {
    outcome: Result<VerifiedToken, VerifyError>,
    sources: Mutex<Vec<Option<IpAddr>>>,
}

#[async_trait]
impl Verifier for Always {
    fn flavour(&self) -> &str {
        "always"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        self.sources.lock().unwrap().push(presented.source);
        self.outcome.clone()
    }
}

fn always(outcome: Result<VerifiedToken, VerifyError>) -> Arc<Always> {
    Arc::new(Always {
        outcome,
        sources: Mutex::default(),
    })
}

fn good() -> Result<VerifiedToken, VerifyError> {
    Ok(acting_as(Subject(7), ["read"]).token())
}

fn over(verifiers: &[Arc<Always>], carriers: Carriers) -> Authenticator {
    let scheme = |verifier: &Arc<Always>| AuthScheme {
        carriers,
        verifier: verifier.clone(),
    };
    Authenticator::new(verifiers.iter().map(scheme).collect(), "a \"realm\"\r\n")
}

const BEARER: [(Field, &str); 1] = [(Field::Authorization, "Bearer t")];

async fn rejected(outcomes: &[Result<VerifiedToken, VerifyError>]) -> Option<RejectedRequest> {
    let verifiers: Vec<_> = outcomes.iter().cloned().map(always).collect();
    let outcome = over(&verifiers, Carriers::BEARER)
        .authenticate(Head(&BEARER, None))
        .await;
    outcome.err()
}

#[tokio::test]
async fn the_first_scheme_that_knows_the_token_decides_and_trouble_never_accepts() {
    let unknown = || Err(Rejection::Unknown.into());
    let expired = || Err(Rejection::Expired.into());
    let trouble = || Err(Unavailable::Stale.into());
    let damaged = || Err(StoreError::Corrupt("row 7".into()).into());
    assert!(rejected(&[unknown(), good()]).await.is_none());
    assert!(rejected(&[trouble(), good()]).await.is_none());
    for (outcomes, status, scheme, reason) in [
        (vec![unknown(), expired()], 401, Some(1), "expired"),
        (vec![expired(), unknown()], 401, Some(0), "expired"),
        (
            vec![trouble(), unknown()],
            503,
            None,
            "the list of revocations is out of date",
        ),
        (
            vec![unknown(), trouble()],
            503,
            None,
            "the list of revocations is out of date",
        ),
        (vec![damaged()], 500, None, "a stored row is damaged: row 7"),
        (vec![], 401, None, "unknown"),
    ] {
        let rejected = rejected(&outcomes).await.unwrap();
        assert_eq!(
            (rejected.status(), &*rejected.reason()),
            (status, reason),
            "{outcomes:?}"
        );
        assert_eq!(rejected.scheme(), scheme, "{outcomes:?}");
        assert!(!String::from_utf8(rejected.answer().body).unwrap().contains(reason));
    }
}

#[tokio::test]
async fn the_scheme_whose_token_it_is_says_why() {
    use Rejection::{BadSignature, Expired, Malformed, Revoked, Unknown, UnknownKey, WrongFlavour};
    for (reasons, scheme) in [
        ([Malformed, Revoked, Unknown], Some(1)),
        ([UnknownKey, Expired, BadSignature], Some(1)),
        ([WrongFlavour, BadSignature, Unknown], Some(1)),
        ([Revoked, Unknown, Expired], Some(0)),
        ([Unknown, Malformed, UnknownKey], None),
    ] {
        let rejected = rejected(&reasons.map(|reason| Err(reason.into()))).await.unwrap();
        assert_eq!(rejected.scheme(), scheme, "{reasons:?}");
        let own = RejectionKind::Invalid(reasons[scheme.unwrap_or_default()]);
        assert!(scheme.is_none() || *rejected.kind() == own, "{rejected:?}");
    }
}

#[tokio::test]
async fn a_scheme_is_asked_about_its_own_carriers_alone() {
    let verifier = always(good());
    let fields = [(Field::AccessToken, "t"), (Field::Key, "k")];
    let outcome = over(std::slice::from_ref(&verifier), Carriers::BEARER)
        .authenticate(Head(&fields, None))
        .await;
    assert_eq!(*outcome.unwrap_err().kind(), RejectionKind::Invalid(Rejection::Unknown));
    assert!(verifier.sources.lock().unwrap().is_empty());
    let access_token = Carriers {
        access_token: true,
        ..Carriers::default()
    };
    assert!(
        over(&[verifier], access_token)
            .authenticate(Head(&fields, None))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_realm_cannot_leave_its_quotes_and_each_status_has_its_headers() {
    let authenticator = over(&[always(good())], Carriers::BEARER);
    let absent = authenticator.authenticate(Head(&[], None)).await.unwrap_err().answer();
    assert_eq!(absent.header("www-authenticate"), Some("Bearer realm=\"a realm\""));
    let forbidden = authenticator
        .admit(Head(&BEARER, None), &Requirement::all_of(["write"]))
        .await;
    let forbidden = forbidden.unwrap_err().answer();
    assert_eq!(forbidden.status, 403);
    assert_eq!(
        forbidden.header("www-authenticate"),
        Some("Bearer realm=\"a realm\", error=\"insufficient_scope\", scope=\"write\"")
    );
    let trouble = rejected(&[Err(Unavailable::Stale.into())]).await.unwrap().answer();
    assert_eq!((trouble.status, trouble.header("retry-after")), (503, Some("1")));
    assert_eq!(trouble.header("www-authenticate"), None);
    let two = [(Field::Authorization, "Bearer t"), (Field::AccessToken, "t")];
    let several = authenticator.authenticate(Head(&two, None)).await.unwrap_err();
    assert_eq!((several.status(), &*several.reason()), (401, "malformed"));
}

#[tokio::test]
async fn the_verifier_learns_the_clients_address_where_it_is_wanted() {
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let verifier = always(good());
    let plain = over(std::slice::from_ref(&verifier), Carriers::BEARER);
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
    let bounded = plain.clone().with_trusted_proxies(proxies);
    let fields = [BEARER[0], (Field::ForwardedFor, "203.0.113.9")];
    let _ = plain.authenticate(Head(&fields, Some(address("10.0.0.1")))).await;
    let _ = bounded.authenticate(Head(&fields, Some(address("10.0.0.1")))).await;
    let _ = bounded.authenticate(Head(&fields, Some(address("192.0.2.1")))).await;
    let _ = bounded.authenticate(Head(&fields, None)).await;
    let sources = verifier.sources.lock().unwrap();
    let seen = [None, Some("203.0.113.9"), Some("192.0.2.1"), Some("0.0.0.0")];
    assert_eq!(*sources, seen.map(|text| text.map(address)));
}

#[tokio::test]
async fn a_hook_changes_the_answer_and_never_into_a_success() {
    for (status, answered) in [
        (200, 401),
        (204, 401),
        (101, 401),
        (404, 404),
        (303, 303),
        (0, 401),
        (999, 401),
    ] {
        let hook = move |_: &RejectedRequest, answer: RejectionAnswer| RejectionAnswer { status, ..answer };
        let authenticator = over(&[], Carriers::BEARER).with_answer(hook);
        let rejected = authenticator.authenticate(Head(&[], None)).await.unwrap_err();
        assert_eq!(rejected.answer().status, answered, "{status}");
    }
}

/// Many services have an `X-API-Key` of their own, which is no token of anybody's here.
#[tokio::test]
async fn an_api_key_is_a_credential_only_where_a_scheme_takes_it() {
    let token = acting_as(Subject(7), []).token();
    let scheme = |carriers| AuthScheme {
        carriers,
        verifier: always(Ok(token.clone())),
    };
    let kind = async |carriers, fields: &[(Field, &str)]| {
        let authenticator = Authenticator::new(vec![scheme(carriers)], "test");
        let outcome = authenticator.authenticate(Head(fields, None)).await;
        outcome.map(drop).map_err(|rejected| rejected.kind().clone())
    };
    let with_api_key = Carriers {
        api_key: true,
        ..Carriers::BEARER
    };
    let (one, two) = ([(Field::ApiKey, "k")], [(Field::ApiKey, "k"), (Field::ApiKey, "k")]);
    for foreign in [&one[..], &two[..], &[(Field::ApiKey, "not a token")]] {
        assert_eq!(kind(Carriers::BEARER, foreign).await, Err(RejectionKind::Absent));
    }
    assert_eq!(kind(with_api_key, &one).await, Ok(()));
    assert!(matches!(kind(with_api_key, &two).await, Err(RejectionKind::Invalid(_))));
    let beside_a_token = [(Field::ApiKey, "not a token"), (Field::Authorization, "Bearer t")];
    assert_eq!(kind(with_api_key, &beside_a_token).await, Ok(()));
}
