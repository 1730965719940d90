//! The header of a token, read strictly (RFC 7515 section 4).

use crate::base64url;
use crate::error::Reason;
use crate::json::{JsonError, Kind, Reader, Stop, Text};
use crate::key::Kid;

/// What a header says that matters here. Keys and addresses of keys in it (`jwk`, `jku`, `x5c`, `x5u`) are read over:
/// a token does not choose who may sign it.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) alg: Text<'a>,
    pub(crate) typ: Option<Text<'a>>,
    pub(crate) kid: Option<Text<'a>>,
}

/// Decodes a header segment into `room` and reads it.
pub(crate) fn read<'a>(segment: &[u8], room: &'a mut [u8]) -> Result<Header<'a>, Reason> {
    let json = base64url::decode(segment, room).map_err(|_| Reason::HeaderEncoding)?;
    let mut reader = Reader::new(json).map_err(Reason::HeaderJson)?;
    let mut found = Found::default();
    let read = found.read(&mut reader).and_then(|()| reader.finish());
    if let Some(reason) = found.refused {
        return Err(reason);
    }
    if read.is_err() {
        return Err(Reason::HeaderJson(reader.fault().unwrap_or(JsonError::Syntax)));
    }
    let alg = found.alg.ok_or(Reason::HeaderMember("alg"))?;
    Ok(Header {
        alg,
        typ: found.typ,
        kid: found.kid,
    })
}

#[derive(Default)]
struct Found<'a> {
    alg: Option<Text<'a>>,
    typ: Option<Text<'a>>,
    kid: Option<Text<'a>>,
    refused: Option<Reason>,
}

impl<'a> Found<'a> {
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
                    return Err(self.refuse(Reason::HeaderMember("kid")));
                }
                self.kid = Some(kid);
            }
            // RFC 7515 section 4.1.11: what must be understood and is not. RFC 7797 section 7: never in a JWT.
            "crit" => return Err(self.refuse(Reason::HeaderExtension("crit"))),
            "b64" => return Err(self.refuse(Reason::HeaderExtension("b64"))),
            // RFC 7516: the marks of an encrypted token.
            "zip" => return Err(self.refuse(Reason::HeaderExtension("zip"))),
            "enc" => return Err(self.refuse(Reason::HeaderExtension("enc"))),
            _ => reader.skip_value()?,
        }
        Ok(())
    }

    fn string(&mut self, name: &'static str, reader: &mut Reader<'a>) -> Result<Text<'a>, Stop> {
        if reader.kind()? == Kind::String {
            reader.string()
        } else {
            Err(self.refuse(Reason::HeaderMember(name)))
        }
    }

    fn refuse(&mut self, reason: Reason) -> Stop {
        self.refused = Some(reason);
        Stop
    }
}
