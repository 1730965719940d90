//! Headers that are recognised by their bytes, so that most tokens' headers are never parsed.

use std::fmt;

use crate::base64url;
use crate::key::{KeySet, Kid, VerifyingKey, quoted};

/// Header segments of tokens signed with the keys of a set, each with the index of its key.
///
/// A segment in this list has exactly what its key and the policy require. Every other header is parsed.
#[derive(Clone)]
pub(crate) struct KnownHeaders {
    segments: Vec<(String, usize)>,
}

impl KnownHeaders {
    pub(crate) fn new(keys: &KeySet, token_type: &str) -> Self {
        let only_key = keys.keys().len() == 1;
        let mut segments = Vec::new();
        for (index, key) in keys.keys().iter().enumerate() {
            let kid = key.kid().map(Kid::as_str);
            if kid.is_some() || only_key {
                segments.extend(member_orders(key, token_type, kid).map(|segment| (segment, index)));
            }
        }
        Self { segments }
    }

    /// The index of the key, and the length of the header segment in bytes.
    pub(crate) fn recognise(&self, token: &[u8]) -> Option<(usize, usize)> {
        let found = |(segment, key): &(String, usize)| {
            let rest = token.strip_prefix(segment.as_bytes())?;
            (rest.first() == Some(&b'.')).then_some((*key, segment.len()))
        };
        self.segments.iter().find_map(found)
    }
}

/// Without the segments, which are parts of tokens.
impl fmt::Debug for KnownHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownHeaders").finish_non_exhaustive()
    }
}

/// The header segment of the tokens that this crate signs: `typ`, `alg`, `kid`, in this order.
pub(crate) fn segment(algorithm: &str, token_type: &str, kid: Option<&str>) -> String {
    let kid = kid.map(|kid| format!(",\"kid\":{}", quoted(kid))).unwrap_or_default();
    let typ = quoted(token_type);
    base64url::encode(format!("{{\"typ\":{typ},\"alg\":\"{algorithm}\"{kid}}}").as_bytes())
}

/// The header in each of the orders in which libraries write its members.
fn member_orders(key: &VerifyingKey, typ: &str, kid: Option<&str>) -> impl Iterator<Item = String> {
    let alg = key.algorithm().name();
    let ours = segment(alg, typ, kid);
    let typ = quoted(typ);
    let others = match kid.map(quoted) {
        Some(kid) => [
            format!("{{\"alg\":\"{alg}\",\"kid\":{kid},\"typ\":{typ}}}"),
            format!("{{\"alg\":\"{alg}\",\"typ\":{typ},\"kid\":{kid}}}"),
        ]
        .to_vec(),
        None => [format!("{{\"alg\":\"{alg}\",\"typ\":{typ}}}")].to_vec(),
    };
    let others = others.into_iter().map(|json| base64url::encode(json.as_bytes()));
    std::iter::once(ours).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Algorithm;

    fn unnamed(salt: u8) -> VerifyingKey {
        let secret: Vec<u8> = (0..32).map(|byte| byte * 7 + salt).collect();
        VerifyingKey::hmac(Algorithm::HS256, &secret).unwrap()
    }

    fn named(kid: &str) -> VerifyingKey {
        unnamed(kid.len() as u8).with_kid(Kid::new(kid).unwrap())
    }

    #[test]
    fn no_header_is_printed() {
        let shown = format!("{:?}", KnownHeaders::new(&named("one").into(), "JWT"));
        assert_eq!(shown, "KnownHeaders { .. }");
    }

    #[test]
    fn headers_of_common_libraries_are_recognised() {
        let headers = |key: VerifyingKey| KnownHeaders::new(&key.into(), "JWT");
        let recognise = |headers: &KnownHeaders, json: &str| {
            let header = base64url::encode(json.as_bytes());
            headers.recognise(format!("{header}.e30.").as_bytes()) == Some((0, header.len()))
        };
        let one = headers(named("one"));
        assert!(recognise(&one, r#"{"typ":"JWT","alg":"HS256","kid":"one"}"#));
        assert!(recognise(&one, r#"{"alg":"HS256","kid":"one","typ":"JWT"}"#));
        assert!(recognise(&one, r#"{"alg":"HS256","typ":"JWT","kid":"one"}"#));
        assert!(!recognise(&one, r#"{"alg":"HS256","typ":"JWT"}"#), "it is parsed");
        let unnamed = headers(unnamed(0));
        assert!(recognise(&unnamed, r#"{"typ":"JWT","alg":"HS256"}"#));
        assert!(recognise(&unnamed, r#"{"alg":"HS256","typ":"JWT"}"#));
        assert!(!recognise(&unnamed, r#"{"alg":"HS256"}"#), "it is parsed");
    }

    #[test]
    fn a_recognised_header_selects_its_own_key_and_a_prefix_of_it_selects_none() {
        let keys = KeySet::new(vec![named("one"), named("two")]).unwrap();
        let headers = KnownHeaders::new(&keys, "JWT");
        let header = segment("HS256", "JWT", Some("two"));
        let recognise = |token: String| headers.recognise(token.as_bytes());
        assert_eq!(recognise(format!("{header}.e30.")), Some((1, header.len())));
        assert_eq!(recognise(format!("{header}x.e30.")), None);
        assert_eq!(recognise(header.clone()), None);
        assert_eq!(recognise(format!("{}.", segment("HS256", "JWT", None))), None);
        assert_eq!(recognise(format!("{}.", segment("HS384", "JWT", Some("two")))), None);
        assert_eq!(recognise(format!("{}.", segment("HS256", "at+jwt", Some("two")))), None);
    }
}
