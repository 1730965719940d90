//! What a verifier requires of a token beyond its signature.

use std::time::Duration;

use crate::error::{Claim, Reason};
use crate::json::Text;
use crate::time::{DateUnit, Span};

/// What a verifier requires of a token beyond its signature.
///
/// The default is strict: `exp` required and exclusive, no leeway, a lifetime of at most one day, dates in seconds, `typ`
/// absent or `JWT`, a token with an audience rejected until the policy has one too, 8192 bytes at most.
///
/// ```
/// use std::time::Duration;
/// use token_jwt::Policy;
///
/// let policy = Policy::default()
///     .issuer("https://issuer.example")
///     .audience("https://api.example")
///     .token_type("at+jwt")
///     .require("sub")
///     .max_lifetime(Duration::from_secs(900));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Policy {
    issuer: Option<String>,
    audiences: Vec<String>,
    token_type: TokenType,
    required: Required,
    leeway: Span,
    max_lifetime: Span,
    max_bytes: usize,
    unit: DateUnit,
}

#[derive(Clone, Debug)]
enum TokenType {
    AbsentOrJwt,
    Any,
    Exactly(String),
}

/// Claims that are required: registered ones as bits, others by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Required {
    registered: u8,
    others: Vec<String>,
}

impl Policy {
    /// The longest lifetime of a token unless [`Policy::max_lifetime`] sets another: a day.
    pub const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(86_400);

    /// The longest token unless [`Policy::max_token_bytes`] sets another: what servers accept as one header line.
    pub const DEFAULT_MAX_TOKEN_BYTES: usize = 8192;

    /// `iss` must be present and be exactly this string (RFC 7519 section 4.1.1).
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
        .require(Claim::Issuer.name())
    }

    /// `aud` must be present and be this audience or a list that has it (RFC 7519 section 4.1.3). Each further call
    /// adds an audience; one of them is enough.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self.require(Claim::Audience.name())
    }

    /// `typ` must be present and be this media type, compared without regard to letter case, and with or without `application/` (RFC 7515 section 4.1.9).
    pub fn token_type(self, token_type: impl Into<String>) -> Self {
        Self {
            token_type: TokenType::Exactly(token_type.into()),
            ..self
        }
    }

    /// Accepts any `typ`, or none. Then only the key and the claims distinguish one kind of token from another.
    pub fn any_token_type(self) -> Self {
        Self {
            token_type: TokenType::Any,
            ..self
        }
    }

    /// Requires a claim of this name, with any value. `exp` is always required.
    pub fn require(mut self, claim: impl Into<String>) -> Self {
        self.required.add(claim.into());
        self
    }

    /// How much the clocks of issuer and verifier may differ. Zero by default.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self {
            leeway: Span::from(leeway),
            ..self
        }
    }

    /// The longest lifetime of a token: from `iat` to `exp`, and in any case from now to `exp`.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self {
            max_lifetime: Span::from(max_lifetime),
            ..self
        }
    }

    /// The longest token, in bytes of text. A longer one is rejected unread.
    pub fn max_token_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// The unit of `exp`, `nbf` and `iat`. Milliseconds are only for issuers that write them: their tokens must not share
    /// a key with any other kind of token.
    pub fn date_unit(self, unit: DateUnit) -> Self {
        Self { unit, ..self }
    }

    pub(crate) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    pub(crate) fn unit(&self) -> DateUnit {
        self.unit
    }

    pub(crate) fn leeway_span(&self) -> Span {
        self.leeway
    }

    pub(crate) fn lifetime_limit(&self) -> Span {
        self.max_lifetime
    }

    pub(crate) fn required(&self) -> &Required {
        &self.required
    }

    /// Whether `iss` is accepted.
    pub(crate) fn accepts_issuer(&self, issuer: Text<'_>) -> bool {
        self.issuer.as_ref().is_none_or(|own| issuer.is(own))
    }

    /// Whether this name in `aud` is an accepted audience.
    pub(crate) fn is_audience(&self, audience: Text<'_>) -> bool {
        self.audiences.iter().any(|own| audience.is(own))
    }

    /// Rejects a `typ` that is not accepted.
    pub(crate) fn check_type(&self, token_type: Option<Text<'_>>) -> Result<(), Reason> {
        let accepted = match (&self.token_type, token_type) {
            (TokenType::Any, _) | (TokenType::AbsentOrJwt, None) => true,
            (TokenType::AbsentOrJwt, Some(found)) => same_type(&found.unescaped(), "JWT"),
            (TokenType::Exactly(wanted), Some(found)) => same_type(&found.unescaped(), wanted),
            (TokenType::Exactly(_), None) => false,
        };
        if accepted { Ok(()) } else { Err(Reason::Type) }
    }

    /// The `typ` that tokens of this policy most likely have.
    pub(crate) fn expected_type(&self) -> &str {
        match &self.token_type {
            TokenType::Exactly(wanted) => wanted,
            TokenType::Any | TokenType::AbsentOrJwt => "JWT",
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let mut required = Required::default();
        required.add(Claim::Expires.name().to_owned());
        Self {
            issuer: None,
            audiences: Vec::new(),
            token_type: TokenType::AbsentOrJwt,
            required,
            leeway: Span::from(Duration::ZERO),
            max_lifetime: Span::from(Self::DEFAULT_MAX_LIFETIME),
            max_bytes: Self::DEFAULT_MAX_TOKEN_BYTES,
            unit: DateUnit::Seconds,
        }
    }
}

