//! The header of a token, read strictly (RFC 7515 section 4).

use crate::base64url;
use crate::error::Reason;
use crate::json::{JsonError, Kind, Reader, Stop, Text};
use crate::key::Kid;

/// The members of a header that are used. Keys and addresses of keys in it (`jwk`, `jku`, `x5c`, `x5u`) are ignored: a
/// token does not choose the keys that may sign it.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) alg: Text<'a>,
    pub(crate) typ: Option<Text<'a>>,
    pub(crate) kid: Option<Text<'a>>,
}

/// Decodes a header segment into `buffer` and reads it.
pub(crate) fn read<'a>(segment: &[u8], buffer: &'a mut [u8]) -> Result<Header<'a>, Reason> {
    let json = base64url::decode(segment, buffer).map_err(|_| Reason::HeaderEncoding)?;
    let mut reader = Reader::new(json).map_err(Reason::HeaderJson)?;
    let mut members = Members::default();
    let read = members.read(&mut reader).and_then(|()| reader.finish());
    if let Some(reason) = members.rejected {
        return Err(reason);
    }
    if read.is_err() {
        return Err(Reason::HeaderJson(reader.error().unwrap_or(JsonError::Syntax)));
    }
    let alg = members.alg.ok_or(Reason::HeaderMember("alg"))?;
    Ok(Header {
        alg,
        typ: members.typ,
        kid: members.kid,
    })
}

#[derive(Default)]
struct Members<'a> {
    alg: Option<Text<'a>>,
    typ: Option<Text<'a>>,
    kid: Option<Text<'a>>,
    rejected: Option<Reason>,
}

impl<'a> Members<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), Stop> {
        if reader.kind()? != Kind::Object {
            return Err(reader.stop(JsonError::NotAnObject));
        }
        let mut object = reader.open_object()?;
        while reader.next_name(&mut object)? {
            self.member(&reader.name().text.unescaped(), reader)?;
        }
        Ok(())
    }

    fn member(&mut self, name: &str, reader: &mut Reader<'a>) -> Result<(), Stop> {
        match name {
            "alg" => self.alg = Some(self.string("alg", reader)?),
            "typ" => self.typ = Some(self.string("typ", reader)?),
            "kid" => {
                let kid = self.string("kid", reader)?;
                if kid.length() > Kid::MAX_BYTES {
                    return Err(self.reject(Reason::HeaderMember("kid")));
                }
                self.kid = Some(kid);
            }
            // RFC 7515 section 4.1.11: extensions that must be understood, of which this crate has none. RFC 7797 section
            // 7: `b64` never occurs in a JWT.
            "crit" => return Err(self.reject(Reason::HeaderExtension("crit"))),
            "b64" => return Err(self.reject(Reason::HeaderExtension("b64"))),
            // RFC 7516: members of encrypted tokens.
            "zip" => return Err(self.reject(Reason::HeaderExtension("zip"))),
            "enc" => return Err(self.reject(Reason::HeaderExtension("enc"))),
            _ => reader.skip_value()?,
        }
        Ok(())
    }

    fn string(&mut self, name: &'static str, reader: &mut Reader<'a>) -> Result<Text<'a>, Stop> {
        if reader.kind()? == Kind::String {
            reader.string()
        } else {
            Err(self.reject(Reason::HeaderMember(name)))
        }
    }

    fn reject(&mut self, reason: Reason) -> Stop {
        self.rejected = Some(reason);
        Stop
    }
}
