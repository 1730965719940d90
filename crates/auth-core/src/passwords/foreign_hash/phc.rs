//! The form of a hash in a PHC string: `$scheme[$v=N]$name=number,…$salt$hash`.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::ForeignHashError;

/// How long a salt may be, in bytes.
const SALT: RangeInclusive<usize> = 1..=128;

/// How long a hash may be, in bytes.
const HASH: RangeInclusive<usize> = 16..=64;

/// The parts of a PHC string.
pub(super) struct Phc<'a> {
    pub(super) scheme: &'static str,
    pub(super) version: Option<u32>,
    params: Vec<(&'a str, u32)>,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl<'a> Phc<'a> {
    /// Parses the text of a hash of one of `schemes`.
    pub(super) fn parse(text: &'a str, schemes: &[&'static str]) -> Result<Self, ForeignHashError> {
        let mut fields = text.split('$');
        if fields.next() != Some("") {
            return Err(ForeignHashError::UnknownScheme);
        }
        let name = fields.next().unwrap_or_default();
        let scheme = schemes.iter().find(|scheme| **scheme == name);
        let scheme = *scheme.ok_or(ForeignHashError::UnknownScheme)?;
        let missing = |part| ForeignHashError::Malformed { scheme, part };
        let fields: Vec<_> = fields.collect();
        let (version, rest) = match fields.split_first() {
            Some((first, rest)) if first.starts_with("v=") => (Some(*first), rest),
            _ => (None, &fields[..]),
        };
        let &[params, salt, hash] = rest else {
            return Err(missing("one of its fields"));
        };
        let version = version.map(|version| version[2..].parse()).transpose();
        Ok(Self {
            scheme,
            version: version.map_err(|_| missing("the version"))?,
            params: read_params(params).ok_or_else(|| missing("a parameter"))?,
            salt: decode(salt, SALT).ok_or_else(|| missing("the salt"))?,
            hash: decode(hash, HASH).ok_or_else(|| missing("the hash"))?,
        })
    }

    /// The values of exactly these parameters, in their order.
    pub(super) fn params<const N: usize>(&self, names: [&'static str; N]) -> Result<[u32; N], ForeignHashError> {
        if self.params.len() != N {
            return Err(self.wrong("a parameter"));
        }
        let mut values = [0; N];
        for (value, name) in values.iter_mut().zip(names) {
            let param = self.params.iter().find(|(param, _)| *param == name);
            *value = param.ok_or_else(|| self.wrong(name))?.1;
        }
        Ok(values)
    }

    /// That this part of it is wrong.
    pub(super) fn wrong(&self, part: &'static str) -> ForeignHashError {
        ForeignHashError::Malformed {
            scheme: self.scheme,
            part,
        }
    }
}

fn read_params(text: &str) -> Option<Vec<(&str, u32)>> {
    let param = |param: &'_ str| -> Option<_> {
        let (name, value) = param.split_once('=')?;
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| value.parse().ok())
            .flatten()
            .map(|value| (name.len(), value))
    };
    text.split(',')
        .map(|text| param(text).map(|(length, value)| (&text[..length], value)))
        .collect()
}

fn decode(text: &str, lengths: RangeInclusive<usize>) -> Option<Vec<u8>> {
    let bytes = BASE64_STANDARD_NO_PAD.decode(text).ok()?;
    lengths.contains(&bytes.len()).then_some(bytes)
}
