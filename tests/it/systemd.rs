//! The unit for systemd, by systemd's own judgement.

use std::{
    fs,
    io::{Write, stderr},
    path::Path,
    process::Command,
};

/// The worst exposure that is fine, in tenths: 0 is none, 100 is a service without any restriction.
const WORST: u32 = 19;

#[test]
fn the_unit_is_valid_and_hardened() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // Not `eprintln!`, which a test that passes shows nobody.
        let _ = writeln!(stderr(), "SKIPPED: the_unit_is_valid_and_hardened, because systemd-analyze is not installed");
        return;
    }
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/systemd/websocket-monitor.service");
    let text = fs::read_to_string(unit).expect("the unit");
    let directory = tempfile::tempdir().expect("a directory");
    let installed = directory.path().join("websocket-monitor.service");
    // It says where the program will be; it is looked for there.
    let here = text.replace("/opt/websocket-monitor/websocket-monitor", env!("CARGO_BIN_EXE_websocket-monitor"));
    fs::write(&installed, here).expect("written");

    let verify = Command::new("systemd-analyze").arg("verify").arg(&installed).output().expect("runs");
    let said = String::from_utf8_lossy(&verify.stderr);
    assert!(verify.status.success() && said.is_empty(), "{said}");

    let security = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", &format!("--threshold={WORST}")])
        .arg(&installed)
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&security.stdout);
    let verdict = said.lines().last().unwrap_or_default();
    assert!(security.status.success(), "{verdict}");
    assert!(verdict.contains("Overall exposure level"), "{verdict}");
}
