//! Any header fields have one token, none, or are an error; a token is never chosen from two.
//!
//! Each line of the input is a field: its first byte chooses the name, the rest is the value.
#![no_main]

use std::net::IpAddr;

use auth_http::{CarrierError, Credential, Field, RequestHead};
use libfuzzer_sys::fuzz_target;

const FIELDS: [Field; 4] = [Field::Authorization, Field::AccessToken, Field::Key, Field::ApiKey];

/// The fields, in their order.
#[derive(Clone, Copy)]
struct Head<'a>(&'a [(Field, &'a [u8])]);

impl<'a> RequestHead<'a> for Head<'a> {
    fn values(self, field: Field) -> impl Iterator<Item = &'a [u8]> {
        let of_field = self.0.iter().filter(move |(name, _)| *name == field);
        of_field.map(|(_, value)| *value)
    }

    fn peer(self) -> Option<IpAddr> {
        None
    }
}

fuzz_target!(|input: &[u8]| {
    let lines = input.split(|&byte| byte == b'\n').filter_map(|line| line.split_first());
    let fields: Vec<(Field, &[u8])> = lines
        .map(|(&first, value)| (FIELDS[usize::from(first) % FIELDS.len()], value))
        .collect();
    let head = Head(&fields);
    let count = |field| head.values(field).count();
    let mut read_fields = FIELDS.iter().filter(|&&field| field != Field::ApiKey);
    let twice = read_fields.any(|&field| count(field) > 1);
    let both = count(Field::Authorization) > 0 && count(Field::AccessToken) > 0;
    let read = Credential::read(head);
    match &read {
        Ok(Some(credential)) => {
            let token = credential.presented().text;
            assert!(!twice && !both);
            assert!(
                token.len() <= 8 * 1024 && token.bytes().all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t')
            );
            assert!(format!("{credential:?}").ends_with("(redacted)"));
        }
        Ok(None) => assert!(count(Field::Authorization) == 0 && count(Field::AccessToken) == 0),
        Err(CarrierError::Several) => assert!(twice || both),
        Err(_) => {}
    }
});
