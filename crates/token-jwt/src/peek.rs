//! Decoding a token without verifying it.

use std::fmt;

use crate::base64url;
use crate::error::{JwtRejection, Reason};
use crate::json::{JsonError, Reader};
use crate::policy::Policy;

/// The header and payload of a token that was not verified: untrusted text, for logs and for people.
///
/// No function of this crate takes it, and anything in it may be forged. Claims come from
/// [`ClaimsVerifier::verify`](crate::ClaimsVerifier::verify).
///
/// ```compile_fail
/// # fn show(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let peeked = token_jwt::peek_unverified(token)?;
/// let claims: &token_jwt::Verified<()> = &peeked; // another type: neither converts into the other
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct UnverifiedText {
    header: String,
    payload: String,
}

impl UnverifiedText {
    /// The header's JSON text, as the sender chose it.
    #[must_use]
    pub fn header_json(&self) -> &str {
        &self.header
    }

    /// The payload's JSON text, as the sender chose it.
    #[must_use]
    pub fn payload_json(&self) -> &str {
        &self.payload
    }
}

/// Prints no part of the token.
impl fmt::Debug for UnverifiedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedText(..)")
    }
}

/// Decodes a token of at most [`Policy::DEFAULT_MAX_TOKEN_BYTES`] without checking its signature, its dates or anything
/// else but its form.
///
/// # Errors
/// [`JwtRejection`] if it is not three segments of base64url of which the first two are strict JSON objects.
///
/// # Security
/// Decide nothing by the result: anyone can write such a token. [`ClaimsVerifier`](crate::ClaimsVerifier) verifies.
pub fn peek_unverified(token: &str) -> Result<UnverifiedText, JwtRejection> {
    if token.len() > Policy::DEFAULT_MAX_TOKEN_BYTES {
        return Err(Reason::TooLong.into());
    }
    let mut segments = token.split('.');
    let (Some(header), Some(payload), Some(_), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(Reason::NotThreeSegments.into());
    };
    Ok(UnverifiedText {
        header: object(header, Reason::HeaderEncoding, Reason::HeaderJson)?,
        payload: object(payload, Reason::PayloadEncoding, Reason::PayloadJson)?,
    })
}

fn object(segment: &str, encoding: Reason, json: fn(JsonError) -> Reason) -> Result<String, Reason> {
    let bytes = base64url::decode_to_vec(segment).map_err(|_| encoding)?;
    let mut reader = Reader::new(&bytes).map_err(json)?;
    let read = reader.object_only();
    read.map_err(|_| json(reader.error().unwrap_or(JsonError::Syntax)))?;
    String::from_utf8(bytes).map_err(|_| json(JsonError::Encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_token_is_decoded() {
        let good = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.";
        let peeked = peek_unverified(good).unwrap();
        assert_eq!(peeked.header_json(), r#"{"alg":"none"}"#);
        assert_eq!(peeked.payload_json(), r#"{"sub":"7"}"#);
        assert_eq!(format!("{peeked:?}"), "UnverifiedText(..)");
        for (bad, reason) in [
            ("e30.e30", Reason::NotThreeSegments),
            ("e30.e30.a.b", Reason::NotThreeSegments),
            ("e30=.e30.", Reason::HeaderEncoding),
            ("e30.e3.", Reason::PayloadEncoding),
            ("W10.e30.", Reason::HeaderJson(JsonError::NotAnObject)),
            ("e30.W10.", Reason::PayloadJson(JsonError::NotAnObject)),
            ("e30.e30x.", Reason::PayloadJson(JsonError::Syntax)),
        ] {
            assert_eq!(peek_unverified(bad).unwrap_err().reason(), reason, "{bad}");
        }
        assert!(peek_unverified(&format!("{good}{}", "a".repeat(8192 - good.len()))).is_ok());
        assert_eq!(
            peek_unverified(&"a".repeat(8193)).unwrap_err().reason(),
            Reason::TooLong
        );
    }
}
