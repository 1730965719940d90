//! `/openapi.json` and `/docs`: everything that is mounted, in the OpenAPI format and as a page. Both are made once, at
//! start, from what the routes say of themselves.

mod carrier;
mod curl;
mod document;
mod objects;
mod page;
mod surface;

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use dialects::description::{Content, Header, Operation, Response, Schema};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::http::FixedRoute;

pub(crate) use surface::{MountedFlavour, Surface};

const DOCUMENT: &str = "/openapi.json";
const PAGE: &str = "/docs";

/// Both may be stored, and must be asked for again each time: they change with the settings, at a restart.
const REVALIDATE: &str = "no-cache";

/// The two paths and what they answer. They are part of what they describe.
pub(crate) fn operations() -> [(&'static str, Operation); 2] {
    let any = Schema::new(
        "OpenApi",
        json!({ "type": "object", "required": ["openapi", "info", "paths"] }),
    );
    let document = Operation::new("This description")
        .about("OpenAPI 3.1 of everything that is mounted here. The bytes are the same until the settings change.")
        .responds(stored(Content::new("application/json", any)))
        .responds(unchanged());
    let page = Operation::new("This description as a page")
        .responds(
            stored(Content::bytes("text/html")).header(text("Content-Security-Policy", "The page loads nothing.")),
        )
        .responds(unchanged());
    [(DOCUMENT, document), (PAGE, page)]
}

/// The two routes for this surface.
pub(crate) fn routes(surface: &Surface) -> [FixedRoute; 2] {
    let [(_, of_document), (_, of_page)] = operations();
    let document = Stored::new("application/json", document::render(surface));
    let page = Stored {
        policy: Some(page::POLICY.as_str()),
        ..Stored::new("text/html; charset=utf-8", page::render(surface))
    };
    [
        FixedRoute::get(DOCUMENT, document.handler(), of_document),
        FixedRoute::get(PAGE, page.handler(), of_page),
    ]
}

fn stored(content: Content) -> Response {
    cached(Response::new(200, "The description.").content(content))
}

fn unchanged() -> Response {
    cached(Response::new(
        304,
        "The description is the one that `If-None-Match` names.",
    ))
}

fn cached(response: Response) -> Response {
    let always = json!({ "type": "string", "const": REVALIDATE });
    response
        .header(Header::new("Cache-Control", "Ask again before each use.", always))
        .header(text("ETag", "The name of these bytes."))
}

fn text(name: &'static str, about: &'static str) -> Header {
    Header::new(name, about, json!({ "type": "string" }))
}

/// A finished body.
#[derive(Clone)]
struct Stored {
    media_type: &'static str,
    policy: Option<&'static str>,
    tag: Arc<str>,
    body: Bytes,
}

impl Stored {
    fn new(media_type: &'static str, body: String) -> Self {
        let digest = Sha256::digest(body.as_bytes());
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self {
            media_type,
            policy: None,
            tag: format!("\"{digits}\"").into(),
            body: body.into(),
        }
    }

    fn handler(self) -> impl Fn(HttpRequest) -> std::future::Ready<HttpResponse> + Clone + Send + Sync + 'static {
        move |request| std::future::ready(self.answer(&request))
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get_all(IF_NONE_MATCH);
        let known = known
            .filter_map(|value| value.to_str().ok())
            .any(|tags| names(tags, &self.tag));
        let mut response = match known {
            true => HttpResponse::NotModified(),
            false => HttpResponse::Ok(),
        };
        response.insert_header((CACHE_CONTROL, REVALIDATE));
        response.insert_header((ETAG, &*self.tag));
        if known {
            return response.finish();
        }
        if let Some(policy) = self.policy {
            response.insert_header((CONTENT_SECURITY_POLICY, policy));
        }
        response
            .insert_header((CONTENT_TYPE, self.media_type))
            .body(self.body.clone())
    }
}

/// Whether an `If-None-Match` names this tag (RFC 9110 section 13.1.2: a weak comparison).
fn names(tags: &str, tag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_in_either_form() {
        for tags in [r#""a""#, r#"W/"a""#, r#""b", "a""#, r#""b",W/"a""#, "*"] {
            assert!(names(tags, r#""a""#), "{tags}");
        }
        for tags in ["", "a", r#""b""#, r#""ab""#] {
            assert!(!names(tags, r#""a""#), "{tags}");
        }
    }
}
