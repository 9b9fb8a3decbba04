//! Who may scrape, and in which format.

use std::{fs, process::Command};

use reqwest::{
    StatusCode,
    header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE},
};

use crate::monitor::{Monitor, PATH};

/// A base URL that nobody connects to.
const NOWHERE: &str = "ws://127.0.0.1:9/ws/";

/// A client's address as a proxy tells it.
const ELSEWHERE: (&str, &str) = ("x-forwarded-for", "203.0.113.9");

/// What proxies say of whom they ask for.
const PROXIED: [(&str, &str); 7] = [
    ELSEWHERE,
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "monitor.example"),
    ("forwarded", "for=203.0.113.9"),
    ("x-real-ip", "203.0.113.9"),
    ("via", "1.1 proxy"),
    ("host", "192.0.2.7:3000"),
];

#[tokio::test]
async fn without_a_token_only_this_machine_may_scrape_and_not_through_a_proxy() {
    let directory = tempfile::tempdir().expect("a directory");
    let trusting: &[&str] = &["--trusted-proxies", "127.0.0.1/32"];
    for (number, arguments) in [trusting, &[]].into_iter().enumerate() {
        let data = directory.path().join(number.to_string());
        let monitor = Monitor::start_as(Command::new(PATH).args(arguments), NOWHERE, &data);
        let scrape = || monitor.request("/metrics");
        assert_eq!(scrape().send().await.expect("an answer").status(), StatusCode::OK);
        for (name, value) in PROXIED {
            let refused = scrape().header(name, value).send().await.expect("an answer");
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{arguments:?} {name}: {value}");
            let text = refused.text().await.expect("text");
            assert!(text.contains("WSMON_METRICS_TOKEN") && !text.contains("wsmon_connections"), "{text}");
        }
        assert!(monitor.log().contains("/metrics answers only clients on this machine"), "{}", monitor.log());
    }
}

#[tokio::test]
async fn behind_a_public_url_nobody_may_scrape_without_a_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(PATH);
    let monitor =
        Monitor::start_as(command.args(["--public-url", "https://monitor.example"]), NOWHERE, directory.path());
    let refused = monitor.request("/metrics").send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.text().await.expect("text").contains("WSMON_METRICS_TOKEN"));
    assert!(monitor.log().contains("/metrics answers nobody until WSMON_METRICS_TOKEN is set"), "{}", monitor.log());
}

#[tokio::test]
async fn with_a_token_whoever_has_it_may_scrape_from_anywhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    fs::write(&file, "s3cret\n").expect("written");
    for (variable, value) in
        [("WSMON_METRICS_TOKEN", "s3cret".as_ref()), ("WSMON_METRICS_TOKEN_FILE", file.as_os_str())]
    {
        let mut command = Command::new(PATH);
        command.args(["--trusted-proxies", "127.0.0.1/32"]).env(variable, value);
        let monitor = Monitor::start_as(&mut command, NOWHERE, &directory.path().join(variable));
        for wrong in [None, Some("s3cre"), Some("s3cret2"), Some("")] {
            let scrape = monitor.request("/metrics");
            let scrape = if let Some(token) = wrong { scrape.bearer_auth(token) } else { scrape };
            let refused = scrape.send().await.expect("an answer");
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{variable} {wrong:?}");
            assert_eq!(refused.headers()[WWW_AUTHENTICATE], "Bearer");
        }
        let (name, value) = ELSEWHERE;
        let scrape = monitor.request("/metrics").bearer_auth("s3cret").header(name, value);
        assert_eq!(scrape.send().await.expect("an answer").status(), StatusCode::OK, "{variable}");
    }
}

#[tokio::test]
async fn a_scraper_gets_the_format_it_asks_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let monitor = Monitor::start(NOWHERE, directory.path());
    for (accept, written, end) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8", "\n# EOF\n"),
    ] {
        let answer = monitor.request("/metrics").header(ACCEPT, accept).send().await.expect("an answer");
        assert_eq!(answer.headers()[CONTENT_TYPE], written);
        assert!(answer.text().await.expect("text").ends_with(end), "{accept}");
    }
}
