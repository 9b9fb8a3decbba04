//! One server a data directory: a second one would hold every connection twice.

use std::process::{Command, Output};

use crate::{
    program::{self, Admin, Program},
    upstream::vacant,
};

#[tokio::test]
async fn a_second_server_on_one_data_directory_ends_with_a_sentence() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let base_url = vacant().await;
    let program = Program::start(&base_url, data_dir.path());
    let second = || -> Output {
        // Should it start, it would serve for ever.
        let mut command = Command::new("timeout");
        command.args(["20", crate::program_file()]);
        program::told(&mut command, &base_url, data_dir.path()).output().expect("runs")
    };
    let output = second();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let directory = data_dir.path().display();
    let sentence = format!(
        "error: the data directory {directory} is in use by another websocket-monitor. Stop that one first, or choose \
         another --data-dir\n"
    );
    assert_eq!((output.status.code(), stderr), (Some(1), sentence));

    let admin = Command::new(crate::program_file()).args(["admin", "list", "--data-dir"]).arg(data_dir.path()).output();
    let output = admin.expect("runs");
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"admin\n"[..]), "beside a server");

    // SIGKILL, which gives it no time to tidy up.
    drop(program);
    let program = Program::start(&base_url, data_dir.path());
    Admin::sign_in(&program).await;
    assert!(program.terminate().await.success());
    drop(Program::start(&base_url, data_dir.path()));
}
