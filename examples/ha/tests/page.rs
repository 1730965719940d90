//! docs/HIGH-AVAILABILITY.md shows the files that the recipe runs, and every fault.

use std::fs;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_page_shows_every_file_as_the_recipe_runs_it() {
    let page = read("../../docs/HIGH-AVAILABILITY.md");
    let files = fs::read_dir(here("config")).expect("the folder is there");
    for file in files {
        let name = file.expect("it can be read").file_name().into_string().expect("a name");
        let shown = page.split("```").any(|part| {
            let (_, text) = part.split_once('\n').unwrap_or_default();
            text == read(&format!("config/{name}"))
        });
        assert!(shown, "docs/HIGH-AVAILABILITY.md does not show {name} as it is");
    }
}

#[test]
fn the_page_and_the_script_have_every_fault() {
    let page = read("../../docs/HIGH-AVAILABILITY.md");
    let script = read("cluster");
    let faults = read("src/faults.rs");
    let names: Vec<&str> = faults
        .split("Fault::new(")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1))
        .collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let function = name.replace('-', "_");
        assert!(
            page.contains(&format!("| `{name}`: ")),
            "the page does not explain {name}"
        );
        for verb in ["fault", "heal"] {
            assert!(
                script.contains(&format!("\n{verb}_{function}() ")),
                "cluster cannot {verb} {name}"
            );
        }
    }
}
