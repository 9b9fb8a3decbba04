//! Where the servers are.

use std::{
    env,
    io::{Write, stderr},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

/// A program of a server, if it is installed.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian has servers in a directory that only root's PATH names.
    let known = [tools().join("bin"), tools().join("python/bin"), "/usr/sbin".into()];
    let found = known.into_iter().chain(env::split_paths(&path)).map(|directory| directory.join(name));
    present(found, name)
}

/// The Python that has `websockets`, if there is one.
pub fn python() -> Option<PathBuf> {
    let script = present([tools().join("python/bin/websockets")], "Python's websockets")?;
    Some(script.with_file_name("python"))
}

/// The Python that has this package, if there is one.
pub fn python_with(package: &str) -> Option<PathBuf> {
    let python = tools().join("python/bin/python");
    let finds = format!("from importlib.util import find_spec; exit(find_spec('{package}') is None)");
    let has_it = Command::new(&python).args(["-c", &finds]).status().is_ok_and(|status| status.success());
    present(has_it.then_some(python), &format!("Python's {package}"))
}

/// Node.js, if it and this package of npm are there.
pub fn node(package: &str) -> Option<PathBuf> {
    present([Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end/node_modules").join(package)], package)?;
    program("node")
}

/// Where `RabbitMQ` is, if it is there.
pub fn rabbitmq() -> Option<PathBuf> {
    let known = [tools().join("debian"), "/".into()];
    present(known.map(|root| root.join("usr/lib/rabbitmq/lib")), "RabbitMQ")
}

/// As `scripts/setup` has it.
fn tools() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || set("XDG_CACHE_HOME").unwrap_or_else(|| env::home_dir().unwrap_or_default().join(".cache"));
    set("WSMON_TOOLS").unwrap_or_else(|| cache().join("websocket-monitor/tools"))
}

fn present(places: impl IntoIterator<Item = PathBuf>, what: &str) -> Option<PathBuf> {
    let found = places.into_iter().find(|place| place.exists());
    if found.is_none() {
        let test = thread::current();
        let line = format!("SKIPPED: {}, because {what} is not installed\n", test.name().unwrap_or_default());
        // Past `eprintln!`, of which nothing is seen when a test passes.
        stderr().write_all(line.as_bytes()).expect("somebody to tell");
    }
    found
}
