use super::*;
use crate::contract::account::{Generation, Subject};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// Fills with one byte.
#[derive(Debug)]
struct Constant(u8);

impl Entropy for Constant {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(self.0);
        Ok(())
    }
}

fn profile(subject: SubjectClaim) -> ClaimsProfile {
    ClaimsProfile {
        flavour: "test".into(),
        realm: Realm::parse("test").ok(),
        lifetime: Duration::from_secs(900),
        subject,
        issued_at: true,
        scope: true,
    }
}

fn grant() -> Grant {
    let scopes = Scopes::parse_list("read write").unwrap();
    let session = SessionRef {
        id: TokenId(17),
        generation: Generation(3),
        subject: Subject(7),
    };
    Grant {
        session: Some(session),
        ..Grant::new(Subject(7), Generation(3), Realm::parse("test").unwrap(), scopes)
    }
}

fn claims(profile: &ClaimsProfile) -> SignedClaims<'static> {
    let grant = Box::leak(Box::new(grant()));
    profile.prepare(grant, NOW, &Constant(0)).unwrap().claims
}

#[test]
fn each_profile_accepts_its_own_claims_and_finds_the_grant_in_them() {
    for subject in [SubjectClaim::UserId, SubjectClaim::Sub, SubjectClaim::Session] {
        for (issued_at, scope) in [(true, true), (true, false), (false, true), (false, false)] {
            for realm in [Realm::parse("test").ok(), None] {
                let profile = ClaimsProfile {
                    realm,
                    issued_at,
                    scope,
                    ..profile(subject)
                };
                let token = profile.verify(&claims(&profile), NOW).unwrap();
                assert_eq!(token.session(), grant().session.unwrap());
                assert_eq!((token.id(), &**token.flavour()), (TokenId(17), "test"));
                assert_eq!(*token.realm(), grant().realm);
                let scopes = if scope { grant().scopes } else { Scopes::none() };
                assert_eq!(*token.scopes(), scopes);
                assert_eq!(token.issued_at(), issued_at.then_some(NOW));
                assert_eq!(token.expires_at(), Some(NOW.plus(profile.lifetime)));
            }
        }
    }
}

#[test]
fn a_grant_without_session_gets_a_random_id_that_is_never_negative() {
    let grant = Grant {
        session: None,
        ..grant()
    };
    for (byte, id) in [(0, 0), (0x7f, 0x7f7f_7f7f_7f7f_7f7f), (0xff, i64::MAX)] {
        let profile = profile(SubjectClaim::Sub);
        let unsigned = profile.prepare(&grant, NOW, &Constant(byte)).unwrap();
        assert_eq!(unsigned.claims().sid, format!("{id}.3.7"));
        let issued = unsigned.into_issued("text".into());
        assert_eq!((issued.id, issued.issued_at), (TokenId(id), NOW));
        assert_eq!(issued.expires_at, Some(NOW.plus(profile.lifetime)));
    }
}

#[test]
fn a_token_lives_from_its_issue_until_just_before_its_expiry() {
    for issued_at in [true, false] {
        let profile = ClaimsProfile {
            issued_at,
            ..profile(SubjectClaim::Sub)
        };
        let claims = claims(&profile);
        let millis = Duration::from_millis(1);
        assert!(profile.verify(&claims, NOW).is_ok());
        assert!(profile.verify(&claims, claims.expires_at.minus(millis)).is_ok());
        assert_eq!(profile.verify(&claims, claims.expires_at), Err(Rejection::Expired));
        // Without `iat`, a token from the future shows by an expiry that is too far away.
        let early = if issued_at {
            Rejection::NotYetValid
        } else {
            Rejection::BadClaims
        };
        assert!(profile.verify(&claims, NOW.minus(CLOCK_SKEW)).is_ok());
        assert_eq!(profile.verify(&claims, NOW.minus(CLOCK_SKEW).minus(millis)), Err(early));
    }
}

#[test]
fn a_token_that_lives_longer_than_the_profile_allows_is_rejected() {
    let profile = profile(SubjectClaim::Sub);
    let claims = SignedClaims {
        expires_at: NOW.plus(profile.lifetime).plus(Duration::from_millis(1)),
        ..claims(&profile)
    };
    assert_eq!(profile.verify(&claims, NOW), Err(Rejection::BadClaims));
    assert_eq!(
        profile.verify(&claims, NOW.plus(Duration::from_secs(899))),
        Err(Rejection::BadClaims)
    );
}

#[test]
fn claims_that_are_missing_or_disagree_are_rejected() {
    type Change = fn(&mut SignedClaims<'static>);
    let cases: [(SubjectClaim, Change); 12] = [
        (SubjectClaim::UserId, |claims| claims.user_id = None),
        (SubjectClaim::UserId, |claims| claims.user_id = Some(8)),
        (SubjectClaim::UserId, |claims| {
            claims.user_id = None;
            claims.sub = Some("7".into());
        }),
        (SubjectClaim::Sub, |claims| claims.sub = None),
        (SubjectClaim::Sub, |claims| claims.sub = Some("8".into())),
        (SubjectClaim::Sub, |claims| claims.sub = Some("07".into())),
        (SubjectClaim::Session, |claims| claims.sid = "17.3".into()),
        (SubjectClaim::Session, |claims| claims.sid = "017.3.7".into()),
        (SubjectClaim::Session, |claims| claims.issued_at = None),
        (SubjectClaim::Session, |claims| {
            claims.scope = Some("read  write".into())
        }),
        (SubjectClaim::Session, |claims| claims.scope = Some("re\"ad".into())),
        (SubjectClaim::Sub, |claims| claims.sid = "17.3.8".into()),
    ];
    for (index, (subject, change)) in cases.into_iter().enumerate() {
        let profile = profile(subject);
        let mut claims = claims(&profile);
        change(&mut claims);
        assert_eq!(profile.verify(&claims, NOW), Err(Rejection::BadClaims), "case {index}");
    }
    let without_realm = ClaimsProfile {
        realm: None,
        ..profile(SubjectClaim::Sub)
    };
    let claims = claims(&profile(SubjectClaim::Sub));
    assert_eq!(without_realm.verify(&claims, NOW), Err(Rejection::BadClaims));
}

#[test]
fn the_realm_of_the_profile_wins_over_a_realm_in_the_claims() {
    let profile = profile(SubjectClaim::Sub);
    let claims = SignedClaims {
        realm: Some("other".into()),
        ..claims(&profile)
    };
    assert_eq!(profile.verify(&claims, NOW).unwrap().realm().clone(), grant().realm);
}
