//! The style, the script and the icon: files of the console's own, each under a name that changes with its content.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use sha2::{Digest, Sha256};

const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/parts.css"),
    include_str!("assets/drawings.css"),
);
const SCRIPT: &str = include_str!("assets/charts.js");
const ICON: &str = include_str!("assets/icon.svg");

/// The paths of the files.
#[derive(Debug)]
pub(super) struct Assets {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

/// Marks an answer that never changes: browsers may keep it.
#[derive(Debug)]
pub(super) struct Immutable;

impl Assets {
    pub(super) fn new(path: &str) -> Self {
        let named = |text: &str, kind| {
            let digest = Sha256::digest(text.as_bytes());
            let start = digest.iter().take(6).map(|byte| format!("{byte:02x}"));
            format!("{path}/assets/{}.{kind}", start.collect::<String>())
        };
        Self {
            style: named(STYLE, "css"),
            script: named(SCRIPT, "js"),
            icon: named(ICON, "svg"),
        }
    }

    /// The file at this path.
    pub(super) fn answer(&self, path: &str) -> Option<HttpResponse> {
        let files = [
            (&self.style, STYLE, "text/css; charset=utf-8"),
            (&self.script, SCRIPT, "text/javascript; charset=utf-8"),
            (&self.icon, ICON, "image/svg+xml"),
        ];
        let (_, text, kind) = files.into_iter().find(|(at, ..)| *at == path)?;
        let mut answer = HttpResponse::Ok()
            .content_type(kind)
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(text);
        answer.extensions_mut().insert(Immutable);
        Some(answer)
    }
}
