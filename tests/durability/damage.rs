//! A damaged store: the program does not start, says why on one line, and touches nothing.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use crate::{
    STORE,
    program::{self, Admin, Program},
    upstream::vacant,
};

const PAGE: usize = 4_096;

/// A store with some endpoints, as the program leaves it when it ends.
async fn stopped_store() -> TempDir {
    let data_dir = tempfile::tempdir().expect("a directory");
    let (program, admin) = running(data_dir.path()).await;
    for number in 0..20 {
        admin.connect(&program, &format!("feed-{number}"), true).await;
    }
    assert!(program.terminate().await.success());
    data_dir
}

async fn running(data_dir: &Path) -> (Program, Admin) {
    let program = Program::start(&vacant().await, data_dir);
    let admin = Admin::sign_in(&program).await;
    (program, admin)
}

/// The store and the log of writes beside it, in which a crash may have left something.
fn files(data_dir: &Path) -> [Option<Vec<u8>>; 2] {
    let read = |suffix| fs::read(data_dir.join(format!("{STORE}{suffix}"))).ok();
    [read(""), read("-wal").filter(|log| !log.is_empty())]
}

fn pages(data_dir: &Path) -> usize {
    files(data_dir)[0].as_ref().expect("a store").len() / PAGE
}

fn overwrite(data_dir: &Path, at: usize, bytes: &[u8]) {
    let store = OpenOptions::new().write(true).open(data_dir.join(STORE)).expect("a store");
    store.write_all_at(bytes, at as u64).expect("written");
}

fn cut(data_dir: &Path, length: usize) {
    let store = OpenOptions::new().write(true).open(data_dir.join(STORE)).expect("a store");
    store.set_len(length as u64).expect("cut");
}

/// Starts the program on a damaged store, and checks that it refuses and changes nothing.
fn assert_refused(data_dir: &Path, what: &str) {
    let before = files(data_dir);
    // Should it start, it would serve for ever.
    let mut command = Command::new("timeout");
    command.args(["20", program::PATH]);
    let output = program::told(&mut command, "ws://127.0.0.1:9/", data_dir).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{what}: {stderr}");
    let path = data_dir.join(STORE).display().to_string();
    assert_eq!(stderr.lines().count(), 1, "{what}: {stderr}");
    for words in ["error: the store ", &path, "left as it is", "Restore it from a backup, or move it away"] {
        assert!(stderr.contains(words), "{what}: {stderr}");
    }
    assert!(files(data_dir) == before, "{what}: it was changed");
}

#[tokio::test]
async fn a_damaged_store_is_refused_and_left_as_it_is() {
    let data_dir = stopped_store().await;
    overwrite(data_dir.path(), 0, &[0xa5; 100]);
    assert_refused(data_dir.path(), "a header that is none");

    let data_dir = stopped_store().await;
    let half = pages(data_dir.path()) / 2 * PAGE;
    overwrite(data_dir.path(), half, &[0xa5; PAGE]);
    assert_refused(data_dir.path(), "a page in the middle");

    let data_dir = stopped_store().await;
    cut(data_dir.path(), half);
    assert_refused(data_dir.path(), "half of it");
    cut(data_dir.path(), 50);
    assert_refused(data_dir.path(), "less than its header");
}

/// What was written last is then still in the log, and must not be put into the store.
#[tokio::test]
async fn a_store_damaged_after_a_crash_is_left_as_it_is_too() {
    let data_dir = stopped_store().await;
    let (program, admin) = running(data_dir.path()).await;
    admin.connect(&program, "later", true).await;
    drop(program);
    assert!(files(data_dir.path())[1].is_some(), "the log of writes is there");
    // All pages but the first, as the log has newer versions of some.
    overwrite(data_dir.path(), PAGE, &vec![0xa5; (pages(data_dir.path()) - 1) * PAGE]);
    for _ in 0..10 {
        assert_refused(data_dir.path(), "all pages but the first, after a crash");
    }
}
