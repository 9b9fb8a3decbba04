//! A damaged store: the program does not start, says why on one line, and touches nothing.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
    time::Duration,
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::time::interval;

use crate::{
    STORE,
    common::soon,
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

/// Opens a store without the program.
async fn open(data_dir: &Path, create: bool) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data_dir.join(STORE)).create_if_missing(create);
    SqliteConnection::connect_with(&options).await.expect("opens")
}

/// Starts the program on a store that it refuses; the one line that it says.
fn refused(data_dir: &Path) -> String {
    // Should it start, it would serve for ever.
    let mut command = Command::new("timeout");
    command.args(["20", crate::program_file()]);
    let output = program::told(&mut command, "ws://127.0.0.1:9/", data_dir).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

/// Starts the program on a damaged store, and checks that it refuses and changes nothing.
fn assert_refused(data_dir: &Path, what: &str) {
    let before = files(data_dir);
    let stderr = refused(data_dir);
    let path = data_dir.join(STORE).display().to_string();
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

/// Everything is in the log until it is put into the store for the first time.
#[tokio::test]
async fn a_store_copied_without_its_log_is_refused() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let (program, admin) = running(data_dir.path()).await;
    admin.connect(&program, "feed", true).await;
    let copy = tempfile::tempdir().expect("a directory");
    fs::copy(data_dir.path().join(STORE), copy.path().join(STORE)).expect("copied");
    for _ in 0..2 {
        assert_refused(copy.path(), "the main file alone");
    }

    let copy = tempfile::tempdir().expect("a directory");
    fs::copy(data_dir.path().join(format!("{STORE}-wal")), copy.path().join(format!("{STORE}-wal"))).expect("copied");
    let output = refused(copy.path());
    assert!(output.contains("is missing, but its log is there"), "{output}");
    drop(program);

    let empty = tempfile::tempdir().expect("a directory");
    fs::write(empty.path().join(STORE), "").expect("written");
    assert_refused(empty.path(), "an empty file");

    let without_tables = tempfile::tempdir().expect("a directory");
    let mut store = open(without_tables.path(), true).await;
    sqlx::query("CREATE TABLE something_else (number INTEGER)").execute(&mut store).await.expect("executed");
    store.close().await.expect("closes");
    assert_refused(without_tables.path(), "without tables of ours");
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_told_as_that() {
    let data_dir = stopped_store().await;
    let mut store = open(data_dir.path(), false).await;
    let later = "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)";
    sqlx::query(later).execute(&mut store).await.expect("executed");
    store.close().await.expect("closes");
    let before = files(data_dir.path());
    let stderr = refused(data_dir.path());
    for words in ["was made by a newer version", "9999", "Start that version again", "restore a backup"] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
    assert!(!stderr.contains("damaged"), "{stderr}");
    assert!(files(data_dir.path()) == before, "it was changed");
}

/// What takes long to find is looked for while the program serves.
#[tokio::test]
async fn damage_inside_a_large_store_is_found_while_it_serves() {
    let data_dir = stopped_store().await;
    let mut store = open(data_dir.path(), false).await;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO audit (at_ms, who, address, action, object, outcome, detail) \
                SELECT i, 'somebody', '', 'connect', 'feed', 'done', hex(randomblob(450)) FROM n";
    sqlx::query(fill).execute(&mut store).await.expect("executed");
    store.close().await.expect("closes");
    overwrite(data_dir.path(), pages(data_dir.path()) / 2 * PAGE, &[0xa5; PAGE]);

    let (program, admin) = running(data_dir.path()).await;
    soon("word of the damage", async {
        let mut looks = interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            let answer = admin.get(&program, "/readyz").await;
            let status = answer.status();
            let text = answer.text().await.expect("text");
            if text.starts_with("not ready: the store is damaged: ") && status == 503 {
                break;
            }
        }
    })
    .await;
    let list = admin.list(&program).await;
    assert_eq!(list.rows.len(), 20, "it goes on serving");
    assert!(list.store_problem.is_some_and(|text| text.starts_with("The store is damaged")));
    assert!(program.terminate().await.success());
}
