//! Writes the seeds of each target into `corpus/`: the documents' examples, and the cases of the test vectors that a
//! target can read.

use std::error::Error;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

/// The repository, in which the test data is.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let vectors = Path::new(REPOSITORY).join("testdata/vectors");
    documents()?;
    tokens(&vectors.join("tokens"))?;
    signed(&vectors)?;
    hashes(&vectors.join("bcrypt"))
}

/// The requests that the documents print, for the decoder of each.
fn documents() -> Outcome {
    let folder = Path::new(REPOSITORY).join("crates/dialects/tests/documents");
    for dialect in ["mechanics", "login", "device", "integration"] {
        let body = fs::read(folder.join(format!("{dialect}_request.json")))?;
        let body = match dialect {
            "device" => [b"application/json\n", body.as_slice()].concat(),
            _ => body,
        };
        seed(&format!("dialect_{dialect}"), "document", &body)?;
    }
    let form = b"application/x-www-form-urlencoded\nemail=a%40b.c&password=p&device_name=phone";
    seed("dialect_device", "form", form)?;
    let part = "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\np\r\n--B--\r\n";
    let multipart = format!("multipart/form-data; boundary=B\n{part}");
    Ok(seed("dialect_device", "multipart", multipart.as_bytes())?)
}

/// The cases about opaque tokens, headers, bodies, permissions.
fn tokens(folder: &Path) -> Outcome {
    let secret = "63eD2tUsY2Xdfoc5SZgFtWCobvjRYbeioT2XZZYU";
    let token = format!("1|{secret}");
    for case in cases(&folder.join("opaque_token_cases.json"))? {
        let text = text(&case, "template").replace("{id}", "1").replace("{secret}", secret);
        seed("opaque_token", text_of(&case), text.as_bytes())?;
    }
    for case in cases(&folder.join("bearer_header_cases.json"))? {
        let fields = case["headers"].as_array().cloned().unwrap_or_default();
        let lines = fields.iter().map(|field| line(field, &token));
        seed(
            "credential",
            text_of(&case),
            lines.collect::<Vec<_>>().join("\n").as_bytes(),
        )?;
    }
    for case in cases(&folder.join("login_body_cases.json"))? {
        let body = text(&case, "body")
            .replace("{e}", "workshop@email.dk")
            .replace("{p}", "qwerty");
        for dialect in ["mechanics", "login", "integration"] {
            seed(&format!("dialect_{dialect}"), text_of(&case), body.as_bytes())?;
        }
        let labelled = format!("{}\n{body}", text(&case, "content_type"));
        seed("dialect_device", text_of(&case), labelled.as_bytes())?;
    }
    for case in cases(&folder.join("permission_cases.json"))? {
        seed("permission_list", text_of(&case), text(&case, "stored").as_bytes())?;
    }
    seed("login_name", "mixed", "  JOSÉ@Example.com ".as_bytes())?;
    seed("session_ref", "plain", b"17.0.281950")?;
    let own = [b"\x00".as_slice(), &[b'0'; 64]].concat();
    seed("refresh_token", "of_the_form", &own)?;
    Ok(seed("refresh_token", "of_the_family", &[1; 17])?)
}

/// Every compact token of the vectors.
fn signed(vectors: &Path) -> Outcome {
    let own = cases(&vectors.join("rfc/jws_jwt.json"))?;
    let published = json(&vectors.join("wycheproof/json_web_signature_test.json"))?;
    let groups = published["testGroups"].as_array().cloned().unwrap_or_default();
    let theirs = groups
        .iter()
        .flat_map(|group| group["tests"].as_array().cloned().unwrap_or_default());
    let all = own.into_iter().chain(theirs).enumerate();
    for (number, case) in all {
        let found = ["jws", "token", "jwt"].iter().find_map(|member| case[*member].as_str());
        if let Some(token) = found {
            seed("jwt_verify", &format!("token-{number}"), token.as_bytes())?;
        }
        let keys = ["key", "jwk", "public", "private"]
            .iter()
            .filter_map(|member| case.get(*member));
        for key in keys.filter(|key| key.is_object()) {
            seed("jwt_key", &format!("key-{number}"), format!("\0{key}").as_bytes())?;
            seed(
                "jwt_key",
                &format!("set-{number}"),
                format!("\u{1}{{\"keys\":[{key}]}}").as_bytes(),
            )?;
        }
    }
    let claims = br#"{"user_id":281950,"exp":1700000900,"iat":1699999999,"sid":"17.0.281950"}"#;
    seed("jwt_signed", "mechanics", &[b"\n".as_slice(), claims].concat())?;
    let header = br#"{"typ":"JWT","alg":"HS256","crit":["b64"],"b64":false}"#;
    seed(
        "jwt_signed",
        "header",
        &[header.as_slice(), b"\n{\"exp\":1.7000009e9}"].concat(),
    )?;
    for case in cases(&vectors.join("tokens/numericdate_cases.json"))? {
        let payload = format!("\n{{\"exp\":{}}}", text(&case, "exp_json"));
        seed("jwt_signed", text_of(&case), payload.as_bytes())?;
    }
    Ok(())
}

/// Stored hashes, sound and malformed.
fn hashes(folder: &Path) -> Outcome {
    let sound = cases(&folder.join("vectors.json"))?;
    let sound = sound.iter().filter_map(|case| case["hash"].as_str().map(str::to_owned));
    let malformed = json(&folder.join("malformed_hashes.json"))?["reject"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let malformed = malformed.iter().filter_map(|hash| hash.as_str().map(str::to_owned));
    for (number, hash) in sound.chain(malformed).enumerate() {
        seed("stored_hash", &format!("hash-{number}"), hash.as_bytes())?;
    }
    Ok(())
}

/// A header field as the target reads it.
fn line(field: &Value, token: &str) -> String {
    let name = field[0].as_str().unwrap_or_default().to_ascii_lowercase();
    let which = match name.as_str() {
        "authorization" => '\0',
        "x-access-token" => '\u{1}',
        _ => '\u{2}',
    };
    let value = field[1].as_str().unwrap_or_default().replace("{t}", token);
    format!("{which}{value}")
}

fn cases(file: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    Ok(json(file)?["cases"].as_array().cloned().unwrap_or_default())
}

fn json(file: &Path) -> Result<Value, Box<dyn Error>> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

fn text(case: &Value, member: &str) -> String {
    case[member].as_str().unwrap_or_default().to_owned()
}

fn text_of(case: &Value) -> &str {
    case["name"].as_str().unwrap_or("case")
}

fn seed(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(REPOSITORY).join("fuzz/corpus").join(target);
    fs::create_dir_all(&folder)?;
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    fs::write(folder.join(format!("seed-{name}")), bytes)
}
