//! The rules, and that each of them is broken by what it forbids.

use std::{collections::BTreeSet, path::Path};

use crate::{
    graph::{Graph, circle},
    source::{Module, ModulePath, Source},
};

/// Every library of the workspace, and crates of which it names none.
const CRATES: [(&str, &[&str]); 4] = [
    (
        "crates/model",
        &["wsmon_manager", "wsmon_store", "websocket_monitor", "leptos", "axum", "sqlx", "tokio", "web_sys"],
    ),
    (
        "crates/manager",
        &["wsmon_store", "websocket_monitor", "leptos", "leptos_axum", "axum", "sqlx", "prometheus_client", "web_sys"],
    ),
    ("crates/store", &["websocket_monitor", "leptos", "leptos_axum", "axum", "prometheus_client", "web_sys"]),
    (".", &["sqlx"]),
];

/// Parts of the app, and what each names nothing of.
const PARTS: [(&str, &[&str]); 7] = [
    (
        "ui",
        &[
            "crate::server",
            "crate::operations",
            "crate::auth",
            "wsmon_manager",
            "wsmon_store",
            "tokio",
            "axum",
            "leptos_axum",
        ],
    ),
    ("api", &["crate::ui", "wsmon_manager", "wsmon_store"]),
    ("operations", &["crate::ui", "crate::api", "crate::server", "axum", "leptos", "leptos_axum"]),
    ("auth", &["crate::ui", "crate::api", "crate::server", "crate::operations", "axum", "leptos", "leptos_axum"]),
    (
        "changes",
        &["crate::ui", "crate::api", "crate::server", "crate::operations", "crate::auth", "leptos", "axum", "web_sys"],
    ),
    ("error", &["crate::ui", "crate::api", "crate::server", "crate::operations", "crate::auth"]),
    ("server", &["crate::api"]),
];

/// What only some modules of a part of the app name.
const ONLY: [(&str, &str, &[&str]); 7] = [
    ("api", "crate::server", &["api"]),
    ("api", "crate::operations", &["api"]),
    ("api", "crate::auth", &[]),
    ("api", "tokio", &[]),
    ("api", "axum", &["api"]),
    ("server", "crate::ui", &["server::http", "server::http::render"]),
    ("ui", "gloo_timers", &["ui::poll"]),
];

/// Modules of the manager that are told the time, and that draw only from the random numbers they are given.
const PURE: [&str; 19] = [
    "machine",
    "rotation_plan",
    "policy",
    "backoff",
    "describe",
    "describe_event",
    "explain",
    "gate::breaker",
    "gate::lanes",
    "gate::probing",
    "session::liveness",
    "opening",
    "frame",
    "in_flight",
    "freshness",
    "dial::answer",
    "dial::request",
    "tokens::cache",
    "tokens::jwt",
];

/// What they name nothing of.
const IMPURE: [&str; 14] = [
    "crate::bus",
    "crate::clock",
    "crate::dial",
    "crate::keeper",
    "crate::registry",
    "crate::task",
    "tokio::net",
    "tokio::spawn",
    "tokio::time::sleep",
    "tokio::time::sleep_until",
    "Instant::now",
    "SystemTime::now",
    "rand::random",
    "rand::rng",
];

fn begins_with(path: &[String], prefix: &str) -> bool {
    let prefix: Vec<_> = prefix.split("::").collect();
    path.len() >= prefix.len() && path.iter().zip(prefix).all(|(segment, wanted)| segment == wanted)
}

/// Where a crate's modules name what is forbidden: a crate, or a part of their own crate, however the path is written.
fn naming(source: &Source, below: &str, forbidden: &str) -> BTreeSet<ModulePath> {
    let graph = source.graph();
    let names_it = |(at, module): &(&ModulePath, &Module)| {
        let reexported = module.reexported.iter().map(|(_, path)| path);
        let is_written = module.paths.iter().chain(reexported).any(|path| begins_with(path, forbidden));
        let part = forbidden.strip_prefix("crate::");
        is_written || part.is_some_and(|part| graph[*at].iter().any(|used| begins_with(used, part)))
    };
    let modules = source.modules.iter().filter(|(at, _)| below.is_empty() || begins_with(at, below));
    modules.filter(names_it).map(|(at, _)| at.clone()).collect()
}

fn words(circle: &[ModulePath]) -> String {
    let names: Vec<_> = circle.iter().map(|path| format!("crate::{}", path.join("::"))).collect();
    names.join(" → ")
}

#[test]
fn modules_import_in_one_direction() {
    for (directory, _) in CRATES {
        let graph = Source::read(directory).graph();
        let uses: usize = graph.values().map(BTreeSet::len).sum();
        assert!(uses > graph.len() / 2, "{directory}: the imports were read");
        if let Some(circle) = circle(&graph) {
            panic!("{directory}: modules use each other: {}", words(&circle));
        }
    }
}

