//! What is measured in every run: this crate, and ring alone on the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, UnparsedPublicKey};
use ring::{hmac, rand};
use serde::{Deserialize, Serialize};
use token_jwt::{Algorithm, ClaimsVerifier, Jwk, Kid, Policy, Signer, SigningKey, SystemRandom, UnixTime};

/// The claims of the server's mechanics flavour.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Session {
    pub(crate) user_id: u64,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) sid: String,
}

/// A key, its token, and what each side needs to check it.
pub(crate) struct Subject {
    pub(crate) algorithm: Algorithm,
    pub(crate) signer: Signer,
    pub(crate) verifier: ClaimsVerifier,
    pub(crate) claims: Session,
    pub(crate) token: String,
    pub(crate) now: UnixTime,
    pub(crate) random: SystemRandom,
}

impl Subject {
    /// RSA keys are imported: `rsa` is a private JWK.
    pub(crate) fn new(algorithm: Algorithm, rsa: &str, seconds: i64) -> Self {
        let random = SystemRandom::new();
        let kid = Kid::new("9Vh2LxqkT0aB").expect("a short name");
        let key = match algorithm {
            Algorithm::RS256 => Jwk::parse(rsa)
                .and_then(|jwk| jwk.signing_key_for(algorithm, &random))
                .expect("the published key is sound"),
            _ => SigningKey::generate(algorithm, &random).expect("the system's random source"),
        };
        let signer = Signer::new(key.with_kid(kid));
        let verifier = ClaimsVerifier::new(signer.key().verifying_key().clone(), Policy::default());
        let claims = Session {
            user_id: 281_950,
            exp: seconds + 900,
            iat: seconds - 1,
            sid: "0197f3c0-5a1b-7c3d-9e2f-4b6a8d0c1e2f".to_owned(),
        };
        let token = signer.sign(&claims, &random).expect("these claims are writable");
        Self {
            algorithm,
            signer,
            verifier,
            claims,
            token,
            now: UnixTime::from_secs(seconds),
            random,
        }
    }

    pub(crate) fn ours(&self) -> Session {
        let verified = self.verifier.verify(&self.token, self.now);
        verified.expect("the token is good").into_claims()
    }

    pub(crate) fn signed(&self) -> String {
        self.signer
            .sign(&self.claims, &self.random)
            .expect("these claims are writable")
    }

    /// The private key as JSON, for the other libraries.
    pub(crate) fn private(&self) -> serde_json::Value {
        let jwk = self.signer.key().to_private_jwk();
        serde_json::from_slice(jwk.expose()).expect("our own JWK")
    }

    /// ring's verification of the bytes that the token signs, with a key prepared beforehand.
    pub(crate) fn ring_verify(&self) -> Box<dyn Fn() -> bool> {
        let (message, signature) = self.token.rsplit_once('.').expect("a compact token");
        let message = message.as_bytes().to_vec();
        let signature = bytes(signature);
        let jwk = self.private();
        let member = |name: &str| bytes(jwk[name].as_str().unwrap_or_default());
        match self.algorithm {
            Algorithm::HS256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &member("k"));
                Box::new(move || hmac::verify(&key, &message, &signature).is_ok())
            }
            Algorithm::RS256 => {
                let key = signature::RsaPublicKeyComponents {
                    n: member("n"),
                    e: member("e"),
                };
                let parameters = &signature::RSA_PKCS1_2048_8192_SHA256;
                Box::new(move || key.verify(parameters, &message, &signature).is_ok())
            }
            Algorithm::ES256 => {
                let point = [vec![4], member("x"), member("y")].concat();
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                Box::new(move || key.verify(&message, &signature).is_ok())
            }
            _ => {
                let key = UnparsedPublicKey::new(&signature::ED25519, member("x"));
                Box::new(move || key.verify(&message, &signature).is_ok())
            }
        }
    }

    /// ring's signature of the same bytes.
    pub(crate) fn ring_sign(&self) -> Box<dyn Fn() -> usize> {
        let (message, _) = self.token.rsplit_once('.').expect("a compact token");
        let message = message.as_bytes().to_vec();
        let jwk = self.private();
        let member = |name: &str| bytes(jwk[name].as_str().unwrap_or_default());
        let random = rand::SystemRandom::new();
        match self.algorithm {
            Algorithm::HS256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &member("k"));
                Box::new(move || hmac::sign(&key, &message).as_ref().len())
            }
            Algorithm::RS256 => {
                let public_key = ring::rsa::PublicKeyComponents {
                    n: member("n"),
                    e: member("e"),
                };
                let components = ring::rsa::KeyPairComponents {
                    public_key,
                    d: member("d"),
                    p: member("p"),
                    q: member("q"),
                    dP: member("dp"),
                    dQ: member("dq"),
                    qInv: member("qi"),
                };
                let pair = ring::rsa::KeyPair::from_components(&components).expect("a sound key");
                let mut room = vec![0; pair.public().modulus_len()];
                let room = std::cell::RefCell::new(std::mem::take(&mut room));
                Box::new(move || {
                    let mut room = room.borrow_mut();
                    let signed = pair.sign(&signature::RSA_PKCS1_SHA256, &random, &message, &mut room);
                    signed.map(|()| room.len()).unwrap_or_default()
                })
            }
            Algorithm::ES256 => {
                let point = [vec![4], member("x"), member("y")].concat();
                let pair = signature::EcdsaKeyPair::from_private_key_and_public_key(
                    &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
                    &member("d"),
                    &point,
                    &random,
                )
                .expect("a sound key");
                Box::new(move || pair.sign(&random, &message).map_or(0, |it| it.as_ref().len()))
            }
            _ => {
                let pair = signature::Ed25519KeyPair::from_seed_unchecked(&member("d")).expect("32 bytes");
                Box::new(move || pair.sign(&message).as_ref().len())
            }
        }
    }
}

pub(crate) fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// The private RSA key of 2048 bits of the published vectors.
pub(crate) fn published_rsa_key(vectors: &str) -> String {
    let text = std::fs::read_to_string(vectors).expect("the test vectors");
    let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    file["testGroups"][2]["private"].to_string()
}
