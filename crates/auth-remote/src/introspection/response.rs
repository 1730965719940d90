//! The server's answer about a token (RFC 7662 section 2.2).

use auth_core::{
    Generation, Realm, Rejection, Scopes, SessionRef, Subject, Timestamp, TokenId, VerifiedParts, VerifiedToken,
};
use serde::Deserialize;
use serde_json::Value;

/// The members that are read. `flavour`, `realm`, `token_id` and `sid` are Tessera's.
#[derive(Deserialize)]
struct Response {
    active: bool,
    sub: Option<String>,
    aud: Option<Value>,
    scope: Option<String>,
    iat: Option<i64>,
    exp: Option<i64>,
    flavour: Option<String>,
    realm: Option<String>,
    token_id: Option<String>,
    sid: Option<String>,
}

/// An answer that says nothing about the token, or not what it must.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("its answer is no introspection response")]
    NotJson,
    #[error("its answer lacks `{0}`, or has another form of it")]
    Member(&'static str),
    #[error("its answer is meant for another resource server")]
    Audience,
}

/// What the server says about a token to this resource server.
///
/// # Security
/// A member that is missing or has another form makes the whole answer unusable: nothing is filled in.
pub(super) fn read(body: &str, id: &str) -> Result<Result<VerifiedToken, Rejection>, Unusable> {
    let response: Response = serde_json::from_str(body).map_err(|_| Unusable::NotJson)?;
    if !response.active {
        return Ok(Err(Rejection::Unknown));
    }
    if response.aud.as_ref().is_some_and(|aud| !names(aud, id)) {
        return Err(Unusable::Audience);
    }
    let parts = parts(&response)?;
    Ok(Ok(VerifiedToken::dangerous_from_verifier(parts).with_claims(body)))
}

fn parts(response: &Response) -> Result<VerifiedParts, Unusable> {
    let id = response.token_id.as_deref().and_then(TokenId::parse);
    let id = id.ok_or(Unusable::Member("token_id"))?;
    let realm = response.realm.as_deref().and_then(realm);
    let scope = response.scope.as_deref().unwrap_or_default();
    Ok(VerifiedParts {
        id,
        session: session(response, id)?,
        flavour: response.flavour.as_deref().ok_or(Unusable::Member("flavour"))?.into(),
        realm: realm.ok_or(Unusable::Member("realm"))?,
        scopes: Scopes::parse_list(scope).map_err(|_| Unusable::Member("scope"))?,
        issued_at: response.iat.map(Timestamp::from_seconds),
        expires_at: response.exp.map(Timestamp::from_seconds),
    })
}

/// The session, which names the subject too; both must say the same.
fn session(response: &Response, id: TokenId) -> Result<SessionRef, Unusable> {
    // The numbers of subjects and of tokens have the same one spelling.
    let subject = response.sub.as_deref().and_then(TokenId::parse);
    let subject = Subject(subject.ok_or(Unusable::Member("sub"))?.0);
    let alone = SessionRef {
        id,
        generation: Generation(0),
        subject,
    };
    let session = match response.sid.as_deref() {
        Some(text) => SessionRef::parse(text).ok_or(Unusable::Member("sid"))?,
        None => alone,
    };
    match session.subject == subject {
        true => Ok(session),
        false => Err(Unusable::Member("sid")),
    }
}

/// A realm of accounts, or of one organisation's clients.
fn realm(name: &str) -> Option<Realm> {
    let of_clients = || {
        let realm = Realm::from_stored(name);
        let organisation = realm.organisation()?;
        (Realm::of_organisation(organisation) == realm).then_some(realm)
    };
    Realm::parse(name).ok().or_else(of_clients)
}

/// Whether `aud`, a text or a list of them, has this name.
fn names(aud: &Value, id: &str) -> bool {
    match aud {
        Value::String(one) => one == id,
        Value::Array(all) => all.iter().any(|one| one.as_str() == Some(id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"{"active":true,"iss":"https://a.example","sub":"7","aud":"games","token_type":"Bearer","scope":"a b","iat":1,"exp":2,"flavour":"device","realm":"players","token_id":"17","sid":"18.3.7"}"#;

    fn without(member: &str) -> String {
        let mut value: serde_json::Map<String, Value> = serde_json::from_str(WHOLE).unwrap();
        value.remove(member).unwrap();
        Value::Object(value).to_string()
    }

    fn with(member: &str, to: Value) -> String {
        let mut value: serde_json::Map<String, Value> = serde_json::from_str(WHOLE).unwrap();
        value.insert(member.to_owned(), to);
        Value::Object(value).to_string()
    }

    fn answer(body: &str) -> Result<Result<VerifiedToken, Rejection>, Unusable> {
        read(body, "games")
    }

    #[test]
    fn an_active_token_has_what_the_server_says() {
        let token = answer(WHOLE).unwrap().unwrap();
        assert_eq!((token.id(), token.subject()), (TokenId(17), Subject(7)));
        assert_eq!(
            (token.session().generation, &**token.flavour()),
            (Generation(3), "device")
        );
        assert_eq!(token.scopes().to_string(), "a b");
        assert_eq!(token.expires_at(), Some(Timestamp::from_seconds(2)));
        assert_eq!(token.claims_json(), Some(WHOLE));
    }

    #[test]
    fn what_is_not_known_may_be_missing() {
        for member in ["iss", "aud", "token_type", "scope", "iat", "exp", "sid"] {
            assert!(answer(&without(member)).unwrap().is_ok(), "{member}");
        }
        let clients = with("realm", "org:171".into());
        assert_eq!(answer(&clients).unwrap().unwrap().realm().organisation(), Some(171));
    }

    #[test]
    fn an_inactive_token_is_unknown() {
        assert_eq!(answer(r#"{"active":false}"#), Ok(Err(Rejection::Unknown)));
    }

    #[test]
    fn an_answer_of_another_form_says_nothing_about_the_token() {
        for member in ["active", "sub", "flavour", "realm", "token_id"] {
            assert!(answer(&without(member)).is_err(), "{member}");
        }
        for (member, to) in [
            ("active", Value::from("true")),
            ("active", Value::from(1)),
            ("sub", Value::from(7)),
            ("sub", Value::from("007")),
            ("sub", Value::from("-7")),
            ("sid", Value::from("18.3.8")),
            ("sid", Value::from("")),
            ("scope", Value::from("a  b")),
            ("scope", Value::from(vec!["a", "b"])),
            ("exp", Value::from("2")),
            ("exp", Value::from(2.5)),
            ("realm", Value::from("org:0171")),
            ("realm", Value::from("two words")),
            ("token_id", Value::from("")),
            ("aud", Value::from("others")),
            ("aud", Value::from(1)),
        ] {
            assert!(answer(&with(member, to.clone())).is_err(), "{member}: {to}");
        }
        for body in ["", "[]", "true", "{", r#"{"active":true,"active":false}"#] {
            assert!(answer(body).is_err(), "{body}");
        }
        assert!(answer(&with("aud", Value::from(vec!["others", "games"]))).is_ok());
    }

    proptest! {
        #[test]
        fn no_answer_panics(body in ".{0,200}") {
            let _ = answer(&body);
        }
    }
}
