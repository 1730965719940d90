//! A token from text to claims: cheap checks first, then the signature, then the payload.

use serde::de::DeserializeOwned;

use crate::error::{JwtRejection, Reason};
use crate::json::{JsonError, read_object};
use crate::key::{KeySet, VerifyingKey};
use crate::policy::Policy;
use crate::registered_claims::Registered;
use crate::time::UnixTime;
use crate::{base64url, header, known_headers::KnownHeaders};

/// Checks tokens against a set of keys and a policy.
///
/// It is immutable and can be shared; to change its keys or its policy, make another one. It reads no clock, network or
/// file.
#[derive(Clone, Debug)]
pub struct ClaimsVerifier {
    keys: KeySet,
    policy: Policy,
    known_headers: KnownHeaders,
}

/// The claims of a token that passed every check. Only a [`ClaimsVerifier`] makes one.
///
/// ```compile_fail
/// let forged = token_jwt::Verified { claims: "anything", ..panic!() }; // its fields are private
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<C> {
    claims: C,
    key: usize,
    expires: UnixTime,
    issued_at: Option<UnixTime>,
}

impl<C> Verified<C> {
    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// The claims, by value.
    #[must_use]
    pub fn into_claims(self) -> C {
        self.claims
    }

    /// When the token ends: `exp`, without leeway.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }

    /// When the token was issued: `iat`, if it has one.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Which of the verifier's keys signed it, as an index into [`KeySet::keys`].
    #[must_use]
    pub fn key_index(&self) -> usize {
        self.key
    }
}

impl ClaimsVerifier {
    /// A verifier with these keys (or one [`VerifyingKey`]) and this policy.
    pub fn new(keys: impl Into<KeySet>, policy: Policy) -> Self {
        let keys = keys.into();
        let known_headers = KnownHeaders::new(&keys, policy.expected_type());
        Self {
            keys,
            policy,
            known_headers,
        }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Checks a token at the time `now` and returns its claims.
    ///
    /// `C` is any type that serde can fill from an object; `()` asks for no claims. Members that `C` ignores are read as
    /// strictly as the others. `C` may have registered claims too; they are checked all the same.
    ///
    /// # Errors
    /// [`JwtRejection`], whose text is the same for every reason; [`JwtRejection::reason`] is for logs. The payload is not
    /// read before the signature was verified.
    ///
    /// # Security
    /// The token is untrusted, in length and in content. One longer than [`Policy::max_token_bytes`] is rejected unread.
    /// The work is linear in the length, and memory is allocated only by `C`, for strings with escapes, and for payloads
    /// of more than 6 KiB.
    pub fn verify<C: DeserializeOwned>(&self, token: &str, now: UnixTime) -> Result<Verified<C>, JwtRejection> {
        let (key, payload) = self.authenticate(token.as_bytes())?;
        Ok(with_decoded(payload, |json| self.read(json, key, now))?)
    }

    /// Checks the structure and the signature of a token and returns its payload as bytes, for payloads that are not
    /// claims. `typ` is checked; dates are not.
    ///
    /// # Errors
    /// As [`ClaimsVerifier::verify`].
    pub fn verify_signature_only(&self, token: &str) -> Result<Vec<u8>, JwtRejection> {
        let (_, payload) = self.authenticate(token.as_bytes())?;
        Ok(with_decoded(payload, |bytes| Ok(bytes.to_vec()))?)
    }

    /// Whether the header of a text names a key that is not in the set. Nothing else of it is checked.
    #[must_use]
    pub fn names_unknown_key(&self, token: &str) -> bool {
        let token = token.as_bytes();
        token.len() <= self.policy.max_bytes() && self.read_header(token) == Err(Reason::KidUnknown)
    }

    /// The key that signed the token, and its payload segment.
    fn authenticate<'t>(&self, token: &'t [u8]) -> Result<(usize, &'t [u8]), Reason> {
        if token.len() > self.policy.max_bytes() {
            return Err(Reason::TooLong);
        }
        let (index, header) = match self.known_headers.recognise(token) {
            Some(found) => found,
            None => self.read_header(token)?,
        };
        let key = self.keys.keys().get(index).ok_or(Reason::KidUnknown)?;
        let parts = split(token, header, key)?;
        key.check(parts.message, parts.signature)?;
        Ok((index, parts.payload))
    }

