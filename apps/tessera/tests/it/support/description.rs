//! Compares answers with the server's own description of them (`/openapi.json`): every answer that a test gets over a
//! connection to its server is checked.

use serde_json::{Value, json};
use std::fmt;

use super::client::{Connection, Request, Response};

/// A server's description of itself.
pub struct Description(Value);

impl Description {
    /// What the server at the other end says; `None` where the description is switched off.
    pub fn of(mut connection: Connection) -> Option<Self> {
        let answer = connection.send(&Request::get("/openapi.json"));
        (answer.status == 200).then(|| Self(answer.json()))
    }

    /// Fails unless the answer to the request is one that is described. A path that is not listed, a method that its
    /// path does not have, a preflight of a browser, and what is refused before it is a request are not described.
    pub fn check(&self, request: &Request, response: &Response) {
        let path = request.target().split('?').next().unwrap_or_default();
        let methods = &self.0["paths"][path];
        let method = match (request.method(), &methods["head"]) {
            ("HEAD", Value::Null) => "get".into(),
            // The case of a method counts (RFC 9110 section 9.1).
            (method, _) if method.bytes().any(|byte| byte.is_ascii_lowercase()) => return,
            (method, _) => method.to_ascii_lowercase(),
        };
        let operation = &methods[method];
        let is_answer_of_a_route = response.header("X-Request-Id").is_some() && !request.is_preflight();
        if operation.is_null() || !operation["responses"]["default"].is_null() || !is_answer_of_a_route {
            return;
        }
        let described = &operation["responses"][response.status.to_string()];
        assert!(described.is_object(), "not described: {request:?}: {response:?}");
        self.check_headers(described, response);
        if request.method() != "HEAD" {
            self.check_body(described, response);
        }
    }

    fn check_headers(&self, described: &Value, response: &Response) {
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header);
            match response.header(name) {
                Some(text) => {
                    let is_number = header["schema"]["type"] == "integer";
                    let number = text.parse::<u64>().ok().filter(|_| is_number);
                    self.fits(
                        &header["schema"],
                        &number.map_or_else(|| json!(text), |n| json!(n)),
                        response,
                    );
                }
                None => assert_ne!(header["required"], true, "no {name}: {response:?}"),
            }
        }
    }

    fn check_body(&self, described: &Value, response: &Response) {
        let contents = described["content"].as_object();
        let Some(contents) = contents.filter(|contents| !contents.is_empty()) else {
            return assert!(response.body.is_empty(), "a body that is not described: {response:?}");
        };
        let label = response.header("Content-Type").unwrap_or_default();
        let essence = label.split(';').next().unwrap_or_default();
        let content = contents.get(essence);
        let content = content.unwrap_or_else(|| panic!("a media type that is not described: {response:?}"));
        if essence == "application/json" {
            self.fits(&content["schema"], &response.json(), response);
        }
    }

    /// Fails unless the value fits the schema.
    fn fits(&self, schema: &Value, value: &Value, response: &Response) {
        // References are looked up from the root.
        let whole = json!({ "allOf": [schema], "components": self.0["components"] });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options
            .build(&whole)
            .unwrap_or_else(|error| panic!("{error} in {whole}"));
        if let Err(error) = validator.validate(value) {
            panic!("{error}, which differs from the description: {response:?}");
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.map_or(value, |pointer| {
            self.0.pointer(pointer).expect("a reference leads somewhere")
        })
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Description")
    }
}
