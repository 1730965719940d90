//! From the hash of another system to the text that is stored here.

use std::sync::Arc;

use anyhow::{Context, bail};
use auth_core::{ForeignHash, NoPeppers, StoredPassword};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

use crate::peppers::Peppers;

/// A pepper that every bcrypt hash of the other system was made with, sealed.
#[derive(Debug)]
pub struct Pepper {
    pub sealed: Vec<u8>,
    pub opener: Arc<Peppers>,
}

/// The text to store for another system's hash. `Ok(None)`: the account cannot sign in by password there either.
///
/// # Errors
/// What is wrong with the hash, without the hash: its scheme is unknown, it is damaged, or a check costs too much.
pub fn stored(hash: &str, pepper: Option<&Pepper>) -> anyhow::Result<Option<String>> {
    // Django writes an exclamation mark where there is no password.
    if hash.starts_with('!') {
        return Ok(None);
    }
    let text = converted(hash, pepper)?;
    parse(&text, pepper)?;
    Ok(Some(text))
}

/// A text to be stored, parsed as at a sign-in.
///
/// # Errors
/// As for [`stored`].
pub fn parse(text: &str, pepper: Option<&Pepper>) -> anyhow::Result<StoredPassword> {
    Ok(match pepper {
        Some(pepper) => StoredPassword::parse(text, &*pepper.opener)?,
        None => StoredPassword::parse(text, &NoPeppers)?,
    })
}

fn converted(hash: &str, pepper: Option<&Pepper>) -> anyhow::Result<String> {
    if hash.starts_with("$2") {
        return Ok(match pepper {
            Some(pepper) => StoredPassword::with_pepper(hash, &pepper.sealed),
            None => hash.to_owned(),
        });
    }
    if hash.starts_with('$') {
        let is_bcrypt = hash.starts_with("$bcrypt-sha256$");
        if !is_bcrypt {
            ForeignHash::parse(hash)?;
        }
        return Ok(hash.to_owned());
    }
    let fields: Vec<&str> = hash.split('$').collect();
    match fields[..] {
        ["pbkdf2_sha256", rounds, salt, hash] => {
            Ok(phc("pbkdf2-sha256", &format!("i={rounds}"), salt, &unpadded(hash)?))
        }
        ["scrypt", cost, salt, r, p, hash] => {
            let cost: u32 = cost.parse().context("the cost of its scrypt is no number")?;
            if !cost.is_power_of_two() {
                bail!("the cost of its scrypt is no power of two");
            }
            let params = format!("ln={},r={r},p={p}", cost.ilog2());
            Ok(phc("scrypt", &params, salt, &unpadded(hash)?))
        }
        ["argon2", ..] => Ok(hash["argon2".len()..].to_owned()),
        ["bcrypt_sha256", "", ..] => Ok(format!("$bcrypt-sha256{}", &hash["bcrypt_sha256$".len()..])),
        ["bcrypt", "", ..] => Ok(hash["bcrypt$".len()..].to_owned()),
        [one] => better_auth(one).context("its scheme is unknown"),
        [scheme, ..] if scheme.len() < 32 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            bail!("its scheme is not supported: {scheme}")
        }
        _ => bail!("its scheme is unknown"),
    }
}

/// `<salt>:<key>`, both in hexadecimal digits. The salt that was used is the text of its digits.
fn better_auth(text: &str) -> Option<String> {
    let (salt, key) = text.split_once(':')?;
    let key = super::digits::unhex(key).filter(|key| key.len() == 64)?;
    let key = BASE64_STANDARD_NO_PAD.encode(key);
    Some(phc("scrypt-nfkc", "ln=14,r=16,p=1", salt, &key))
}

fn phc(scheme: &str, params: &str, salt: &str, hash: &str) -> String {
    let salt = BASE64_STANDARD_NO_PAD.encode(salt);
    format!("${scheme}${params}${salt}${hash}")
}

fn unpadded(base64: &str) -> anyhow::Result<String> {
    let bytes = BASE64_STANDARD.decode(base64).context("its hash is no base64")?;
    Ok(BASE64_STANDARD_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(hash: &str) -> anyhow::Result<Option<String>> {
        stored(hash, None)
    }

    /// The hashes of Django and better-auth are of their real implementations.
    #[test]
    fn each_supported_hash_names_its_scheme_afterwards() {
        for (hash, scheme) in [
            (
                "pbkdf2_sha256$1000$Ab12Cd34Ef56Gh78Ij90Kl$qRSoCsq3q+VR7ofeHp4378Nu42aZT9rfQXEsq27k7Sw=",
                "$pbkdf2-sha256$i=1000$QWIx",
            ),
            (
                "argon2$argon2id$v=19$m=256,t=2,p=2$QWIxMkNkMzRFZjU2R2g3OElqOTBLbA$C9F0WKetj/DSeYrMjPnYlCVwTf5vY5VGexqlSIZALzI",
                "$argon2id$v=19$m=256,",
            ),
            (
                "bcrypt_sha256$$2b$04$5XJPeH/M6RMhzG.VhLgHx.ehMWU0/A7EagFsjaSBvJAnVRzMKDY1q",
                "$bcrypt-sha256$2b$04$",
            ),
            (
                "scrypt$16$Ab12Cd34Ef56Gh78Ij90Kl$8$2$qJAV/jzOviioMGXma7JMaOMlJBLGOsrLM0iEeYP8CxzwQIlrgv11XGSoPQdL1Alqg2oHAxOQyVttuS7X1uEgDA==",
                "$scrypt$ln=4,r=8,p=2$QWIx",
            ),
            (
                "d9f4e37b5c25211faa79e1f239c55dd7:3f78ce830aa41774c22f7fb4a846ef97be05c51bd888db68abaedf90acb8fb4ae2b2f14d339f8708866cbee137d669441dbb07dd0d280928df3424ff83f95e66",
                "$scrypt-nfkc$ln=14,r=16,p=1$ZDlm",
            ),
            (
                "$2y$12$WgoKhjuOpHJPOa0HkgaUvel4ZbIH6IlYeolzB4rbHKq1NVW7cmd62",
                "$2y$12$Wgo",
            ),
        ] {
            let stored = text(hash).unwrap().unwrap();
            assert!(stored.starts_with(scheme), "{stored}");
        }
        assert_eq!(text("!unusable").unwrap(), None);
    }

    #[test]
    fn what_is_refused_is_named_without_the_hash() {
        for (hash, reason) in [
            ("md5$salt$0123456789abcdef", "not supported: md5"),
            (
                "pbkdf2_sha256$99000000$salt$qRSoCsq3q+VR7ofeHp4378Nu42aZT9rfQXEsq27k7Sw=",
                "cost too much",
            ),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "scheme is unknown"),
            ("$2y$12$cut", "60"),
        ] {
            let error = format!("{:#}", text(hash).unwrap_err());
            assert!(error.contains(reason) && !error.contains("5aa7"), "{error}");
        }
    }
}
