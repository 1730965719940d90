//! `/healthz`: the process is alive. `/readyz`: it can do its work.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(r#"{"status":"ok"}"#)
}

pub async fn ready(app: Data<App>) -> HttpResponse {
    let database = tokio::time::timeout(PATIENCE, app.store.ping())
        .await
        .is_ok_and(|pong| pong.is_ok());
    let feed = app.registry.staleness().is_some_and(|age| age <= app.max_staleness);
    let word = |good: bool| if good { "ok" } else { "failing" };
    let mut response = match database && feed {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    let body = format!(
        r#"{{"status":"{}","database":"{}","revocations":"{}"}}"#,
        word(database && feed),
        word(database),
        word(feed)
    );
    response.content_type("application/json").body(body)
}
