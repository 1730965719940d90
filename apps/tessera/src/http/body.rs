//! Reads a request's body, bounded in size and time, with the headers that say how to read it.

use std::fmt;
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpRequest, web};
use dialects::{MAX_BODY, Payload, RequestRejection};
use futures_util::StreamExt;
use zeroize::Zeroizing;

/// A whole body. It holds a password: wiped when dropped, never printed.
pub struct Body {
    bytes: Zeroizing<Vec<u8>>,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(redacted)")
    }
}

impl Body {
    /// Reads at most [`MAX_BODY`] bytes; a longer body is refused before more of it is read.
    ///
    /// # Errors
    /// The rejection for a body that is too large, too slow or cut off, and for headers that come twice.
    pub async fn read(request: &HttpRequest, payload: web::Payload, limit: Duration) -> Result<Self, RequestRejection> {
        let headers = request.headers();
        let length = declared_length(headers).unwrap_or(MAX_BODY);
        if length > MAX_BODY {
            return Err(RequestRejection::TooLarge);
        }
        let read = tokio::time::timeout(limit, collect(payload, length));
        let bytes = read.await.map_err(|_| RequestRejection::Timeout)??;
        Ok(Self {
            bytes,
            content_type: text(headers, &header::CONTENT_TYPE)?,
            content_encoding: text(headers, &header::CONTENT_ENCODING)?,
        })
    }

    /// The body in the form that the decoders take.
    pub fn payload(&self) -> Payload<'_> {
        Payload {
            content_type: self.content_type.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
            body: &self.bytes,
        }
    }
}

/// At most so many bytes: the length that was declared, which HTTP keeps to, or the most that is taken.
async fn collect(mut payload: web::Payload, most: usize) -> Result<Zeroizing<Vec<u8>>, RequestRejection> {
    // All memory is allocated at once: a growing vector would leave copies of a password behind. No more than is needed:
    // wiping it takes a while.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| RequestRejection::Malformed)?;
        if bytes.len() + chunk.len() > most {
            return Err(RequestRejection::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A header that may occur once, as text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, RequestRejection> {
    let mut values = headers.get_all(name);
    let first = values.next();
    if values.next().is_some() {
        return Err(RequestRejection::UnsupportedMediaType);
    }
    let text = first.map(|value| value.to_str().map(str::to_owned));
    text.transpose().map_err(|_| RequestRejection::UnsupportedMediaType)
}
