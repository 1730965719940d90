//! Who may read the page.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, web};
use dialects::description::{Content, Operation, Response};
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

use super::exporter::Exporter;
use crate::http::{FixedRoute, Routes, described, error_schema, not_found, nothing_here, panic};

/// The headers by which a proxy says for whom it asks.
const OF_PROXIES: [&str; 9] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// The page on the listener of the clients, and its description.
pub(crate) fn route() -> FixedRoute {
    let text = Response::new(200, "The page, to a program on the same machine.").content(Content::bytes("text/plain"));
    let nothing = described(
        nothing_here(),
        "To anybody else there is nothing here.",
        &error_schema(),
        "not-found",
    );
    let operation = Operation::new("What the server counts")
        .about("In the text format of Prometheus.")
        .responds(text)
        .responds(nothing);
    let register = |config: &mut web::ServiceConfig| {
        config.service(panic::guarded(web::resource(super::PATH).to(page), panic::plain));
    };
    FixedRoute::new(super::PATH, &["GET"], operation, Routes::new(register))
}

/// Answers on the listener of the clients: to a program on this machine that asks for itself. To anybody else there is
/// nothing here.
///
/// # Security
/// A proxy on this machine comes from loopback as well. It is known by the headers that it adds. One that adds none must not
/// forward this path; a listener of its own for metrics rules it out.
async fn page(exporter: Data<Exporter>, request: HttpRequest) -> HttpResponse {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let is_local = peer.is_some_and(|peer| peer.is_loopback());
    match is_local && !is_forwarded(request.headers()) {
        true => to_anybody(exporter, request).await,
        false => not_found().await,
    }
}

/// Answers on a listener of its own: who can reach it may read.
pub(super) async fn to_anybody(exporter: Data<Exporter>, request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, HEAD"))
            .finish();
    }
    HttpResponse::Ok().content_type(CONTENT_TYPE).body(exporter.page())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    OF_PROXIES.iter().any(|name| headers.contains_key(*name))
}
