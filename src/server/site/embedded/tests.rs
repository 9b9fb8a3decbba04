use super::*;

fn files(paths: &[&str]) -> Vec<SiteFile> {
    paths.iter().map(|path| ((*path).to_owned(), (*path).to_owned().into(), SystemTime::UNIX_EPOCH)).collect()
}

const RELEASE: [&str; 7] = [
    "favicon.svg",
    "pkg/app.c-1.css",
    "pkg/app.d.t9.ts",
    "pkg/app.j_2.js",
    "pkg/app.w3.wasm",
    "pkg/app.w3.wasm.br",
    "pkg/snippets/part-4/inline0.js",
];

#[test]
fn what_pages_name_has_one_hash_and_all_else_its_own_name() {
    let (embedded, name) = EmbeddedFiles::named(files(&RELEASE), "pkg", "app").expect("a release");
    assert_eq!(name.strip_prefix("app.").map(str::len), Some(22), "128 bits: {name}");
    for (asked, found) in [
        (format!("./pkg/{name}.css"), "pkg/app.c-1.css"),
        (format!("./pkg/{name}.js"), "pkg/app.j_2.js"),
        (format!("./pkg/{name}.wasm"), "pkg/app.w3.wasm"),
        (format!("./pkg/{name}.wasm.br"), "pkg/app.w3.wasm.br"),
        ("./favicon.svg".to_owned(), "favicon.svg"),
        ("./pkg/app.d.t9.ts".to_owned(), "pkg/app.d.t9.ts"),
        ("./pkg/snippets/part-4/inline0.js".to_owned(), "pkg/snippets/part-4/inline0.js"),
    ] {
        assert_eq!(embedded.content(Path::new(&asked)).expect("there").bytes, found, "{asked}");
    }
    for asked in ["./pkg", ".", "./pkg/app.w3.wasm", "./no.svg"] {
        let error = embedded.content(Path::new(asked)).map(|content| content.bytes).expect_err("not there");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{asked}");
    }
}

#[test]
fn a_change_of_any_of_the_three_changes_the_hash() {
    let name = |paths: &[&str]| EmbeddedFiles::named(files(paths), "pkg", "app").expect("a release").1;
    for changed in ["pkg/app.c-2.css", "pkg/app.j_3.js", "pkg/app.w4.wasm"] {
        let kind = changed.rsplit_once('.').map(|(_, kind)| kind);
        let of_kind = |path: &&str| path.rsplit_once('.').map(|(_, kind)| kind) == kind && path.starts_with("pkg/app.");
        let paths = RELEASE.map(|path| if of_kind(&path) { changed } else { path });
        assert!(paths.contains(&changed));
        assert_ne!(name(&paths), name(&RELEASE), "{changed}");
    }
}

#[test]
fn a_site_that_is_no_release_is_refused() {
    for (paths, missing) in [
        (&[][..], "js"),
        // As `make watch` leaves it.
        (&["pkg/app.css", "pkg/app.js", "pkg/app.wasm"], "js"),
        (&["pkg/app.c1.css", "pkg/app.j2.js", "pkg/app.js.br"], "wasm"),
        (&["pkg/app.j2.js", "pkg/app.w3.wasm"], "css"),
    ] {
        let refused = EmbeddedFiles::named(files(paths), "pkg", "app").map(|(_, name)| name).expect_err("incomplete");
        assert!(matches!(refused, PageFilesError::NotEmbedded { kind } if kind == missing), "{refused}");
    }
}
