//! What a dialect refuses is answered late when there is much of it: a client that ignores `Retry-After` then waits instead
//! of asking again at once.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Data;
use auth_core::{PasswordHasher, RefusalPace};

use super::reply::Refused;

/// Middleware: holds back the answer to a refused request, as the [`RefusalPace`] says. The request, its body and the
/// password in it are gone by then; what waits is the finished answer. When hashing is idle it waits no longer: then the
/// flood is over.
pub(crate) async fn refusals(
    pace: Data<RefusalPace>,
    hasher: Data<PasswordHasher>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut answer = next.call(request).await?;
    let refused = answer.response().extensions().contains::<Refused>();
    if refused {
        match pace.into_inner().enter() {
            Some(late) => tokio::select! {
                () = tokio::time::sleep(late.time()) => {}
                () = hasher.idle() => {}
            },
            // Too many wait. A client that has to connect again is slower as well.
            None => answer
                .response_mut()
                .head_mut()
                .set_connection_type(ConnectionType::Close),
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::sync::Arc;
    use std::time::Duration;

    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};
    use std::net::{IpAddr, Ipv4Addr};

    use auth_core::{HashCost, HashingOptions, RefusalLimits, SystemEntropy};
    use futures_util::FutureExt;
    use testkit::ManualClock;

    use super::*;

    const LIMITS: RefusalLimits = RefusalLimits {
        per_second: 1,
        latest: Duration::from_secs(3600),
        waiting: 2,
    };

    async fn refused() -> HttpResponse {
        let mut answer = HttpResponse::ServiceUnavailable().finish();
        answer.extensions_mut().insert(Refused { reason: 0 });
        answer
    }

    async fn other() -> HttpResponse {
        HttpResponse::ServiceUnavailable().finish()
    }

    /// Whether the connection is closed after the answer.
    async fn answered(pace: &Arc<RefusalPace>, hasher: &Arc<PasswordHasher>, path: &str) -> bool {
        let app = App::new()
            .app_data(Data::from(pace.clone()))
            .app_data(Data::from(hasher.clone()))
            .wrap(from_fn(refusals))
            .route("/refused", web::get().to(refused))
            .route("/other", web::get().to(other));
        let service = test::init_service(app).await;
        let answer = test::call_service(&service, test::TestRequest::get().uri(path).to_request()).await;
        answer.response().head().connection_type() == ConnectionType::Close
    }

    fn hasher() -> Arc<PasswordHasher> {
        let options = HashingOptions {
            cost: HashCost::dangerous_for_tests(4).unwrap(),
            ..HashingOptions::default()
        };
        let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SystemEntropy));
        Arc::new(PasswordHasher::start(options, clock, entropy).unwrap())
    }

    fn waits(answer: impl Future<Output = bool>) -> bool {
        answer.now_or_never().is_none()
    }

    #[tokio::test]
    async fn a_refused_request_is_answered_late_and_nothing_else_is() {
        let (pace, hasher) = (RefusalPace::new(LIMITS), hasher());
        let _waiting = pace.enter();
        assert!(
            waits(answered(&pace, &hasher, "/refused")),
            "for the seconds in which the other one and itself are answered"
        );
        assert!(!answered(&pace, &hasher, "/other").await);
        assert_eq!(pace.waiting(), 1, "a client that has gone waits no more");
    }

    #[tokio::test]
    async fn where_too_many_wait_the_answer_comes_at_once_and_closes_the_connection() {
        let pace = RefusalPace::new(LIMITS);
        let _waiting = [pace.enter(), pace.enter()];
        assert!(answered(&pace, &hasher(), "/refused").await);
    }

    #[tokio::test]
    async fn when_hashing_is_idle_no_refusal_is_late_any_more() {
        let (pace, hasher) = (RefusalPace::new(LIMITS), hasher());
        let _waiting = pace.enter();
        let login = async {
            let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
            // Its thread is idle again afterwards, at a moment that is not known; so there may have to be another one.
            while pace.waiting() > 1 {
                hasher.verify(None, &"secret".into(), source).await.unwrap();
            }
        };
        let (closed, ()) = tokio::join!(answered(&pace, &hasher, "/refused"), async {
            while pace.waiting() < 2 {
                tokio::task::yield_now().await;
            }
            login.await;
        });
        assert!(!closed, "answered, although its time has not come");
    }
}
