//! Decodes signed tokens without verifying them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The header and the claims of a compact JWS, as texts.
pub fn parts(token: &str) -> (String, String) {
    let segments: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = segments[..] else {
        panic!("not three segments: {token}");
    };
    let decode = |segment: &str| URL_SAFE_NO_PAD.decode(segment).expect("strict base64url");
    assert!(!decode(signature).is_empty());
    let text = |segment| String::from_utf8(decode(segment)).expect("UTF-8");
    (text(header), text(claims))
}

/// The claims.
pub fn claims(token: &str) -> Value {
    serde_json::from_str(&parts(token).1).expect("JSON")
}

/// The protected header.
pub fn header(token: &str) -> Value {
    serde_json::from_str(&parts(token).0).expect("JSON")
}

/// The names of an object's members, sorted.
pub fn names(object: &Value) -> Vec<&str> {
    let members = object.as_object().expect("an object");
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The token with one character of its signature changed.
pub fn forged(token: &str) -> String {
    let at = token.rfind('.').expect("a signature") + 5;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}
