//! Hashes that another system made: they are checked like any other, and the first sign-in replaces them by bcrypt.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/passwords.rs"]
mod password_support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use auth_core::{PasswordAuthenticator, PepperOpener, SecretKey, SignInError, StoredPassword};
use password_support::{Bench, Setup, Started, TARGET, block_on, hashed, options, realm, source};
use zeroize::Zeroizing;

const RIGHT: &str = "correct horse battery";

/// By Django 5.2: PBKDF2, Argon2, bcrypt over SHA-256, scrypt, all written as they are stored here.
const DJANGO: [&str; 4] = [
    "$pbkdf2-sha256$i=1000$QWIxMkNkMzRFZjU2R2g3OElqOTBLbA$qRSoCsq3q+VR7ofeHp4378Nu42aZT9rfQXEsq27k7Sw",
    "$argon2id$v=19$m=256,t=2,p=2$QWIxMkNkMzRFZjU2R2g3OElqOTBLbA$C9F0WKetj/DSeYrMjPnYlCVwTf5vY5VGexqlSIZALzI",
    "$bcrypt-sha256$2b$04$5XJPeH/M6RMhzG.VhLgHx.ehMWU0/A7EagFsjaSBvJAnVRzMKDY1q",
    "$scrypt$ln=4,r=8,p=2$QWIxMkNkMzRFZjU2R2g3OElqOTBLbA$qJAV/jzOviioMGXma7JMaOMlJBLGOsrLM0iEeYP8CxzwQIlrgv11XGSoPQdL1Alqg2oHAxOQyVttuS7X1uEgDA",
];

/// By bcrypt over the password and [`Pepper`], cut at 72 bytes as Devise does.
const DEVISE: &str = "$2b$04$XnoraFJZslr.EJtW0oKlD.iTOWRHfyMHF9GUrgnO5j9gUDpuBGl3.";

/// Opens the bytes `sealed` to the pepper of [`DEVISE`], and nothing else.
#[derive(Debug)]
struct Pepper;

impl PepperOpener for Pepper {
    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        (sealed == b"sealed").then(|| Zeroizing::new(b"0123456789abcdef".repeat(8)))
    }
}

fn with_pepper(setup: &Setup) -> PasswordAuthenticator {
    let key = SecretKey::from_bytes([7; 32]);
    PasswordAuthenticator::new(setup.store.clone(), setup.hasher.clone(), setup.throttle.clone(), key)
        .with_peppers(Arc::new(Pepper))
}

fn sign_in(authenticator: &PasswordAuthenticator, login: &str, password: &str) -> Result<(), SignInError> {
    let checked = block_on(authenticator.check(&realm(), login, &password.into(), source(1)));
    checked.map(|_| ())
}

#[test]
fn the_first_sign_in_replaces_it_by_bcrypt_and_a_wrong_password_leaves_it() {
    let setup = Setup::patient();
    let authenticator = with_pepper(&setup);
    let peppered = StoredPassword::with_pepper(DEVISE, b"sealed");
    for (number, text) in DJANGO.into_iter().chain([peppered.as_str()]).enumerate() {
        let login = format!("person-{number}");
        let subject = setup.store.add(&login, Some(text));
        let stored = || setup.store.row(subject).hash.unwrap();
        for wrong in [
            "correct horse batteries",
            "",
            RIGHT.to_uppercase().as_str(),
            "correct\0horse",
        ] {
            let refused = sign_in(&authenticator, &login, wrong);
            assert_eq!(refused, Err(SignInError::WrongPassword), "{text}");
            assert_eq!(stored(), text);
        }
        assert_eq!(sign_in(&authenticator, &login, RIGHT), Ok(()), "{text}");
        assert!(stored().starts_with("$2b$06$"), "{}", stored());
        assert!(bcrypt::verify(RIGHT, &stored()).unwrap());
        assert_eq!(
            sign_in(&authenticator, &login, RIGHT),
            Ok(()),
            "as any other from now on"
        );
    }
    assert_eq!(setup.store.upgrades.load(Ordering::SeqCst), 5);
}

