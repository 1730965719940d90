//! The front proxy, as a client sees it.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

const FRONT: &str = "http://front:8000";

/// After which a client gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// One answer; `status` 0: there was none.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// The place of the node that answered; `None`: the proxy did.
    pub node: Option<usize>,
    body: Value,
}

impl Answer {
    /// As if a node had answered what a command of an administrator has done.
    pub fn of_command(done: bool, node: usize) -> Self {
        Self {
            status: if done { 200 } else { 0 },
            node: Some(node),
            body: Value::Null,
        }
    }

    /// A text in its body.
    pub fn text(&self, member: &str) -> Option<String> {
        self.body[member].as_str().map(str::to_owned)
    }
}

/// The connections of one client.
pub struct Front(Agent);

impl Front {
    pub fn new() -> Self {
        let config = Agent::config_builder().http_status_as_error(false);
        Self(config.timeout_global(Some(PATIENCE)).build().new_agent())
    }

    pub fn get(&self, path: &str, headers: &[(&str, String)]) -> Answer {
        let request = self.0.get(format!("{FRONT}{path}"));
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, value));
        read(request.call())
    }

    pub fn post(&self, path: &str, headers: &[(&str, String)]) -> Answer {
        let request = self.0.post(format!("{FRONT}{path}"));
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, value));
        read(request.send_empty())
    }

    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        read(self.0.post(format!("{FRONT}{path}")).send_json(body))
    }

    pub fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        read(self.0.post(format!("{FRONT}{path}")).send_form(form.iter().copied()))
    }
}

fn read(response: Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let Ok(mut response) = response else {
        return Answer::default();
    };
    let node = response
        .headers()
        .get("X-Served-By")
        .and_then(|name| name.to_str().ok());
    let node = node.and_then(|name| name.strip_prefix("node")?.parse::<usize>().ok()?.checked_sub(1));
    let status = response.status().as_u16();
    match response.body_mut().read_to_vec() {
        Ok(body) => Answer {
            status,
            node,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        },
        Err(_) => Answer::default(),
    }
}
