//! Programs that tests start: where they are, and their end.

use std::{
    env,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use crate::skip;

/// A program that runs for as long as this lives.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a program is; says loudly what is not tested without it.
pub fn find(program: &str) -> Option<PathBuf> {
    let found = env::split_paths(&env::var_os("PATH")?).map(|directory| directory.join(program)).find(|p| p.is_file());
    if found.is_none() {
        skip(&format!("what needs {program}, which is not installed: `scripts/setup test` brings it"));
    }
    found
}

/// Runs a program to its end, in the repository.
pub fn run(program: &PathBuf, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("ends")
}

/// All that a program has said.
pub fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}
