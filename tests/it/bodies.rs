//! What becomes of bodies that are large, slow or not what a function reads: a 4xx, and nothing kept.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    pages::calls,
    support::{
        monitor::{Monitor, PASSWORD, Visitor, cookie},
        soon,
        upstream::{base_at, vacant},
        wire::{self, POSTCARD},
    },
};

async fn monitor() -> Monitor {
    Monitor::start(base_at(vacant().await)).await
}

async fn admin_cookie(monitor: &Monitor) -> String {
    cookie(&Visitor::new(monitor).log_in("admin", PASSWORD, "").await)
}

/// Sends a body to a server function.
async fn post(monitor: &Monitor, function: &str, cookie: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let mut request = client.post(format!("{}/api/{function}", monitor.url)).header("cookie", cookie).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

async fn sentence(response: Response) -> String {
    let answer: Value = wire::answer("", response).await.json().await.expect("JSON");
    answer["invalid"].as_str().unwrap_or_else(|| panic!("no sentence: {answer}")).to_owned()
}

const TYPE: (&str, &str) = ("content-type", POSTCARD);

/// Bodies that are not what any function reads: each ends in the midst of a number, with which every argument begins.
fn unreadable() -> Vec<Vec<u8>> {
    vec![Vec::new(), b"\x80".to_vec(), b"\xff\xfe".to_vec(), b"\xef\xbf\xbd".to_vec()]
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_the_clients_fault_and_only_with_a_session() {
    let monitor = monitor().await;
    let admin = admin_cookie(&monitor).await;
    for (function, arguments) in calls() {
        for body in unreadable() {
            let outside = post(&monitor, function, "", &[TYPE], body.clone()).await;
            assert_eq!(outside.status(), 401, "{function} {body:?}");
            let outside = wire::answer(function, outside).await;
            assert_eq!(outside.json::<Value>().await.expect("JSON"), json!("unauthenticated"));
            let inside = post(&monitor, function, &admin, &[TYPE], body.clone()).await;
            // A function without arguments reads nothing.
            if arguments == json!({}) {
                assert_eq!(inside.status(), 200, "{function} {body:?}");
            } else {
                assert_eq!(inside.status(), 400, "{function} {body:?}");
                assert_eq!(sentence(inside).await, "The request could not be read.");
            }
        }
    }
}

#[tokio::test]
async fn a_body_of_another_type_or_too_large_is_refused_by_its_status() {
    let monitor = monitor().await;
    let admin = admin_cookie(&monitor).await;
    for (function, arguments) in calls() {
        let arguments = arguments.to_string().into_bytes();
        for headers in [
            &[("content-type", "text/plain")][..],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[("content-type", "application/json")],
            &[],
            &[TYPE, ("content-encoding", "gzip")],
        ] {
            let refused = post(&monitor, function, &admin, headers, arguments.clone()).await;
            assert_eq!(refused.status(), 415, "{function} {headers:?}");
            assert!(sentence(refused).await.ends_with('.'));
        }
        let refused = post(&monitor, function, &admin, &[TYPE], vec![b' '; 65 * 1_024]).await;
        assert_eq!(refused.status(), 413, "{function}");
        assert!(sentence(refused).await.ends_with('.'));
    }
    assert_eq!(monitor.state.manager.summary().total, 0);
    let after = Visitor::get_with_cookie(&monitor, "/admin", &admin).await;
    assert_eq!(after.status(), 200, "nobody's session was ended, and no password changed");
}

/// Opens a request whose body is yet to come.
async fn begin(monitor: &Monitor, path: &str, headers: &str) -> TcpStream {
    let address = monitor.url.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: 8000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// What comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = soon("the connection's end", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn without_a_session_the_answer_does_not_wait_for_the_body() {
    let monitor = monitor().await;
    for (function, _) in calls() {
        let mut stream = begin(&monitor, &format!("/api/{function}"), &format!("Content-Type: {POSTCARD}\r\n")).await;
        let began = Instant::now();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{function}: {answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{function}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(5), "{function}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_body_that_drips_is_let_go_by_one_deadline() {
    let monitor = monitor().await;
    let admin = admin_cookie(&monitor).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n".to_owned();
    let call = format!("Content-Type: {POSTCARD}\r\nCookie: {admin}\r\n");
    let drip = async |path: &str, headers: &str| {
        let mut stream = begin(&monitor, path, headers).await;
        let (mut reading, mut writing) = stream.split();
        let began = Instant::now();
        let mut answer = Vec::new();
        let dripped = async {
            let mut every = tokio::time::interval(Duration::from_millis(100));
            while writing.write_all(b"x").await.is_ok() {
                every.tick().await;
            }
        };
        tokio::select! {
            _ = soon("to be let go", reading.read_to_end(&mut answer)) => {}
            () = dripped => {}
        }
        (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
    };
    let both = tokio::join!(drip("/login", &form), drip("/api/load_summary", &call));
    for (answer, took) in [both.0, both.1] {
        assert!((9.0..15.0).contains(&took.as_secs_f64()), "{took:?}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn a_login_takes_a_few_kibibytes() {
    let monitor = monitor().await;
    let next = format!("/admin/websocket-monitor?q={}", "x".repeat(900));
    let longest = [("username", "admin"), ("password", &"%".repeat(1_024)), ("next", &next)];
    assert_eq!(Visitor::new(&monitor).post_form("/login", &longest).await.status(), 401, "read, and refused");
    let larger = [("username", "admin"), ("password", &*"x".repeat(9_000))];
    assert_eq!(Visitor::new(&monitor).post_form("/login", &larger).await.status(), 413);
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_is_not_read() {
    let monitor = monitor().await;
    let admin = admin_cookie(&monitor).await;
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    for (method, path, status) in
        [(Method::GET, "/admin", 200), (Method::GET, "/login", 200), (Method::POST, "/logout", 303)]
    {
        let request = client.request(method, format!("{}{path}", monitor.url)).header("cookie", &admin);
        assert_eq!(request.body("x".repeat(1_000)).send().await.expect("an answer").status(), status, "{path}");
    }
}
