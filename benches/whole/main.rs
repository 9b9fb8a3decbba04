//! Measures the release program as users run it, against services in processes of their own, over loopback: `make bench`.
//!
//! Each section's figures are printed and kept in `target/bench`, beside those of a bare TCP task and of tungstenite's
//! default configuration where there is such a thing. Arguments name the sections to run, `readme` prints the table for
//! README from what was found last; without any, all sections run.

mod child;
#[path = "../filled_store.rs"]
mod filled_store;
mod limits;
mod machine;
mod monitor;
mod polls;
#[path = "../../tests/common/program.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod program;
#[path = "../program_file.rs"]
mod program_file;
mod reference;
mod report;
mod sections;
#[path = "../../tests/common/start.rs"]
mod start;
mod upstream;
mod usage;
#[path = "../../tests/common/wire.rs"]
mod wire;

use std::{env, process::ExitCode, time::Instant};

use self::{program_file::program_file, sections::SECTIONS};

fn main() -> ExitCode {
    limits::raise();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [upstream::ARGUMENT, rest @ ..] => upstream::serve(rest.first().copied()),
        [reference::ARGUMENT, kind] => reference::hold(kind),
        ["readme"] => report::readme(SECTIONS.iter().map(|(name, _)| *name)),
        wanted => return measure(wanted),
    }
    ExitCode::SUCCESS
}

#[tokio::main]
async fn measure(wanted: &[&str]) -> ExitCode {
    if let Some(unknown) = wanted.iter().find(|word| !SECTIONS.iter().any(|(name, _)| name == *word)) {
        let names: Vec<_> = SECTIONS.iter().map(|(name, _)| *name).collect();
        eprintln!("There is no section {unknown}; there are {}.", names.join(", "));
        return ExitCode::FAILURE;
    }
    println!("{:#}", machine::describe());
    report::heading();
    let mut status = ExitCode::SUCCESS;
    for (name, section) in SECTIONS.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        println!("{name}");
        let began = Instant::now();
        // A section that cannot run says why, and the others run all the same.
        match tokio::spawn(section()).await {
            Ok(figures) => report::keep(name, &figures, began.elapsed().as_secs()),
            Err(_) => {
                println!("could not be measured: the reason stands above");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}