    /// The key that a header asks for, and how long its segment is.
    fn read_header(&self, token: &[u8]) -> Result<(usize, usize), Reason> {
        let mut dots = token.iter().enumerate().filter(|(_, byte)| **byte == b'.');
        let (Some((first, _)), Some(_), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Reason::NotThreeSegments);
        };
        let segment = token.get(..first).unwrap_or_default();
        let key = with_buffer(segment.len(), |buffer| {
            let header = header::read(segment, buffer)?;
            self.policy.check_type(header.typ)?;
            let index = self.keys.select(header.kid)?;
            match self.keys.keys().get(index) {
                Some(key) if header.alg.is(key.algorithm().name()) => Ok(index),
                _ => Err(Reason::Algorithm),
            }
        })?;
        Ok((key, first))
    }

    fn read<C: DeserializeOwned>(&self, json: &[u8], key: usize, now: UnixTime) -> Result<Verified<C>, Reason> {
        let mut registered = Registered::new(&self.policy);
        let read = read_object(json, &mut registered);
        if let Some(reason) = registered.rejected() {
            return Err(reason);
        }
        let claims = read.map_err(Reason::PayloadJson)?;
        registered.check(now)?;
        let expires = registered.expires().ok_or(Reason::PayloadJson(JsonError::Shape))?;
        Ok(Verified {
            claims,
            key,
            expires,
            issued_at: registered.issued_at(),
        })
    }
}

/// A token in its parts.
struct Parts<'t> {
    /// Header and payload: what is signed.
    message: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
}

/// Splits a token after its header. The key gives the length of the signature, so that no dot has to be searched for;
/// the decoder fails on a dot too many.
fn split<'t>(token: &'t [u8], header: usize, key: &VerifyingKey) -> Result<Parts<'t>, Reason> {
    let parts = || {
        let dot = token.len().checked_sub(key.signature_characters() + 1)?;
        let (message, rest) = token.split_at_checked(dot)?;
        let payload = message.get(header + 1..)?;
        Some(Parts {
            message,
            payload,
            signature: rest.strip_prefix(b".")?,
        })
    };
    parts().ok_or_else(|| match token.iter().filter(|byte| **byte == b'.').count() {
        2 => Reason::SignatureLength,
        _ => Reason::NotThreeSegments,
    })
}

/// Decodes a payload segment and passes it on.
fn with_decoded<R>(segment: &[u8], then: impl FnOnce(&[u8]) -> Result<R, Reason>) -> Result<R, Reason> {
    with_buffer(segment.len(), |buffer| {
        then(base64url::decode(segment, buffer).map_err(|_| Reason::PayloadEncoding)?)
    })
}

/// A buffer for a decoded segment of this many characters: on the stack unless the policy allows very long tokens. Most
/// tokens fit into the small one; clearing the large one would cost more than reading them.
fn with_buffer<R>(characters: usize, then: impl FnOnce(&mut [u8]) -> Result<R, Reason>) -> Result<R, Reason> {
    match base64url::byte_length(characters) {
        bytes if bytes <= SMALL => then(&mut Buffer([0; SMALL]).0),
        bytes if bytes <= LARGE => on_large_stack(then),
        bytes => then(&mut vec![0; bytes]),
    }
}

#[inline(never)]
fn on_large_stack<R>(then: impl FnOnce(&mut [u8]) -> Result<R, Reason>) -> Result<R, Reason> {
    then(&mut Buffer([0; LARGE]).0)
}

/// Aligned, so that code that reads eight bytes or more at once need not begin with single bytes.
#[repr(align(16))]
struct Buffer<const BYTES: usize>([u8; BYTES]);

const SMALL: usize = 512;
const LARGE: usize = 6144;
