//! Verifies a file of cases: `cargo run -p token-jwt --example verify_cases -- FILE`.
//!
//! The file is `{"profile": {…}, "cases": […]}`. The profile has `now`, `iss`, `aud`, `leeway`, `max_lifetime`, `typ`,
//! `required` (a list) and `max_token_bytes`, each optional. A case has `name`, `key` (a JWK or a JWK Set), `token`,
//! `layer` (`jws`: structure and signature only; `jwt`: also the claims under the profile), and optionally `algs` (the
//! algorithms allowed; else the key's own, else those of its type that fit) and `now` (instead of the profile's).
//!
//! For each case it prints `name<TAB>valid|invalid<TAB>reason`.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use token_jwt::{
    Algorithm, ClaimsVerifier, Jwk, JwkSet, JwtRejection, KeyError, KeySet, Kid, Policy, Reason, UnixTime, VerifyingKey,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("verify_cases: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: verify_cases FILE")?;
    let path = Path::new(&path);
    let of_file = |error: &dyn Error| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| of_file(&error))?;
    let lines = report(&text).map_err(|error| of_file(&error))?;
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}

/// The lines for a whole file.
pub(crate) fn report(text: &str) -> Result<String, serde_json::Error> {
    let file: File<'_> = serde_json::from_str(text)?;
    let mut lines = String::new();
    for raw in file.cases {
        let name = serde_json::from_str::<Named>(raw.get()).map(|case| case.name);
        let (verdict, reason) = match serde_json::from_str::<Case<'_>>(raw.get()) {
            Ok(case) => match check(&case, &file.profile) {
                Ok(()) => ("valid", "ok".to_owned()),
                Err(reason) => ("invalid", reason),
            },
            // A token that is not even text, for example.
            Err(error) => ("invalid", format!("the case cannot be read: {error}")),
        };
        let name = name.unwrap_or_default();
        lines.push_str(&format!(
            "{}\t{verdict}\t{}\n",
            on_one_line(&name),
            on_one_line(&reason)
        ));
    }
    Ok(lines)
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    profile: Profile,
    #[serde(borrow)]
    cases: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
struct Profile {
    now: Option<f64>,
    iss: Option<String>,
    aud: Option<OneOrMany>,
    leeway: Option<f64>,
    max_lifetime: Option<f64>,
    typ: Option<String>,
    #[serde(default)]
    required: Vec<String>,
    max_token_bytes: Option<usize>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Case<'a> {
    /// As it is written in the file, so that the strict reader gets the key's own text.
    #[serde(borrow)]
    key: &'a RawValue,
    token: String,
    layer: Layer,
    algs: Option<Vec<String>>,
    now: Option<f64>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Layer {
    Jws,
    Jwt,
}

/// A key that names no algorithm is tried with each one that fits; a case is valid if one of them accepts it.
fn check(case: &Case<'_>, profile: &Profile) -> Result<(), String> {
    let keys = keys(case.key.get()).map_err(|error| error.to_string())?;
    let policy = policy(profile, case.layer);
    let mut reason = None;
    for algorithm in Algorithm::ALL.into_iter().filter(|one| case.allows(*one)) {
        let rejected = match bound(&keys, algorithm, case.layer) {
            Ok(None) => continue,
            Ok(Some(set)) => match verdict(set, &policy, case, profile) {
                Ok(()) => return Ok(()),
                Err(rejected) => rejected.reason().to_string(),
            },
            Err(error) => error.to_string(),
        };
        // A reason from the token's own algorithm says more than "another algorithm".
        if reason.is_none() || rejected != Reason::Algorithm.to_string() {
            reason = Some(rejected);
        }
    }
    Err(reason.unwrap_or_else(|| "no key for an allowed algorithm".to_owned()))
}

impl Case<'_> {
    fn allows(&self, algorithm: Algorithm) -> bool {
        self.algs
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|one| one == algorithm.name()))
    }
}

fn verdict(keys: KeySet, policy: &Policy, case: &Case<'_>, profile: &Profile) -> Result<(), JwtRejection> {
    let verifier = ClaimsVerifier::new(keys, policy.clone());
    match case.layer {
        Layer::Jws => verifier.verify_signature_only(&case.token).map(drop),
        Layer::Jwt => {
            let now = case.now.or(profile.now).unwrap_or_default();
            let now = UnixTime::from_millis((now * 1000.0) as i64);
            verifier.verify::<()>(&case.token, now).map(drop)
        }
    }
}

fn policy(profile: &Profile, layer: Layer) -> Policy {
    let mut policy = Policy::default();
    if let Some(bytes) = profile.max_token_bytes {
        policy = policy.max_token_bytes(bytes);
    }
    match &profile.typ {
        Some(typ) if layer == Layer::Jwt => policy = policy.token_type(typ),
        _ => policy = policy.any_token_type(),
    }
    if let Some(issuer) = &profile.iss {
        policy = policy.issuer(issuer);
    }
    match profile.aud.clone() {
        Some(OneOrMany::One(audience)) => policy = policy.audience(audience),
        Some(OneOrMany::Many(audiences)) => {
            policy = audiences.into_iter().fold(policy, Policy::audience);
        }
        None => {}
    }
    if let Some(leeway) = profile.leeway {
        policy = policy.leeway(seconds(leeway));
    }
    if let Some(longest) = profile.max_lifetime {
        policy = policy.max_lifetime(seconds(longest));
    }
    profile.required.iter().fold(policy, Policy::require)
}

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX)
}

/// A JWK, or a JWK Set, which has the member `keys`.
fn keys(json: &str) -> Result<Vec<Jwk>, KeyError> {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    if value.get("keys").is_some() {
        Ok(JwkSet::parse(json)?.keys().to_vec())
    } else {
        Ok(vec![Jwk::parse(json)?])
    }
}

/// The keys that can be used with the algorithm. A key that fits and is rejected is an error.
fn bound(keys: &[Jwk], algorithm: Algorithm, layer: Layer) -> Result<Option<KeySet>, KeyError> {
    let fitting = keys.iter().filter(|key| key.algorithms().any(|one| one == algorithm));
    let bound: Vec<_> = fitting
        .map(|key| bind(key, algorithm, layer))
        .collect::<Result<_, _>>()?;
    if bound.is_empty() {
        Ok(None)
    } else {
        KeySet::new(bound).map(Some)
    }
}

/// Wycheproof signs its base64 cases with 32 zero bytes. Where only structure and signature are checked, that one
/// published key is accepted; every other weak key is rejected, and so is this one for a JWT.
fn bind(key: &Jwk, algorithm: Algorithm, layer: Layer) -> Result<VerifyingKey, KeyError> {
    match key.shared_secret() {
        Some(secret) if layer == Layer::Jws && secret == [0; 32] => {
            let zeros = VerifyingKey::dangerous_weak_hmac(algorithm, secret)?;
            match key.kid() {
                Some(kid) => Ok(zeros.with_kid(Kid::new(kid)?)),
                None => Ok(zeros),
            }
        }
        _ => key.verifying_key_for(algorithm),
    }
}

/// Names and reasons come from an untrusted file.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
