//! The OpenAPI 3.1 document.

use dialects::description::{Content, Header, Operation, Parameter, Place, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::objects::{Components, Ordered};
use super::surface::{Group, Mounted, Surface, Way};

/// What applies to every operation.
const ABOUT: &str = "Issues and checks API tokens. Every path that is mounted is listed, as configured. \
    A method that a path does not have is answered 405 with `Allow`, another path 404. \
    A body is at most 16 KiB. Unknown fields are ignored; a field that is named twice is refused.";

#[derive(Serialize)]
struct Document<'a> {
    openapi: &'static str,
    info: Value,
    servers: [Value; 1],
    tags: Vec<Value>,
    paths: Ordered<Ordered<OperationObject<'a>>>,
    components: Components,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationObject<'a> {
    tags: Vec<&'a str>,
    summary: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    operation_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: Option<BodyObject>,
    responses: Ordered<ResponseObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security: Vec<Value>,
}

#[derive(Serialize)]
struct BodyObject {
    required: bool,
    content: Ordered<MediaObject>,
}

#[derive(Default, Serialize)]
struct ResponseObject {
    description: String,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    headers: Ordered<Value>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    content: Ordered<MediaObject>,
}

#[derive(Serialize)]
struct MediaObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    examples: Ordered<ExampleObject>,
}

#[derive(Serialize)]
struct ExampleObject {
    value: Box<RawValue>,
}

/// The document, the same bytes for the same surface.
pub(super) fn render(surface: &Surface) -> String {
    let mut components = Components::default();
    let mut paths: Ordered<Ordered<OperationObject<'_>>> = Ordered::default();
    for group in &surface.groups {
        for mounted in &group.endpoints {
            let method = mounted.method.to_ascii_lowercase();
            *paths.entry(&mounted.path).entry(&method) = operation(group, mounted, &mut components);
        }
    }
    let document = Document {
        openapi: "3.1.1",
        info: json!({ "title": "Tessera", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT }),
        servers: [json!({ "url": surface.base })],
        tags: surface.groups.iter().map(tag).collect(),
        paths,
        components,
    };
    serde_json::to_string(&document).expect("texts, numbers and lists serialise")
}

fn tag(group: &Group) -> Value {
    json!({ "name": group.name, "description": group.about })
}

fn operation<'a>(group: &'a Group, mounted: &'a Mounted, components: &mut Components) -> OperationObject<'a> {
    let base = OperationObject {
        tags: vec![&group.name],
        operation_id: &mounted.id,
        ..OperationObject::default()
    };
    let Some(operation) = &mounted.operation else {
        let unknown = ResponseObject {
            description: "Not described by the dialect.".into(),
            ..ResponseObject::default()
        };
        return OperationObject {
            summary: "Not described",
            description: "The dialect does not describe what is taken and answered here.",
            responses: Ordered(vec![("default".into(), unknown)]),
            ..base
        };
    };
    OperationObject {
        summary: operation.summary,
        description: &operation.about,
        parameters: operation.parameters.iter().map(parameter).collect(),
        request_body: body(group, operation, components),
        responses: operation
            .responses
            .iter()
            .map(|one| (one.status.to_string(), response(group, one, components)))
            .collect(),
        security: mounted.ways.iter().map(|way| requirement(way, components)).collect(),
        ..base
    }
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Header => "header",
        _ => "query",
    };
    json!({ "name": parameter.name, "in": place, "description": parameter.about, "required": parameter.required,
        "schema": parameter.schema })
}

fn body(group: &Group, operation: &Operation, components: &mut Components) -> Option<BodyObject> {
    let contents = &operation.bodies;
    (!contents.is_empty()).then(|| BodyObject {
        required: true,
        content: contents
            .iter()
            .map(|content| media(group, content, components))
            .collect(),
    })
}

fn response(group: &Group, response: &Response, components: &mut Components) -> ResponseObject {
    let everywhere = of_every_answer();
    let missing = |header: &&Header| response.headers.iter().all(|have| have.name != header.name);
    let headers = response.headers.iter().chain(everywhere.iter().filter(missing));
    ResponseObject {
        description: response.meanings.join(" "),
        headers: headers
            .map(|header| (header.name.to_owned(), components.header(header)))
            .collect(),
        content: response
            .contents
            .iter()
            .map(|content| media(group, content, components))
            .collect(),
    }
}

/// The headers that the server adds to every answer that has none of that name.
fn of_every_answer() -> [Header; 3] {
    let always = |value| json!({ "type": "string", "const": value });
    [
        Header::new(
            "Cache-Control",
            "How long the answer may be stored.",
            always("no-store"),
        ),
        Header::new(
            "X-Content-Type-Options",
            "The answer is of no other media type.",
            always("nosniff"),
        ),
        Header::new(
            "X-Request-Id",
            "The name of the request in the server's log.",
            json!({ "type": "string" }),
        ),
    ]
}

fn media(group: &Group, content: &Content, components: &mut Components) -> (String, MediaObject) {
    let mut schemas: Vec<Value> = content
        .schemas
        .iter()
        .map(|one| components.schema(&group.name, one))
        .collect();
    let schema = match schemas.len() {
        0 | 1 => schemas.pop(),
        _ => Some(json!({ "anyOf": schemas })),
    };
    let examples = content.examples.iter().map(|example| {
        let text = || serde_json::to_string(&example.body).expect("a text serialises");
        let json = match content.is_structured() {
            true => example.body.clone(),
            false => text(),
        };
        // An example that is not the JSON that it should be is shown as a text.
        let value = RawValue::from_string(json).or_else(|_| RawValue::from_string(text()));
        let value = value.expect("a text in quotes is JSON");
        (example.name.to_owned(), ExampleObject { value })
    });
    let examples = examples.collect();
    (content.media_type.to_owned(), MediaObject { schema, examples })
}

/// One way to authenticate. An empty one: the credentials are elsewhere.
fn requirement(way: &Way, components: &mut Components) -> Value {
    let Way::Headers(carrier, of) = way else {
        return json!({});
    };
    let schemes = carrier.schemes(of).into_iter();
    let named = schemes.map(|(name, scheme)| (components.security(name, scheme), json!([])));
    Value::Object(named.collect())
}
