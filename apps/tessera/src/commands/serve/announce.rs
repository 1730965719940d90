//! What the server prints once it is ready: its address, and for each flavour a line to paste.

use std::net::SocketAddr;

use crate::config::{Config, Flavour};

/// Prints it. The address is the one that was bound, not the public one: the lines are for the machine it runs on.
pub(super) fn ready(config: &Config, address: SocketAddr, demo: bool, json: bool) {
    let url = &format!("http://{address}");
    if json {
        let flavours = config.flavours.iter().map(|flavour| {
            let paths: Vec<String> = flavour.paths().collect();
            serde_json::json!({ "name": flavour.name, "paths": paths, "curl": curl(flavour, url, demo) })
        });
        println!(
            "{}",
            serde_json::json!({ "ready": url, "demo": demo, "flavours": flavours.collect::<Vec<_>>() })
        );
        return;
    }
    println!("tessera is ready: {url}");
    if demo {
        println!("demo: well-known passwords and a built-in master key. Not for production.");
    }
    for flavour in &config.flavours {
        println!("\n{}", flavour.name);
        println!("  {}", curl(flavour, url, demo));
    }
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