#[test]
fn a_password_with_another_pepper_is_refused_and_its_hash_is_kept() {
    let setup = Setup::patient();
    let text = StoredPassword::with_pepper(DEVISE, b"of another server");
    let subject = setup.store.add("ann", Some(&text));
    for authenticator in [&with_pepper(&setup), &setup.authenticator] {
        assert_eq!(sign_in(authenticator, "ann", RIGHT), Err(SignInError::WrongPassword));
    }
    assert_eq!(setup.store.row(subject).hash.unwrap(), text);
}

/// By Django 5.2, of 100 letters.
#[test]
fn a_password_that_bcrypt_cannot_take_whole_signs_in_and_keeps_its_hash() {
    let setup = Setup::patient();
    let text = "$pbkdf2-sha256$i=1$c2FsdA$RFIU/wQGCkXAgcEYNvk7KiynixkgGyXRQ8VH6F6xqI8";
    let subject = setup.store.add("ann", Some(text));
    let (right, cut) = ("x".repeat(100), "x".repeat(72));
    assert!(setup.sign_in("ann", &right).is_ok());
    assert!(setup.sign_in("ann", &cut).is_err(), "it is never cut");
    assert_eq!(setup.store.row(subject).hash.unwrap(), text);
}

#[test]
fn right_or_wrong_it_takes_the_work_of_one_bcrypt_hash_besides_its_own() {
    let setup = Setup::patient();
    for text in [DJANGO[0], DJANGO[1], DJANGO[3]] {
        let subject = setup.store.add("ann", Some(text));
        for password in ["wrong", &"x".repeat(500), RIGHT] {
            drop(setup.sign_in("ann", password));
            assert_eq!(setup.recorder.take_work(), 1 << TARGET, "{text}");
        }
        assert!(setup.store.row(subject).hash.unwrap().starts_with("$2b$"));
    }
}

#[test]
fn a_hash_of_a_scheme_that_is_unusable_is_refused_with_the_work_of_one_hash() {
    let setup = Setup::patient();
    for text in [
        "$argon2id$v=19$m=4000000,t=9,p=2$QWIxMkNkMzRFZjU2$C9F0WKetj/DSeYrMjPnYlCVwTf5vY5VGexqlSIZALzI",
        "$scrypt$ln=4",
        "$md5$abc",
        "$bcrypt-pepper$",
        "$bcrypt-pepper$2b$04$XnoraFJZslr.EJtW0oKlD.iTOWRHfyMHF9GUrgnO5j9gUDpuBGl3.",
        "$bcrypt-sha256$2x$04$5XJPeH/M6RMhzG.VhLgHx.ehMWU0/A7EagFsjaSBvJAnVRzMKDY1q",
    ] {
        setup.store.add("ann", Some(text));
        assert_eq!(
            setup.sign_in("ann", RIGHT).err(),
            Some(SignInError::WrongPassword),
            "{text}"
        );
        assert_eq!(setup.recorder.take_work(), 1 << TARGET, "{text}");
    }
}

/// While its scheme is computed it has the thread for itself: sign-ins with bcrypt do not wait in its batch.
#[test]
fn a_sign_in_of_another_scheme_is_in_a_batch_of_its_own() {
    let bench = Bench::of_width(options(), 4);
    let verify = |stored: StoredPassword| {
        let hasher = &bench.hasher;
        Started::new(async move { hasher.verify(Some(stored), &RIGHT.into(), source(1)).await })
    };
    let parse = |text: &str| StoredPassword::parse(text, &Pepper).unwrap();
    bench.recorder.shut();
    let first = verify(hashed("other", TARGET).into());
    bench.recorder.wait_for_runs(1);
    let waiting = [
        verify(parse(DJANGO[0])),
        verify(hashed(RIGHT, TARGET).into()),
        verify(parse(DJANGO[3])),
        verify(hashed(RIGHT, TARGET).into()),
    ];
    bench.recorder.open();
    assert!(!first.outcome().unwrap().matched);
    for started in waiting {
        assert!(started.outcome().unwrap().matched);
    }
    let batches: Vec<usize> = bench.recorder.runs().iter().map(Vec::len).collect();
    assert_eq!(batches, [1, 1, 2, 1]);
}
