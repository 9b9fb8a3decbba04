use std::{
    fs,
    io::ErrorKind,
    path::Path,
    time::{Duration, SystemTime},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};

use super::*;
use crate::server::site::EmbeddedFiles;

const FILES: [(&str, &str); 6] = [
    ("favicon.svg", "<svg/>"),
    ("pkg/app.c.css", "body {}"),
    ("pkg/app.j.js", "export {}"),
    ("pkg/app.w.wasm", "as it is"),
    ("pkg/app.w.wasm.br", "Brotli"),
    ("pkg/app.w.wasm.gz", "gzip"),
];

/// The files within the program, and in a directory under the names they have there.
fn both(
    directory: &Path,
) -> (ServeDir<DefaultServeDirFallback, EmbeddedFiles>, ServeDir<DefaultServeDirFallback>, String) {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let files = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).into(), modified)).collect();
    let (embedded, name) = EmbeddedFiles::named(files, "pkg", "app").expect("a release");
    fs::create_dir(directory.join("pkg")).expect("made");
    for (path, text) in FILES {
        let named = ["app.c", "app.j", "app.w"].iter().fold(path.to_owned(), |path, part| path.replace(part, &name));
        fs::write(directory.join(&named), text).expect("written");
        let file = fs::File::options().write(true).open(directory.join(named)).expect("opens");
        file.set_modified(modified).expect("dated");
    }
    (configured(ServeDir::with_backend("", embedded)), configured(ServeDir::new(directory)), name)
}

/// Asks for a file; a directory or a file that is not there is `None`.
async fn answer<B: Backend>(
    mut files: ServeDir<DefaultServeDirFallback, B>,
    path: &str,
    (header, value): (&str, &str),
) -> Option<(StatusCode, HeaderMap, String)> {
    let request = Request::get(path).header(header, value).body(Body::empty()).expect("a request");
    let (answer, body) = match files.try_call(request).await {
        Ok(answer) if answer.status() != StatusCode::NOT_FOUND => answer.into_parts(),
        Err(error) if ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            panic!("{path}: {error}")
        }
        Ok(_) | Err(_) => return None,
    };
    let body = to_bytes(Body::new(body), usize::MAX).await.expect("a body");
    Some((answer.status, answer.headers, String::from_utf8_lossy(&body).into_owned()))
}

#[tokio::test]
async fn embedded_files_are_answered_as_those_in_a_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let (embedded, on_disk, name) = both(directory.path());
    let wasm = format!("/pkg/{name}.wasm");
    let (_, plain, _) = answer(embedded.clone(), &wasm, ("accept-encoding", "identity")).await.expect("a file");
    let tag = plain["etag"].to_str().expect("text");
    for (path, header, status, body) in [
        (&*wasm, ("accept-encoding", "gzip, deflate, br"), 200, "Brotli"),
        (&wasm, ("accept-encoding", "gzip"), 200, "gzip"),
        (&wasm, ("accept-encoding", "identity"), 200, "as it is"),
        (&wasm, ("range", "bytes=3-4"), 206, "it"),
        (&wasm, ("range", "bytes=99-"), 416, ""),
        (&wasm, ("if-none-match", tag), 304, ""),
        (&wasm, ("if-none-match", "\"another\""), 200, "as it is"),
        ("/favicon.svg", ("accept-encoding", "br"), 200, "<svg/>"),
        ("/favicon.svg", ("if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"), 304, ""),
    ] {
        let found = answer(embedded.clone(), path, header).await.expect("a file");
        assert_eq!((found.0.as_u16(), found.2.as_str()), (status, body), "{path} {header:?}");
        assert_eq!(Some(found), answer(on_disk.clone(), path, header).await, "{path} {header:?}");
    }
    let (_, compressed, _) = answer(embedded, &wasm, ("accept-encoding", "br")).await.expect("a file");
    for (header, value) in [
        ("content-encoding", "br"),
        ("content-type", "application/wasm"),
        ("content-length", "6"),
        ("vary", "accept-encoding"),
    ] {
        assert_eq!(compressed[header], value);
    }
}

#[tokio::test]
async fn directories_and_what_is_not_there_are_not_found() {
    let directory = tempfile::tempdir().expect("a directory");
    let (embedded, on_disk, _) = both(directory.path());
    let any = ("accept", "*/*");
    for path in
        ["/", "/pkg", "/pkg/", "/pkg/app.w.wasm", "/../favicon.svg", "/pkg%2F..%2Ffavicon.svg", "/favicon.svg/x"]
    {
        assert_eq!(answer(embedded.clone(), path, any).await, None, "{path}");
        assert_eq!(answer(on_disk.clone(), path, any).await, None, "{path}");
    }
}
