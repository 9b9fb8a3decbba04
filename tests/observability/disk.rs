//! A small disk for the monitor's store, which can be filled.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::monitor::{Monitor, PATH};

/// A disk in a mount namespace of its own, and the monitor in there that keeps it alive.
pub struct SmallDisk {
    pub monitor: Monitor,
    filler: PathBuf,
    _directories: [TempDir; 2],
}

impl SmallDisk {
    /// Starts a monitor on a small disk; none where it is not allowed to mount one.
    pub fn start(base_url: &str) -> Option<Self> {
        let may_mount = Command::new("unshare")
            .args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
            .stderr(Stdio::null())
            .status();
        if !may_mount.is_ok_and(|status| status.success()) {
            return None;
        }
        let directories = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        let [disk, outside] = &directories;
        let pid_file = outside.path().join("pid");
        let mut command = Command::new("unshare");
        // It keeps its process id, by which the disk is found from outside.
        let mount_and_start = "mount -t tmpfs -o size=1m none \"$0\" && echo $$ >\"$1\" && shift && exec \"$@\"";
        command.args(["--map-root-user", "--mount", "sh", "-c", mount_and_start]).arg(disk.path());
        let monitor = Monitor::start_as(command.arg(&pid_file).arg(PATH), base_url, disk.path());
        let pid = fs::read_to_string(pid_file).expect("a process id");
        let root = Path::new("/proc").join(pid.trim()).join("root");
        let filler = root.join(disk.path().strip_prefix("/").expect("absolute")).join("filler");
        Some(Self { monitor, filler, _directories: directories })
    }

    /// Leaves no room.
    pub fn fill(&self) {
        let mut filler = fs::File::create(&self.filler).expect("a file");
        let error = io::copy(&mut io::repeat(0), &mut filler).expect_err("the disk has an end");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    pub fn clear(&self) {
        fs::remove_file(&self.filler).expect("it is there");
    }
}
