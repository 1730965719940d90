//! The route table: one resource for each endpoint, one file of thin handlers for each dialect.

pub mod device;
pub mod health;
pub mod integration;
pub mod login;
pub mod mechanics;
pub mod verify;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use dialects::{Endpoint, RejectionFormatter, RequestRejection};

use crate::app::{App, Mounted};
use crate::reply;

/// Mounts everything the application has.
pub fn mount(app: &Data<App>, config: &mut ServiceConfig) {
    config.app_data(app.clone());
    config.app_data(Data::new(app.authenticator.clone()));
    for mounted in &app.mounted {
        match mounted {
            Mounted::Mechanics(flavour) => mechanics::mount(flavour, config),
            Mounted::Login(flavour) => login::mount(flavour, config),
            Mounted::Device(flavour) => device::mount(flavour, config),
            Mounted::Integration(flavour) => integration::mount(flavour, config),
        }
    }
    config.service(web::resource("/auth/verify").to(verify::verify));
    config.service(only_get("/healthz").get(health::alive));
    config.service(only_get("/readyz").get(health::ready));
    config.service(only_get(dialects::integration::Integration::AVATAR_PATH).get(integration::avatar));
}

/// The resource of a dialect's endpoint: its one method is added by the caller, every other is refused in the
/// dialect's own shape.
fn endpoint<F: 'static>(
    endpoint: Endpoint,
    path: &str,
    flavour: &Arc<F>,
    dialect: Arc<dyn RejectionFormatter>,
) -> Resource {
    let refuse = move || {
        let rejection = RequestRejection::MethodNotAllowed { allow: endpoint.method };
        let answer = dialect.answer(&rejection);
        async move { reply::http(answer) }
    };
    let flavour = Data::from(flavour.clone());
    web::resource(endpoint.path(path))
        .app_data(flavour)
        .default_service(web::to(refuse))
}

/// A plain resource that answers GET and HEAD.
struct OnlyGet(Resource);

fn only_get(path: &str) -> OnlyGet {
    let refuse = || async {
        HttpResponse::MethodNotAllowed()
            .insert_header(("Allow", "GET, HEAD"))
            .finish()
    };
    OnlyGet(web::resource(path.to_owned()).default_service(web::to(refuse)))
}

impl OnlyGet {
    fn get<F, Args>(self, handler: F) -> Resource
    where
        F: actix_web::Handler<Args> + Clone,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        let head = web::method(Method::HEAD).to(handler.clone());
        self.0.route(web::get().to(handler)).route(head)
    }
}
