//! What imports do not show.

use std::{fs, path::Path};

/// Every source file at a path of the workspace, with its text less comments.
fn sources(below: &str) -> Vec<(String, String)> {
    fn walk(path: &Path, found: &mut Vec<(String, String)>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).expect("a directory") {
                walk(&entry.expect("an entry").path(), found);
            }
        } else {
            let text = fs::read_to_string(path).expect("a source file");
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            // Tests may lie beside what they test.
            found.push((path.display().to_string(), code.join("\n").replace("#[cfg(test)]", "")));
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(below), &mut found);
    assert!(!found.is_empty(), "nothing at {below}");
    found
}

fn assert_free_of(below: &str, words: &[&str], except: &[&str]) {
    for (path, code) in sources(below) {
        if except.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        for word in words {
            assert!(!code.contains(word), "{path} mentions {word}");
        }
    }
}

#[test]
fn only_three_files_mention_the_feature() {
    assert_free_of("src", &["feature = \"ssr\""], &["src/lib.rs", "src/main.rs", "src/api/mod.rs"]);
    assert_free_of("src", &["feature = \"embed-site\""], &["src/server/site/embedded.rs"]);
    assert_free_of("src/ui", &["#[cfg(", "cfg!("], &[]);
}

#[test]
fn the_registry_never_awaits() {
    assert_free_of("crates/manager/src/registry.rs", &[".await", "async "], &[]);
    assert_free_of("crates/manager/src/registry", &[".await", "async "], &["registry/tests.rs"]);
}

#[test]
fn one_timer_on_the_page() {
    assert_free_of("src/ui", &["gloo_timers", "set_interval", "set_timeout"], &["ui/poll.rs"]);
}

#[test]
fn files_are_short() {
    let all = ["src", "crates"].into_iter().flat_map(sources);
    let lines = |path: &str| fs::read_to_string(path).expect("a source file").lines().count();
    let sizes = all.filter(|(path, _)| path.ends_with(".rs") && !path.ends_with("tests.rs"));
    let mut sizes: Vec<_> = sizes.map(|(path, _)| (lines(&path), path)).collect();
    sizes.sort_unstable();
    let (longest, median) = (&sizes[sizes.len() - 1], sizes[sizes.len() / 2].0);
    println!("{} files, median {median}, longest {longest:?}", sizes.len());
    assert!(longest.0 <= 300, "{longest:?}");
    assert!(median < 100, "the median file has {median} lines");
}

/// ARCHITECTURE.md names files from the workspace's root or from the manager's sources.
#[test]
fn every_path_on_the_map_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the map");
    let quoted = text.split('`').skip(1).step_by(2);
    let paths: Vec<_> = quoted.filter(|word| is_path(word)).collect();
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths {
        let found = ["", "crates/manager/src"].iter().any(|base| root.join(base).join(path).exists());
        assert!(found, "ARCHITECTURE.md names {path}, which is not there");
    }
}

fn is_path(word: &str) -> bool {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    is_plain && !word.starts_with(['/', '.']) && [".rs", ".md", ".toml", "/"].iter().any(|end| word.ends_with(end))
}
