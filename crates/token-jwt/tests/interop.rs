//! Other implementations verify our tokens of every algorithm with our key set, and we verify theirs.
//!
//! Runs with `TESSERA_INTEROP=1`: PyJWT is installed into a virtual environment and `jose` into a folder, both below the
//! target folder. Without it, or where they cannot be installed, the tests print that they were skipped;
//! `TESSERA_REQUIRE_INTEROP=1` makes that a failure.
#![allow(clippy::unwrap_used, reason = "a test stops at its first error")]

#[path = "support/tokens.rs"]
mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::*;
use token_jwt::{Algorithm, ClaimsVerifier, Family, Jwk, KeySet, Policy, Signer, SigningKey, write_jwk_set};

/// Reads `{"jwks", "secrets", "tokens", "private", "now"}` from standard input; verifies each of `tokens` with the key
/// of its `kid`, and prints a token signed with each of `private`.
const PYTHON: &str = r#"
import json, sys, jwt
job = json.load(sys.stdin)
keys = {key["kid"]: jwt.PyJWK(key) for key in job["jwks"]["keys"] + job["secrets"]}
for token in job["tokens"]:
    header = jwt.get_unverified_header(token)
    key = keys[header["kid"]]
    claims = jwt.decode(token, key, algorithms=[header["alg"]], audience="api", issuer="https://issuer.example")
    assert claims["sub"] == "7", claims
    signed = False
    try:
        jwt.decode(token[:-8] + "AAAAAAAA", key, algorithms=[header["alg"]], audience="api")
        signed = True
    except jwt.InvalidSignatureError:
        pass
    assert not signed
out = []
for key in job["private"]:
    own = jwt.PyJWK(key)
    out.append(jwt.encode(job["claims"], own.key, algorithm=key["alg"], headers={"kid": key["kid"]}))
print(json.dumps(out))
"#;

const JAVASCRIPT: &str = r#"
import * as jose from 'jose'
let text = ''
for await (const chunk of process.stdin) text += chunk
const job = JSON.parse(text)
const jwks = jose.createLocalJWKSet(job.jwks)
const secrets = new Map()
for (const key of job.secrets) secrets.set(key.kid, await jose.importJWK(key, key.alg))
for (const token of job.tokens) {
  const header = jose.decodeProtectedHeader(token)
  const key = secrets.get(header.kid) ?? jwks
  const options = { algorithms: [header.alg], audience: 'api', issuer: 'https://issuer.example', typ: 'JWT' }
  const { payload } = await jose.jwtVerify(token, key, options)
  if (payload.sub !== '7') throw new Error(token)
}
const out = []
for (const jwk of job.private) {
  const key = await jose.importJWK(jwk, jwk.alg)
  out.push(await new jose.SignJWT(job.claims).setProtectedHeader({ alg: jwk.alg, kid: jwk.kid }).sign(key))
}
console.log(JSON.stringify(out))
"#;

#[test]
fn pyjwt_and_we_verify_each_other() {
    exchange("PyJWT", python);
}

#[test]
fn jose_and_we_verify_each_other() {
    exchange("jose", javascript);
}

fn exchange(name: &str, other: fn() -> Option<Command>) {
    let required = std::env::var_os("TESSERA_REQUIRE_INTEROP").is_some();
    if std::env::var_os("TESSERA_INTEROP").is_none() && !required {
        println!("skipped: interoperation with {name} (TESSERA_INTEROP is not set)");
        return;
    }
    let Some(command) = other() else {
        assert!(!required, "{name} could not be installed");
        println!("skipped: interoperation with {name} (it could not be installed)");
        return;
    };
    let keys: Vec<SigningKey> = Algorithm::ALL.into_iter().map(key).collect();
    let theirs = run(command, &job(&keys));
    assert_eq!(theirs.len(), keys.len(), "{name} signed one token with each key");
    let (shared, public): (Vec<_>, Vec<_>) = keys
        .iter()
        .map(|key| key.verifying_key().clone())
        .partition(|key| key.algorithm().is_symmetric());
    let sets = [KeySet::new(shared).unwrap(), KeySet::new(public).unwrap()];
    let policy = Policy::default().issuer("https://issuer.example").audience("api");
    for (token, key) in theirs.iter().zip(&keys) {
        let set = &sets[usize::from(!key.algorithm().is_symmetric())];
        let verifier = ClaimsVerifier::new(set.clone(), policy.clone());
        let verified = verifier.verify::<Value>(token, present());
        assert_eq!(verified.unwrap().claims()["sub"], "7", "{name} {}", key.algorithm());
    }
    println!("{name}: {} algorithms in both directions", keys.len());
}

fn key(algorithm: Algorithm) -> SigningKey {
    let key = match algorithm.family() {
        Family::Rsa => Jwk::parse(&rsa_jwk())
            .unwrap()
            .signing_key_for(algorithm, &random())
            .unwrap(),
        _ => SigningKey::generate(algorithm, &random()).unwrap(),
    };
    key.with_kid(named(algorithm.name()))
}

fn job(keys: &[SigningKey]) -> Value {
    let private = |key: &SigningKey| -> Value { serde_json::from_slice(key.to_private_jwk().expose()).unwrap() };
    let now = present().secs();
    let claims = json!({
        "iss": "https://issuer.example", "sub": "7", "aud": ["api"], "iat": now - 1, "exp": now + 600
    });
    let published: Value = serde_json::from_str(&write_jwk_set(keys.iter().map(SigningKey::verifying_key))).unwrap();
    let private: Vec<Value> = keys.iter().map(private).collect();
    let tokens: Vec<String> = keys
        .iter()
        .map(|key| {
            let again = SigningKey::from_jwk(std::str::from_utf8(key.to_private_jwk().expose()).unwrap(), &random());
            Signer::new(again.unwrap()).sign(&claims, &random()).unwrap()
        })
        .collect();
    let secrets: Vec<&Value> = private.iter().filter(|key| key["kty"] == "oct").collect();
    json!({"jwks": published, "secrets": secrets, "tokens": tokens, "private": private, "claims": claims})
}

fn run(mut command: Command, job: &Value) -> Vec<String> {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(job.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The others read the clock themselves.
#[allow(clippy::disallowed_methods, reason = "the other side has no clock to be moved")]
fn present() -> token_jwt::UnixTime {
    token_jwt::UnixTime::from(std::time::SystemTime::now())
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn python() -> Option<Command> {
    let folder = folder("interop-pyjwt");
    let python = folder.join("bin/python");
    let ready = |python: &PathBuf| succeeds(Command::new(python).args(["-c", "import jwt, cryptography"]));
    if !ready(&python) {
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let installed =
            made && succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pyjwt[crypto]>=2.10"]));
        if !installed || !ready(&python) {
            return None;
        }
    }
    let mut command = Command::new(python);
    command.args(["-c", PYTHON]);
    Some(command)
}

fn javascript() -> Option<Command> {
    let folder = folder("interop-jose");
    if !folder.join("node_modules/jose").exists() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg("jose@6");
        if !succeeds(&mut npm) {
            return None;
        }
    }
    let script = folder.join("exchange.mjs");
    std::fs::write(&script, JAVASCRIPT).unwrap();
    let mut command = Command::new("node");
    command.arg(script);
    Some(command)
}