impl Required {
    fn add(&mut self, name: String) {
        match Claim::from_name(&name) {
            Some(claim) => self.registered |= bit(claim),
            None if !self.others.contains(&name) => self.others.push(name),
            None => {}
        }
    }

    /// How many required claims are not registered ones.
    pub(crate) fn others(&self) -> usize {
        self.others.len()
    }

    /// Whether this claim is one of those.
    pub(crate) fn is_other(&self, name: Text<'_>) -> bool {
        self.others.iter().any(|other| name.is(other))
    }

    /// The first registered claim that is required and not among `present`, which has a bit for each.
    pub(crate) fn missing(&self, present: u8) -> Option<Claim> {
        REGISTERED
            .into_iter()
            .find(|claim| self.registered & !present & bit(*claim) != 0)
    }
}

const REGISTERED: [Claim; 7] = [
    Claim::Issuer,
    Claim::Subject,
    Claim::Audience,
    Claim::Expires,
    Claim::NotBefore,
    Claim::IssuedAt,
    Claim::Id,
];

/// The bit of a registered claim.
pub(crate) const fn bit(claim: Claim) -> u8 {
    match claim {
        Claim::Issuer => 1,
        Claim::Subject => 2,
        Claim::Audience => 4,
        Claim::Expires => 8,
        Claim::NotBefore => 16,
        Claim::IssuedAt => 32,
        Claim::Id => 64,
        Claim::Other => 0,
    }
}

/// Media types compare without regard to letter case; `application/` may be left out (RFC 7515 section 4.1.9).
fn same_type(found: &str, wanted: &str) -> bool {
    fn short(name: &str) -> &str {
        match name.split_at_checked(12) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
            _ => name,
        }
    }
    short(found).eq_ignore_ascii_case(short(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognised_headers_have_a_type_that_the_policy_accepts() {
        for (policy, expected) in [
            (Policy::default(), "JWT"),
            (Policy::default().any_token_type(), "JWT"),
            (Policy::default().token_type("at+jwt"), "at+jwt"),
        ] {
            assert_eq!(policy.expected_type(), expected);
        }
    }

    #[test]
    fn each_registered_claim_has_a_bit_of_its_own() {
        let bits = REGISTERED.map(bit);
        assert_eq!(bits.iter().fold(0, |sum, bit| sum | bit).count_ones(), 7);
        assert!(bits.iter().all(|bit| bit.count_ones() == 1));
        assert_eq!(bit(Claim::Other), 0);
    }

    #[test]
    fn a_required_claim_is_missing_until_it_is_present() {
        for claim in REGISTERED {
            let required = Policy::default().require(claim.name()).required;
            let expires = bit(Claim::Expires);
            assert_eq!(required.missing(expires | bit(claim)), None);
            assert_eq!(required.missing(!bit(claim)), Some(claim));
            assert_eq!(required.others(), 0, "registered claims are not counted");
        }
        let twice = Policy::default().require("realm").require("realm").required;
        assert_eq!(twice.others(), 1, "or one realm would not be enough");
    }

    #[test]
    fn types_compare_as_media_types() {
        for (found, same) in [
            ("at+jwt", true),
            ("AT+JWT", true),
            ("application/at+jwt", true),
            ("Application/At+Jwt", true),
            ("at+jwt ", false),
            ("text/at+jwt", false),
            ("anotherkind/at+jwt", false),
            ("application/application/at+jwt", false),
            ("jwt", false),
            ("", false),
            ("application/", false),
        ] {
            assert_eq!(same_type(found, "at+jwt"), same, "{found}");
        }
        assert!(same_type("at+jwt", "application/at+jwt"));
    }
}
