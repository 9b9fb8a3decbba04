//! Backups: made while the program runs, checked before they replace anything, and what was there kept.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    STORE,
    program::{Admin, Program},
    upstream::vacant,
};

/// Runs a command on the store in a directory.
fn command(data_dir: &Path, name: &str, file: &Path) -> Output {
    Command::new(crate::program_file()).arg(name).arg(file).arg("--data-dir").arg(data_dir).output().expect("runs")
}

fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn assert_refused(output: &Output, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(words), "{words:?} in {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.expect("opens")
}

async fn execute(file: &Path, statement: &'static str) {
    let mut store = connect(file).await;
    sqlx::query(statement).execute(&mut store).await.expect("executed");
    store.close().await.expect("closes");
}

/// The endpoints in a store's file, as `SQLite` reads it with its log.
async fn endpoints(file: &Path) -> Vec<String> {
    let mut store = connect(file).await;
    let query = sqlx::query_scalar("SELECT endpoint FROM connection ORDER BY endpoint");
    let endpoints = query.fetch_all(&mut store).await.expect("rows");
    store.close().await.expect("closes");
    endpoints
}

/// What the audit log in a store's file tells of backups, with where it was told from.
async fn audited(file: &Path) -> Vec<String> {
    let mut store = connect(file).await;
    let query = "SELECT who || ' ' || action || ' ' || object || ' ' || outcome FROM audit \
                 WHERE action IN ('back-up', 'restore') ORDER BY id";
    let entries = sqlx::query_scalar(query).fetch_all(&mut store).await.expect("rows");
    store.close().await.expect("closes");
    entries
}

async fn listed(admin: &Admin, program: &Program) -> Vec<String> {
    admin.list(program).await.rows.iter().map(|row| row.endpoint.to_string()).collect()
}

/// The stores that a restore has kept, without their logs.
fn kept(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    let is_kept = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_str().expect("text");
        name.starts_with("monitor.sqlite.before-restore-") && !name.ends_with("-wal")
    };
    entries.filter(is_kept).collect()
}

#[tokio::test]
async fn a_backup_made_while_it_runs_is_restored_after_a_crash() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let backup = elsewhere.path().join("backup.sqlite");
    let base_url = vacant().await;
    let program = Program::start(&base_url, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    admin.connect(&program, "before", true).await;
    assert_done(&command(data_dir.path(), "backup", &backup));
    let store = data_dir.path().join(STORE);
    assert_eq!(audited(&store).await, [format!("command line back-up {} done", backup.display())]);
    assert_eq!(fs::metadata(&backup).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a directory").count(), 1, "nothing else is left there");

    admin.connect(&program, "after", true).await;
    let bytes = fs::read(&backup).expect("a backup");
    assert_refused(&command(data_dir.path(), "backup", &backup), "exists already");
    assert!(fs::read(&backup).expect("a backup") == bytes, "it is not overwritten");
    assert_refused(&command(data_dir.path(), "restore", &backup), "in use by another websocket-monitor");
    assert_eq!(listed(&admin, &program).await, ["after", "before"]);

    drop(program);
    let log = data_dir.path().join(format!("{STORE}-wal"));
    assert!(fs::metadata(&log).expect("a log").len() > 0, "the crash has left one");
    assert_done(&command(data_dir.path(), "restore", &backup));
    let program = Program::start(&base_url, data_dir.path());
    assert_eq!(listed(&admin, &program).await, ["before"], "the old log does not override the backup");
    assert_eq!(audited(&store).await, [format!("command line restore {} done", backup.display())]);
    drop(program);

    let kept = kept(data_dir.path());
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(endpoints(&kept[0]).await, ["after", "before"], "what was there, with its log");
}

#[tokio::test]
async fn a_backup_is_restored_where_there_is_no_store() {
    let [from, to] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    let base_url = vacant().await;
    let program = Program::start(&base_url, from.path());
    let admin = Admin::sign_in(&program).await;
    admin.connect(&program, "feed", true).await;
    let backup = from.path().join("backup.sqlite");
    assert_done(&command(from.path(), "backup", &backup));

    let data_dir = to.path().join("new");
    assert_refused(&command(&data_dir, "backup", &to.path().join("none")), "there is no store");
    assert!(!data_dir.exists(), "a backup makes no store");
    assert_done(&command(&data_dir, "restore", &backup));
    assert_eq!(fs::metadata(data_dir.join(STORE)).expect("a store").permissions().mode() & 0o777, 0o600);
    let program = Program::start(&base_url, &data_dir);
    assert_eq!(listed(&Admin::sign_in(&program).await, &program).await, ["feed"]);
}

#[tokio::test]
async fn what_is_no_sound_backup_replaces_nothing() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let program = Program::start(&vacant().await, data_dir.path());
    let admin = Admin::sign_in(&program).await;
    for number in 0..20 {
        admin.connect(&program, &format!("feed-{number}"), true).await;
    }
    let backup = elsewhere.path().join("backup.sqlite");
    assert_done(&command(data_dir.path(), "backup", &backup));
    assert!(program.terminate().await.success());
    let store = data_dir.path().join(STORE);
    let before = fs::read(&store).expect("a store");
    let assert_kept = |file: &Path, words: &str| {
        assert_refused(&command(data_dir.path(), "restore", file), words);
        assert!(fs::read(&store).expect("a store") == before, "{words}: the store was changed");
        assert!(kept(data_dir.path()).is_empty(), "{words}");
    };

    assert_kept(&elsewhere.path().join("none"), "none");
    let file = |name: &str, bytes: &[u8]| {
        let path = elsewhere.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    assert_kept(&file("text", &b"no database at all ".repeat(500)), "file is not a database");
    assert_kept(&file("empty", b""), "it is empty");
    let mut damaged = fs::read(&backup).expect("a backup");
    let half = damaged.len() / 2 / 4_096 * 4_096;
    damaged[half..half + 4_096].fill(0xa5);
    assert_kept(&file("damaged", &damaged), "cannot be used");
    let foreign = elsewhere.path().join("foreign");
    fs::copy(&backup, &foreign).expect("copied");
    execute(&foreign, "DROP TABLE _sqlx_migrations").await;
    assert_kept(&foreign, "it holds no store of this program");
    let newer = elsewhere.path().join("newer");
    fs::copy(&backup, &newer).expect("copied");
    execute(&newer, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)").await;
    assert_kept(&newer, "was made by a newer version");
}

/// Root restores, and the server runs as somebody else.
#[tokio::test]
async fn what_root_restores_belongs_to_the_owner_of_the_directory() {
    const SOMEBODY: u32 = 12_345;
    let [from, to] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    if chown(to.path(), Some(SOMEBODY), Some(SOMEBODY)).is_err() {
        // Not `eprintln!`, which is shown only of tests that fail.
        writeln!(io::stderr(), "SKIPPED what root restores: only root can give files away").expect("stderr");
        return;
    }
    drop(Program::start(&vacant().await, from.path()));
    let backup = from.path().join("backup.sqlite");
    assert_done(&command(from.path(), "backup", &backup));
    assert_done(&command(to.path(), "restore", &backup));
    for name in [STORE, "monitor.lock"] {
        assert_eq!(fs::metadata(to.path().join(name)).expect(name).uid(), SOMEBODY, "{name}");
    }
}
