//! A document for everybody, which caches may keep.

use std::time::Duration;

use actix_web::http::header::{CacheControl, CacheDirective, ETag, EntityTag, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use auth_core::TokenDigest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dialects::description::{Content, Header, Operation, Response, Schema};
use serde_json::{Value, json};

/// How long a cache may answer with a document before it asks again.
///
/// It is a twelfth of the hour for which a public key is published before it signs. So who obeys it has every key
/// before the first token that it signs, with eleven more tries.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(300);

/// The description of a path that answers with a document.
pub(super) fn operation(name: &'static str, media_type: &'static str, schema: Value) -> Operation {
    let schema = Schema::new(name, schema);
    let whole = Response::new(200, "The document.").content(Content::new(media_type, schema));
    let known = Response::new(304, "The document is the one that `If-None-Match` names.");
    let cached = |response: Response| {
        let stored = format!("public, max-age={}", MAX_AGE.as_secs());
        response
            .header(Header::new(
                "Cache-Control",
                "How long it may be stored.",
                json!({ "const": stored }),
            ))
            .header(Header::new(
                "ETag",
                "The name of these bytes.",
                json!({ "type": "string" }),
            ))
    };
    Operation::new(name).responds(cached(whole)).responds(cached(known))
}

/// A text with the tag by which a cache recognises it.
#[derive(Debug)]
pub(super) struct Document {
    media_type: &'static str,
    text: String,
    tag: EntityTag,
}

impl Document {
    pub(super) fn new(media_type: &'static str, text: String) -> Self {
        let digest = TokenDigest::of(text.as_bytes());
        let tag = EntityTag::new_strong(URL_SAFE_NO_PAD.encode(digest.as_bytes()));
        Self { media_type, text, tag }
    }

    /// The whole document, or 304 for a cache that has it (RFC 9110 section 13.1.2).
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut response = match self.is_known(request) {
            true => HttpResponse::NotModified(),
            false => HttpResponse::Ok(),
        };
        let max_age = u32::try_from(MAX_AGE.as_secs()).unwrap_or(u32::MAX);
        response
            .insert_header(ETag(self.tag.clone()))
            .insert_header(CacheControl(vec![
                CacheDirective::Public,
                CacheDirective::MaxAge(max_age),
            ]));
        match self.is_known(request) {
            true => response.finish(),
            false => response.content_type(self.media_type).body(self.text.clone()),
        }
    }

    fn is_known(&self, request: &HttpRequest) -> bool {
        match request.get_header::<IfNoneMatch>() {
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            None => false,
        }
    }
}
