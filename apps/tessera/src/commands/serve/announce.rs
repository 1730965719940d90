//! What the server prints once it is ready: its address, and for each flavour a line to paste.

use crate::builder::Running;
use crate::config::{Config, Flavour};
use crate::demo::{RESOURCE_SERVER, RESOURCE_SERVER_SECRET};

/// Prints it. The address is the one that was bound, not the public one: the lines are for the machine it runs on.
pub(super) fn ready(config: &Config, running: &Running, demo: bool, json: bool) {
    let url = &format!("{}://{}", config.scheme(), running.address());
    let metrics = metrics_url(config, running);
    let console = running.console_url();
    if json {
        let flavours = config.flavours.iter().map(|flavour| {
            let paths: Vec<String> = flavour.paths().collect();
            serde_json::json!({ "name": flavour.name, "paths": paths, "curl": curl(flavour, url, demo) })
        });
        let docs = config.http.docs.then(|| format!("{url}/docs"));
        let flavours: Vec<_> = flavours.collect();
        let mut ready = serde_json::json!({ "ready": url, "demo": demo, "metrics": metrics, "console": console, "docs": docs, "flavours": flavours });
        if demo {
            ready["introspection"] = serde_json::json!({ "curl": introspection(url) });
        }
        println!("{ready}");
        return;
    }
    println!("tessera is ready: {url}");
    if config.http.docs {
        println!("what it answers: {url}/docs");
    }
    if demo {
        println!("demo: well-known passwords and a built-in master key. Not for production.");
    }
    if let Some(metrics) = metrics {
        println!("metrics: {metrics}");
    }
    if let Some(console) = console {
        println!("console: {console}");
    }
    for flavour in &config.flavours {
        println!("\n{}", flavour.name);
        println!("  {}", curl(flavour, url, demo));
    }
    if demo {
        println!("\nintrospection, of any token in the place of TOKEN");
        println!("  {}", introspection(url));
    }
}

/// A line for a shell that asks about a token, as the demo's resource server.
fn introspection(url: &str) -> String {
    format!("curl -s -X POST '{url}/oauth/introspect' -u '{RESOURCE_SERVER}:{RESOURCE_SERVER_SECRET}' -d 'token=TOKEN'")
}

/// Where the metrics are, if anywhere.
fn metrics_url(config: &Config, running: &Running) -> Option<String> {
    let (scheme, address) = match running.metrics_address() {
        Some(own) => (if config.metrics.tls { "https" } else { "http" }, own),
        None => (config.scheme(), running.address()),
    };
    let path = crate::metrics::PATH;
    config.metrics.enabled.then(|| format!("{scheme}://{address}{path}"))
}

/// A line for a shell; with the demo's credentials it answers with a token.
fn curl(flavour: &Flavour, url: &str, demo: bool) -> String {
    let path = flavour.paths().next().unwrap_or_default();
    let sample = flavour.dialect.sample();
    let body = if demo { sample.demo } else { sample.blank };
    format!(
        "curl -s -X POST '{url}{path}' -H 'Content-Type: {}' -d '{body}'",
        sample.content_type
    )
}