#[test]
fn a_crate_names_only_what_it_may() {
    for (directory, forbidden) in CRATES {
        let source = Source::read(directory);
        for name in forbidden {
            assert_eq!(naming(&source, "", name), BTreeSet::new(), "{directory} names {name}");
        }
    }
}

#[test]
fn a_part_of_the_app_names_only_what_it_may() {
    let source = Source::read(".");
    for (part, forbidden) in PARTS {
        for name in forbidden {
            assert_eq!(naming(&source, part, name), BTreeSet::new(), "{part} names {name}");
        }
    }
    for (part, name, places) in ONLY {
        let found: Vec<_> = naming(&source, part, name).into_iter().map(|at| at.join("::")).collect();
        assert_eq!(found, places, "where {part} names {name}");
    }
}

#[test]
fn a_pure_module_has_no_socket_clock_or_randomness_of_its_own() {
    let source = Source::read("crates/manager");
    for module in PURE {
        assert!(source.modules.keys().any(|path| begins_with(path, module)), "{module} is there");
        for name in IMPURE {
            assert_eq!(naming(&source, module, name), BTreeSet::new(), "{module} names {name}");
        }
    }
}

/// A crate of these modules: each with its path and text.
fn source_of(modules: &[(&str, &str)]) -> Source {
    let mut source = Source::default();
    for (path, text) in modules {
        let path = path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        source.add(text, Path::new("nowhere"), path);
    }
    source
}

fn uses(graph: &Graph, at: &str) -> Vec<String> {
    graph[&vec![at.to_owned()]].iter().map(|path| path.join("::")).collect()
}

#[test]
fn a_circle_is_found_however_a_module_is_named() {
    for (a, b) in [
        ("use super::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("use crate::{b::{self, B}}; pub struct A;", "fn f() -> super::a::A {}  pub struct B;"),
        ("use crate::B; pub struct A;", "fn f() { println!(\"{}\", crate::a::g()); } pub struct B;"),
        ("use crate::b; fn f() -> b::B {} pub struct A;", "impl B { fn f() { use super::a::A; } } pub struct B;"),
    ] {
        let graph = source_of(&[("", "pub use b::B;"), ("a", a), ("b", b)]).graph();
        let found = circle(&graph).unwrap_or_else(|| panic!("no circle between {a} and {b}"));
        assert_eq!(found.len(), 2, "{a} {b}: {}", words(&found));
    }
}

#[test]
fn a_module_within_a_file_is_part_of_the_file() {
    let inner = "#[cfg(feature = \"ssr\")] mod inner { use super::super::b::B; use super::Own; use self::x::Y; }";
    let graph = source_of(&[("", ""), ("a", inner), ("b", "pub struct B;")]).graph();
    assert_eq!(uses(&graph, "a"), ["b"]);
    let tests = "#[cfg(test)] mod tests { use crate::b::B; }";
    let graph = source_of(&[("", ""), ("a", tests), ("b", "pub struct B;")]).graph();
    assert_eq!(uses(&graph, "a"), [""; 0]);
}

#[test]
fn a_re_export_leads_to_where_a_name_is_defined() {
    let root = "pub use self::b::B; pub struct Here;";
    let graph =
        source_of(&[("", root), ("a", "use crate::B;"), ("b", "pub struct B;"), ("c", "use super::Here;")]).graph();
    assert_eq!(uses(&graph, "a"), ["b"]);
    assert_eq!(uses(&graph, "c"), [""]);
    assert_eq!(circle(&graph), None);
}

#[test]
fn what_is_forbidden_is_found() {
    for text in
        ["use sqlx::Row;", "fn f(row: &sqlx::Row) {}", "fn f() { vec![sqlx::query(\"\")]; }", "pub use sqlx::Row;"]
    {
        let source = source_of(&[("", "pub struct Root;"), ("a", text)]);
        assert_eq!(naming(&source, "", "sqlx").len(), 1, "{text}");
        assert_eq!(naming(&source, "a", "sqlx").len(), 1, "{text}");
        assert_eq!(naming(&source, "b", "sqlx").len(), 0, "{text}");
    }
    let source = source_of(&[("", ""), ("a", "use tokio::time::Instant; fn f() -> Instant { Instant::now() }")]);
    assert_eq!(naming(&source, "a", "Instant::now").len(), 1);
    let source = source_of(&[("", ""), ("ui", "use super::server::S;"), ("server", "pub struct S;")]);
    assert_eq!(naming(&source, "ui", "crate::server").len(), 1, "by a relative path");
}
