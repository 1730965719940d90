//! What the server says once it is ready: where it is, and for each flavour a line to paste.

use std::net::SocketAddr;

use crate::config::{Config, Dialect, Flavour};

/// Prints it. The address is the one that was bound, not the one under which the world knows the server: the lines are
/// for the machine it runs on.
pub fn ready(config: &Config, address: SocketAddr, demo: bool, json: bool) {
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
    let url = url.trim_end_matches('/');
    let body = if demo {
        known(flavour.dialect)
    } else {
        blank(flavour.dialect)
    };
    format!("curl -s -X POST '{url}{path}' -H 'Content-Type: application/json' -d '{body}'")
}

fn known(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mechanics => r#"{"email":"workshop@email.dk","password":"qwerty"}"#,
        Dialect::Login => r#"{"username":"100@mydomain.com","password":"secret"}"#,
        Dialect::Device => {
            r#"{"email_or_username":"gmachia@gmail.com","password":"9yUQc%ewEf^(Tw4","device_name":"iPhone 4s"}"#
        }
        Dialect::Integration => {
            r#"{"email":"andrew.wiggin@letsta.lk","name":"Andrew Wiggin","consumer":{"key":"demo-key","token":"demo-token-7f3c9a51"},"organization_id":171}"#
        }
    }
}

fn blank(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mechanics => r#"{"email":"EMAIL","password":"PASSWORD"}"#,
        Dialect::Login => r#"{"username":"USERNAME","password":"PASSWORD"}"#,
        Dialect::Device => r#"{"email_or_username":"EMAIL","password":"PASSWORD","device_name":"DEVICE"}"#,
        Dialect::Integration => {
            r#"{"email":"EMAIL","name":"NAME","consumer":{"key":"KEY","token":"TOKEN"},"organization_id":1}"#
        }
    }
}
