//! The layers: `ui → api → server → model`, and who may mention what.

use std::{fs, path::Path};

/// Every source file below a path of `src/`, with its text less comments.
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
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(below), &mut found);
    assert!(!found.is_empty(), "nothing at src/{below}");
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
fn only_three_files_mention_the_features() {
    assert_free_of(
        "",
        &["feature = \"ssr\"", "feature = \"hydrate\""],
        &["src/lib.rs", "src/main.rs", "src/api/mod.rs"],
    );
}

#[test]
fn the_pages_know_nothing_of_the_server() {
    assert_free_of("ui", &["#[cfg(", "cfg!(", "tokio", "axum", "crate::server", "leptos_axum"], &[]);
}

#[test]
fn only_the_helper_of_the_server_functions_knows_the_server() {
    assert_free_of("api", &["crate::server", "tokio", "axum", "crate::ui"], &["api/mod.rs"]);
}

#[test]
fn the_model_knows_nothing() {
    assert_free_of("model", &["crate::server", "crate::ui", "crate::api", "leptos", "tokio", "axum", "web_sys"], &[]);
}

#[test]
fn only_http_knows_the_pages() {
    assert_free_of("server", &["crate::ui", "crate::api"], &["server/http/mod.rs"]);
}

#[test]
fn connections_know_neither_http_routes_nor_sql_nor_pages() {
    assert_free_of("server/connections", &["axum", "sqlx", "server::store", "leptos", "crate::api"], &[]);
}

#[test]
fn only_the_store_knows_sql() {
    let store = [
        "mod.rs",
        "administrators.rs",
        "audit.rs",
        "backup.rs",
        "connections.rs",
        "file.rs",
        "health.rs",
        "retention.rs",
        "sessions.rs",
        "tests.rs",
    ];
    let store = store.map(|file| format!("server/store/{file}"));
    assert_free_of("server", &["sqlx"], &store.each_ref().map(String::as_str));
}

#[test]
fn the_registry_never_awaits() {
    assert_free_of("server/connections/registry.rs", &[".await", "async "], &[]);
}

#[test]
fn one_timer_on_the_page() {
    assert_free_of("ui", &["gloo_timers", "set_interval", "set_timeout"], &["ui/poll.rs"]);
}
