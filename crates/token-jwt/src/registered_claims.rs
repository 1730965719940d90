//! The registered claims (RFC 7519 section 4.1), collected while the payload is read, and the checks on them.

use crate::error::{Claim, Reason};
use crate::json::{JsonError, Kind, Name, Number, Reader, Scalar, Stop, Text, Watch};
use crate::policy::{Policy, bit};
use crate::time::UnixTime;

/// Reads registered claims against a policy.
pub(crate) struct Registered<'p> {
    policy: &'p Policy,
    present: u8,
    others: usize,
    expires: Option<UnixTime>,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    issuer_accepted: bool,
    audience_accepted: bool,
    rejected: Option<Reason>,
}

impl<'p> Registered<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            present: 0,
            others: 0,
            expires: None,
            not_before: None,
            issued_at: None,
            issuer_accepted: true,
            audience_accepted: true,
            rejected: None,
        }
    }

    /// Why a claim was rejected while it was read.
    pub(crate) fn rejected(&self) -> Option<Reason> {
        self.rejected
    }

    /// When the token ends.
    pub(crate) fn expires(&self) -> Option<UnixTime> {
        self.expires
    }

    /// When the token was issued.
    pub(crate) fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Checks them all, once the payload has been read.
    pub(crate) fn check(&self, now: UnixTime) -> Result<(), Reason> {
        if let Some(claim) = self.policy.required().missing(self.present) {
            return Err(Reason::ClaimMissing(claim));
        }
        if self.others < self.policy.required().others() {
            return Err(Reason::ClaimMissing(Claim::Other));
        }
        self.check_dates(now)?;
        if !self.issuer_accepted {
            return Err(Reason::Issuer);
        }
        if !self.audience_accepted {
            return Err(Reason::Audience);
        }
        Ok(())
    }

    fn check_dates(&self, now: UnixTime) -> Result<(), Reason> {
        let (leeway, longest) = (self.policy.leeway_span(), self.policy.lifetime_limit());
        let expires = self.expires.ok_or(Reason::ClaimMissing(Claim::Expires))?;
        if expires.after(leeway) <= now {
            return Err(Reason::Expired);
        }
        if self.not_before.is_some_and(|from| from > now.after(leeway)) {
            return Err(Reason::NotYetValid);
        }
        if self.issued_at.is_some_and(|at| at > now.after(leeway)) {
            return Err(Reason::IssuedInFuture);
        }
        // Also without `iat`: the token was issued by now, so its lifetime is at least what is left of it.
        let from_now = expires > now.after(leeway).after(longest);
        if from_now || self.issued_at.is_some_and(|at| expires > at.after(longest)) {
            return Err(Reason::LifetimeTooLong);
        }
        Ok(())
    }

    fn reject(&mut self, reason: Reason, reader: &mut Reader<'_>) -> Stop {
        self.rejected.get_or_insert(reason);
        reader.stop(JsonError::Shape)
    }

    /// Reads a date.
    #[inline(always)]
    fn date(&mut self, claim: Claim, reader: &mut Reader<'_>) -> Result<(UnixTime, Number), Stop> {
        let number = match reader.read_integer_fast() {
            Some(value) => Number::Unsigned(value),
            None => self.read_date_slow(claim, reader)?,
        };
        match UnixTime::from_number(number, self.policy.unit()) {
            Some(time) => Ok((time, number)),
            None => Err(self.reject(Reason::DateOutOfRange(claim), reader)),
        }
    }

    #[inline(never)]
    fn read_date_slow(&mut self, claim: Claim, reader: &mut Reader<'_>) -> Result<Number, Stop> {
        match reader.kind()? {
            Kind::Number => reader.number(),
            _ => Err(self.reject(Reason::ClaimMalformed(claim), reader)),
        }
    }

    fn string<'de>(&mut self, claim: Claim, reader: &mut Reader<'de>) -> Result<Text<'de>, Stop> {
        if reader.kind()? != Kind::String {
            return Err(self.reject(Reason::ClaimMalformed(claim), reader));
        }
        let text = reader.string()?;
        match text.length() {
            1..=MAX_STRING => Ok(text),
            _ => Err(self.reject(Reason::ClaimMalformed(claim), reader)),
        }
    }

    fn audience<'de>(&mut self, reader: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        if reader.kind()? != Kind::Array {
            let text = self.string(Claim::Audience, reader)?;
            self.audience_accepted = self.policy.is_audience(text);
            return Ok(Scalar::Text(text));
        }
        self.audience_accepted = false;
        let mut first = reader.open_array()?;
        while reader.next_element(&mut first)? {
            let text = self.string(Claim::Audience, reader)?;
            self.audience_accepted |= self.policy.is_audience(text);
        }
        Ok(Scalar::Unread)
    }
}

/// The names of the registered claims are short enough that their tags are the names.
mod tags {
    use crate::json::Tag;

    pub(super) const EXP: Tag = Tag::of("exp");
    pub(super) const IAT: Tag = Tag::of("iat");
    pub(super) const SUB: Tag = Tag::of("sub");
    pub(super) const ISS: Tag = Tag::of("iss");
    pub(super) const AUD: Tag = Tag::of("aud");
    pub(super) const JTI: Tag = Tag::of("jti");
    pub(super) const NBF: Tag = Tag::of("nbf");
}

/// The longest issuer, subject, audience or token identifier, in bytes.
const MAX_STRING: usize = 1024;

impl<'de> Watch<'de> for Registered<'_> {
    #[inline]
    fn member(&mut self, name: Name<'de>, reader: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        match name.tag {
            tags::EXP => {
                let (time, number) = self.date(Claim::Expires, reader)?;
                self.present |= bit(Claim::Expires);
                self.expires = Some(time);
                Ok(Scalar::Number(number))
            }
            tags::IAT => {
                let (time, number) = self.date(Claim::IssuedAt, reader)?;
                self.present |= bit(Claim::IssuedAt);
                self.issued_at = Some(time);
                Ok(Scalar::Number(number))
            }
            _ => self.other_member(name, reader),
        }
    }
}

impl Registered<'_> {
    fn other_member<'de>(&mut self, name: Name<'de>, reader: &mut Reader<'de>) -> Result<Scalar<'de>, Stop> {
        let claim = match name.tag {
            tags::SUB => Claim::Subject,
            tags::ISS => Claim::Issuer,
            tags::AUD => Claim::Audience,
            tags::JTI => Claim::Id,
            tags::NBF => Claim::NotBefore,
            _ => {
                self.others += usize::from(self.policy.required().is_other(name.text));
                return Ok(Scalar::Unread);
            }
        };
        self.present |= bit(claim);
        match claim {
            Claim::NotBefore => {
                let (time, number) = self.date(claim, reader)?;
                self.not_before = Some(time);
                Ok(Scalar::Number(number))
            }
            Claim::Issuer => {
                let text = self.string(claim, reader)?;
                self.issuer_accepted = self.policy.accepts_issuer(text);
                Ok(Scalar::Text(text))
            }
            Claim::Audience => self.audience(reader),
            _ => self.string(claim, reader).map(Scalar::Text),
        }
    }
}
