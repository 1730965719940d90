//! What was measured, as a line of JSON in a file of its own.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Done;

/// The figures of one database with so many tokens.
pub struct Figures(Map<String, Value>);

impl Figures {
    pub fn new(what: &str, url: &str, tokens: u64) -> Self {
        let mut figures = Self(Map::new());
        figures.0.insert("what".into(), json!(what));
        figures.0.insert("database".into(), json!(database(url)));
        figures.0.insert("tokens".into(), json!(tokens));
        figures
    }

    pub fn set(&mut self, name: &str, value: f64) {
        println!("  {name:34} {value:12.3}");
        self.0.insert(name.into(), json!((value * 1000.0).round() / 1000.0));
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn write(&self, folder: &str) -> Done {
        std::fs::create_dir_all(folder)?;
        let tokens = self.number("tokens").unwrap_or_default();
        let name = format!("{}-{}-{tokens}.json", self.text("what"), self.text("database"));
        let line = Value::Object(self.0.clone()).to_string();
        println!("{line}");
        Ok(std::fs::write(Path::new(folder).join(name), line + "\n")?)
    }

    pub fn read_all(folder: &str) -> Result<Vec<Self>, Box<dyn std::error::Error>> {
        let mut all = Vec::new();
        for file in std::fs::read_dir(folder)? {
            let text = std::fs::read_to_string(file?.path())?;
            if let Value::Object(figures) = serde_json::from_str(&text)? {
                all.push(Self(figures));
            }
        }
        all.sort_by_key(|figures| figures.number("tokens").unwrap_or_default() as u64);
        Ok(all)
    }
}

fn database(url: &str) -> &'static str {
    match url.starts_with("sqlite:") {
        true => "sqlite",
        false => "postgres",
    }
}
