//! The master key of a database that is not a file: none can be created beside it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::server::{Ended, Setup};

pub fn it_must_be_given(url: &str) {
    let missing = Setup::plain().database(url).run();
    assert_refused(&missing, &["TESSERA_MASTER_KEY", "--master-key-file"]);
    with_key(url, 5).start().stop();
    assert_refused(&with_key(url, 6).run(), &["master key"]);
}

fn with_key(url: &str, first: u8) -> Setup {
    let key: Vec<u8> = (0..32).map(|i| i * 7 + first).collect();
    let key = STANDARD.encode(key);
    Setup::plain().database(url).env("TESSERA_MASTER_KEY", key)
}

fn assert_refused(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for word in words {
        assert!(ended.err.contains(word), "no {word:?} in {:?}", ended.err);
    }
    assert!(!ended.out.contains("ready"), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}
