use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::*;

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD_NO_PAD.encode(bytes)
}

/// The bytes of hexadecimal digits.
fn unhex(digits: &str) -> Vec<u8> {
    let starts = (0..digits.len()).step_by(2);
    starts
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn matches(text: &str, password: &str) -> bool {
    ForeignHash::parse(text).unwrap().matches(password)
}

/// Both ways: the password matches, and one that differs in a character does not.
fn assert_is_hash_of(text: &str, password: &str) {
    assert!(matches(text, password), "{text}");
    assert!(!matches(text, &format!("{password}!")), "{text}");
}

/// RFC 7914, sections 11 and 12; the first is cut to one block.
#[test]
fn the_published_vectors_of_scrypt_and_pbkdf2_match() {
    let pbkdf2 = unhex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    assert_is_hash_of(
        &format!("$pbkdf2-sha256$i=1${}${}", base64(b"salt"), base64(&pbkdf2)),
        "passwd",
    );
    let scrypt = unhex(
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
         2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    );
    assert_is_hash_of(
        &format!("$scrypt$ln=10,r=8,p=16${}${}", base64(b"NaCl"), base64(&scrypt)),
        "password",
    );
}

/// The reference implementation's own test of 64 MiB.
#[test]
fn the_reference_vector_of_argon2id_matches() {
    assert_is_hash_of(
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "password",
    );
}

/// Made by `argon2-cffi` 25.1, for each type of Argon2.
#[test]
fn hashes_of_argon2_cffi_match() {
    for text in [
        "$argon2i$v=19$m=64,t=2,p=1$2uyAXr6M//lrDm6dK4uDyQ$1rT8Bn5fgk6aEMevaZs92flGjfl0zuzKgEQRR++vL+M",
        "$argon2d$v=19$m=64,t=2,p=1$Pk3fLzaMPfuxuORZAaRG8w$G+6tUZLYqDtMAIiurQV82YtQKBeontX30YiwDxItqEo",
        "$argon2id$v=19$m=64,t=2,p=1$Oo+V/RirxHJaCnBsSj+PxQ$hSGRBWpwhCLDSSHalkylsUeu9g1sYc37H3+/GEr79vM",
    ] {
        assert_is_hash_of(text, "correct horse battery");
    }
}

/// Made by Django 5.2 (PBKDF2, Argon2, scrypt) and Python's `hashlib` (SHA-512), written as PHC strings.
#[test]
fn hashes_of_django_and_python_match() {
    let salt = base64(b"Ab12Cd34Ef56Gh78Ij90Kl");
    for text in [
        format!("$pbkdf2-sha256$i=1000${salt}$qRSoCsq3q+VR7ofeHp4378Nu42aZT9rfQXEsq27k7Sw"),
        format!("$argon2id$v=19$m=256,t=2,p=2${salt}$C9F0WKetj/DSeYrMjPnYlCVwTf5vY5VGexqlSIZALzI"),
        format!(
            "$scrypt$ln=4,r=8,p=2${salt}$qJAV/jzOviioMGXma7JMaOMlJBLGOsrLM0iEeYP8CxzwQIlrgv11XGSoPQdL1Alqg2oHAxOQyVttuS7X1uEgDA"
        ),
        format!(
            "$pbkdf2-sha512$i=1000${}$AlZ85ViMyYeLn5ExNy3bIAt30TZDHYhJHBclcH7KAz4jUw6D3vItgWUh52g0Q9MAOXdc83/zm/raVxTgh4rfMg",
            base64(b"saltsalt")
        ),
    ] {
        assert_is_hash_of(&text, "correct horse battery");
    }
}

/// Made by better-auth 1.7, whose salt is the text of its hexadecimal digits.
#[test]
fn hashes_of_better_auth_match_however_the_password_is_composed() {
    let salt = base64(b"d9f4e37b5c25211faa79e1f239c55dd7");
    let hash = base64(&unhex(
        "3f78ce830aa41774c22f7fb4a846ef97be05c51bd888db68abaedf90acb8fb4a\
         e2b2f14d339f8708866cbee137d669441dbb07dd0d280928df3424ff83f95e66",
    ));
    let text = format!("$scrypt-nfkc$ln=14,r=16,p=1${salt}${hash}");
    assert!(matches(&text, "ﬁancée Å"));
    assert!(matches(&text, "fiance\u{301}e A\u{30a}"));
    let other = text.replace("-nfkc", "");
    assert!(!matches(&other, "ﬁancée Å"), "the scheme says whether it is normalised");
}

#[test]
fn a_hash_that_costs_too_much_is_refused_before_it_is_computed() {
    let text = |scheme: &str, params: &str| format!("${scheme}${params}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q");
    let costs = |scheme, params| ForeignHash::parse(&text(scheme, params)).err();
    let allowed = [
        ("argon2id", "m=131072,t=4,p=1"),
        ("argon2id", "m=102400,t=2,p=8"),
        ("scrypt", "ln=17,r=8,p=4"),
        ("scrypt", "ln=14,r=8,p=5"),
        ("pbkdf2-sha256", "i=4000000"),
    ];
    for (scheme, params) in allowed {
        assert_eq!(costs(scheme, params), None, "{scheme} {params}");
    }
    let refused = [
        ("argon2id", "m=131073,t=1,p=1"),
        ("argon2id", "m=131072,t=5,p=1"),
        ("argon2id", "m=4294967295,t=4294967295,p=1"),
        ("argon2i", "m=8,t=4294967295,p=1"),
        ("scrypt", "ln=18,r=8,p=1"),
        ("scrypt", "ln=17,r=8,p=5"),
        ("scrypt", "ln=64,r=8,p=1"),
        ("scrypt", "ln=4294967295,r=4294967295,p=1"),
        ("pbkdf2-sha256", "i=4000001"),
        ("pbkdf2-sha512", "i=4294967295"),
    ];
    for (scheme, params) in refused {
        let error = costs(scheme, params);
        assert!(
            matches!(error, Some(ForeignHashError::TooCostly { .. })),
            "{scheme} {params}: {error:?}"
        );
    }
}

#[test]
fn what_is_no_whole_hash_is_refused() {
    let whole = "$argon2id$v=19$m=64,t=2,p=1$Oo+V/RirxHJaCnBsSj+PxQ$hSGRBWpwhCLDSSHalkylsUeu9g1sYc37H3+/GEr79vM";
    for length in 0..whole.len() - 40 {
        assert!(ForeignHash::parse(&whole[..length]).is_err(), "{length}");
    }
    for (from, to) in [
        ("argon2id", "argon2x"),
        ("v=19", "v=18"),
        ("v=19", "v="),
        ("m=64", "m=7"),
        ("m=64", "m=+64"),
        ("m=64", "m=64,m=64"),
        ("m=64,", ""),
        ("t=2", "t=0"),
        ("p=1", "p=1,x=1"),
        ("p=1", "p=99"),
        ("Oo+V", "O_-V"),
        ("Oo+V/RirxHJaCnBsSj+PxQ", "Oo+V"),
        ("hSGR", "===="),
        ("79vM", "79vM$"),
    ] {
        let text = whole.replacen(from, to, 1);
        assert!(ForeignHash::parse(&text).is_err(), "{text}");
    }
    for text in [
        "$scrypt$v=1$ln=4,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
        "$scrypt$ln=0,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
        "$pbkdf2-sha256$i=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q",
        "$pbkdf2-sha256$i=1$$CTFhFdXPJO1aFaMaO6Mm5Q",
    ] {
        assert!(ForeignHash::parse(text).is_err(), "{text}");
    }
    assert!(ForeignHash::parse(&"$argon2id".repeat(1000)).is_err());
}

#[test]
fn neither_a_hash_nor_its_errors_print_what_is_stored() {
    let text = "$argon2id$v=19$m=64,t=2,p=1$Oo+V/RirxHJaCnBsSj+PxQ$hSGRBWpwhCLDSSHalkylsUeu9g1sYc37H3+/GEr79vM";
    let hash = ForeignHash::parse(text).unwrap();
    assert_eq!(format!("{hash:?}"), "ForeignHash(argon2id, redacted)");
    let error = ForeignHash::parse(&text.replace("79vM", "79v")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is no whole hash of the scheme argon2id: the hash is missing or wrong"
    );
}
