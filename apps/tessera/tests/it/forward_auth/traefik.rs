//! The file for Traefik.

use figment::Figment;
use figment::providers::{Format, Toml};
use serde_json::{Value, json};

use super::stage::documentation;
use super::{EXPIRES_AT, IDENTITY};

/// There is no Traefik to try it with: that its file has what the others have is all that is checked.
pub fn traefiks_file_removes_and_copies_every_header() {
    let file = Figment::from(Toml::string(&documentation("traefik.toml")));
    let file: Value = file.extract().expect("TOML");
    assert_eq!(file["entryPoints"]["web"]["http"]["aliasHeadersStrategy"], "delete");
    let http = &file["http"];
    let removed = &http["middlewares"]["without-identity"]["headers"]["customRequestHeaders"];
    let copied: Vec<&str> = IDENTITY.into_iter().chain([EXPIRES_AT]).collect();
    for name in &copied {
        assert_eq!(removed[name], "", "{name}");
    }
    for (name, router) in http["routers"].as_object().expect("routers") {
        let chain = router["middlewares"].as_array().expect("a list");
        assert_eq!(chain[0], "without-identity", "{name}");
        let asked = chain.iter().filter_map(|name| name.as_str());
        let asked = asked.filter_map(|name| http["middlewares"][name].get("forwardAuth"));
        for forward_auth in asked {
            assert_eq!(forward_auth["authResponseHeaders"], json!(copied), "{name}");
            assert_eq!(forward_auth["trustForwardHeader"], false, "{name}");
        }
    }
}
