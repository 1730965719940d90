//! The curves of docs/SCALING.md, as plain SVG in colours that show on a light and on a dark page.

use std::fmt::Write;
use std::path::Path;

use crate::Done;
use crate::figures::Figures;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// The area of the curves: left, top, right, bottom.
const AREA: [f64; 4] = [60.0, 40.0, 460.0, 250.0];
const COLOURS: [&str; 4] = ["#3b82f6", "#f97316", "#22a06b", "#c026d3"];
const GREY: &str = "#808080";

/// Name of the file, title, and the figures in it.
const IMAGES: [(&str, &str, &[&str]); 4] = [
    (
        "reads",
        "over one primary-key read of the same database",
        &["cold check, ratio", "list, ratio"],
    ),
    (
        "changes",
        "over one durable commit of the same database, 32 clients",
        &["issue, ratio", "refresh, ratio", "revoke, ratio"],
    ),
    ("start-up", "start-up, ms", &["start-up, ms"]),
    (
        "clean-up",
        "p99 of refresh beside the clean-up over p99 without",
        &["refresh p99, ratio"],
    ),
];

pub fn draw(folder: &str, images: &str) -> Done {
    let figures = Figures::read_all(folder)?;
    std::fs::create_dir_all(images)?;
    for (file, title, names) in IMAGES {
        let image = image(title, names, &figures);
        std::fs::write(Path::new(images).join(format!("{file}.svg")), image)?;
    }
    Ok(())
}

fn image(title: &str, names: &[&str], figures: &[Figures]) -> String {
    let [left, top, right, bottom] = AREA;
    let values = names
        .iter()
        .flat_map(|name| figures.iter().filter_map(|of| of.number(name)));
    let most = values.fold(0.0, f64::max) * 1.1;
    let x = |tokens: f64| left + (tokens.log10() - 4.0) / 3.0 * (right - left);
    let y = |value: f64| bottom - value / most * (bottom - top);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    text(&mut svg, left, 22.0, "start", GREY, title);
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {0:.1}H{right}\" stroke=\"{GREY}\" stroke-opacity=\"0.3\"/>",
            y(value)
        );
        text(
            &mut svg,
            left - 6.0,
            y(value) + 4.0,
            "end",
            GREY,
            &format!("{value:.2}"),
        );
    }
    for tokens in [1e4, 1e5, 1e6, 1e7] {
        text(
            &mut svg,
            x(tokens),
            bottom + 18.0,
            "middle",
            GREY,
            &format!("{}k", tokens / 1e3),
        );
    }
    text(&mut svg, (left + right) / 2.0, bottom + 38.0, "middle", GREY, "tokens");
    let mut row = 0;
    for (name, colour) in names.iter().zip(COLOURS) {
        for (database, dashes) in [("postgres", ""), ("sqlite", "6 4")] {
            let mine = figures.iter().filter(|of| of.text("database") == database);
            let points: Vec<(f64, f64)> = mine
                .filter_map(|of| Some((x(of.number("tokens")?), y(of.number(name)?))))
                .collect();
            line(&mut svg, &points, colour, dashes);
            let at = top + 10.0 + 20.0 * f64::from(row);
            line(&mut svg, &[(right + 12.0, at), (right + 36.0, at)], colour, dashes);
            let label = name.split(',').next().unwrap_or_default();
            text(
                &mut svg,
                right + 42.0,
                at + 4.0,
                "start",
                GREY,
                &format!("{label}, {database}"),
            );
            row += 1;
        }
    }
    svg + "</svg>\n"
}

fn line(svg: &mut String, points: &[(f64, f64)], colour: &str, dashes: &str) {
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
        path.join(" ")
    );
    for (x, y) in points {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, colour: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
    );
}
