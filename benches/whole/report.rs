//! Figures, and how they are written: a table for people, JSON for programs, and README's table from the latest JSON.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::machine;

/// One figure, beside what it is held against.
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    aim: Option<f64>,
    floor: Option<f64>,
    ceiling: Option<f64>,
}

impl Figure {
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, aim: None, floor: None, ceiling: None }
    }

    /// What it is to be, if anything.
    pub fn aim(self, aim: impl Into<Option<f64>>) -> Self {
        Self { aim: aim.into(), ..self }
    }

    /// The same of a bare TCP task and of tungstenite's default, measured in the same run.
    pub fn between(self, [floor, ceiling]: [f64; 2]) -> Self {
        Self { floor: Some(floor), ceiling: Some(ceiling), ..self }
    }

    fn json(&self) -> Value {
        let Self { what, value, unit, aim, floor, ceiling } = self;
        json!({ "what": what, "value": value, "unit": unit, "aim": aim, "bare_tcp": floor, "tungstenite": ceiling })
    }
}

/// Prints a section's figures, and keeps them beside those of other sections.
pub fn keep(section: &str, figures: &[Figure], seconds: u64) {
    let figures: Vec<Value> = figures.iter().map(Figure::json).collect();
    for figure in &figures {
        println!("{}", line(figure));
    }
    let whole = json!({ "section": section, "machine": machine::describe(), "seconds": seconds, "figures": figures });
    let directory = directory();
    fs::create_dir_all(&directory).expect("room");
    let text = serde_json::to_string_pretty(&whole).expect("JSON");
    fs::write(directory.join(format!("{section}.json")), text + "\n").expect("room");
}

/// Prints the heading of the tables.
pub fn heading() {
    println!("{:<80}{:>9} {:<11}{:>7}{:>17}{:>17}", "", "figure", "", "aim", "bare TCP", "tungstenite");
}

fn line(figure: &Value) -> String {
    let [what, value, unit, aim, floor, ceiling] = columns(figure);
    format!("{what:<80}{value:>9} {unit:<11}{aim:>7}{floor:>17}{ceiling:>17}")
}

/// A figure as people read it. Those that it is held against have in brackets how many times as large it is.
fn columns(figure: &Value) -> [String; 6] {
    let text = |key: &str| figure[key].as_str().unwrap_or_default().to_owned();
    let value = figure["value"].as_f64().unwrap_or_default();
    let aim = figure["aim"].as_f64().map(|aim| aim.to_string()).unwrap_or_default();
    let beside = |key: &str| {
        let other = figure[key].as_f64();
        other.map(|other| format!("{} ({} ×)", short(other), short(value / other))).unwrap_or_default()
    };
    [text("what"), short(value), text("unit"), aim, beside("bare_tcp"), beside("tungstenite")]
}

/// Prints the table for README from what every section found last: the figures that have an aim.
pub fn readme(sections: impl Iterator<Item = &'static str>) {
    println!(
        "| what | figure | aim | bare TCP (times as large) | tungstenite's default |\n| --- | --- | --- | --- | --- |"
    );
    let mut machines = Vec::new();
    for section in sections {
        let Ok(text) = fs::read_to_string(directory().join(format!("{section}.json"))) else { continue };
        let found: Value = serde_json::from_str(&text).expect("JSON");
        for figure in found["figures"].as_array().expect("figures") {
            let [what, value, unit, aim, floor, ceiling] = columns(figure);
            if !aim.is_empty() {
                println!("| {what} | {value} {unit} | {aim} | {floor} | {ceiling} |");
            }
        }
        let of = |key: &str| found["machine"][key].as_str().unwrap_or_default().to_owned();
        let cores = &found["machine"]["cores"];
        let machine =
            format!("{}, {cores} cores, Linux {}, {}, commit {}", of("cpu"), of("kernel"), of("rustc"), of("commit"));
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    println!("\nMeasured by `make bench` on: {}.", machines.join("; "));
}

/// Three digits that count, whatever the size.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100_000.0 => format!("{:.2} M", value / 1e6),
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Where figures are kept: below cargo's directory, in which this program is.
fn directory() -> PathBuf {
    let own = env::current_exe().expect("a program");
    own.ancestors().nth(2).map_or_else(|| PathBuf::from("target"), Path::to_owned).join("bench")
}
