//! Any header fields have one token, none, or are an error; a token is never chosen from two.
//!
//! Each line of the input is a field: its first byte chooses the name, the rest is the value.
#![no_main]

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use auth_actix::{CarrierError, Credential};
use libfuzzer_sys::fuzz_target;

const NAMES: [HeaderName; 3] = [
    HeaderName::from_static("authorization"),
    HeaderName::from_static("x-access-token"),
    HeaderName::from_static("x-key"),
];

fuzz_target!(|input: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in input.split(|&byte| byte == b'\n') {
        let Some((&first, value)) = line.split_first() else {
            continue;
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(NAMES[usize::from(first) % NAMES.len()].clone(), value);
        }
    }
    let twice = NAMES.iter().any(|name| headers.get_all(name).count() > 1);
    let both = headers.contains_key(&NAMES[0]) && headers.contains_key(&NAMES[1]);
    let read = Credential::read(&headers);
    match &read {
        Ok(Some(credential)) => {
            let token = credential.presented().text;
            assert!(!twice && !both);
            assert!(
                token.len() <= 8 * 1024 && token.bytes().all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t')
            );
            assert!(format!("{credential:?}").ends_with("(redacted)"));
        }
        Ok(None) => assert!(!headers.contains_key(&NAMES[0]) && !headers.contains_key(&NAMES[1])),
        Err(CarrierError::Several) => assert!(twice || both),
        Err(_) => {}
    }
});
