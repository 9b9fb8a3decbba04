//! Upgrades that are answered with plain HTTP.

use std::time::Duration;

use wsmon_manager::clock::Clock;
use wsmon_model::{Cause, ConnectionOptions};

use super::{
    outcome::{Expected, Outcome},
    support::{Monitor, fault},
    wire::{Server, request, send, until_gone},
};

/// What comes of this answer to the upgrade; the fields each end their line.
async fn answered(status: &str, fields: &str) -> Outcome {
    fault(async |mut stream| {
        request(&mut stream).await;
        send(&mut stream, format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n").as_bytes()).await;
        until_gone(&mut stream).await;
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn http_statuses_that_block() {
    let rows = [
        (
            "301 Moved Permanently",
            "The server answered HTTP 301 Moved Permanently instead of opening a WebSocket. \
             It points elsewhere; set the base URL to where the service really is.",
        ),
        ("400 Bad Request", "HTTP 400 Bad Request instead of opening a WebSocket. It found the request malformed."),
        ("401 Unauthorized", "HTTP 401 Unauthorized instead of opening a WebSocket. It asks for credentials."),
        (
            "403 Forbidden",
            "Check the endpoint's name first: FastAPI and others answer so to a name that they do not know. Then check the credentials.",
        ),
        ("404 Not Found", "Check the endpoint's name and the base URL's path."),
        ("426 Upgrade Required", "It asks for another protocol or version."),
    ];
    for (status, text) in rows {
        answered(status, "Location: /elsewhere\r\n").await.check(&Expected::blocked(Cause::HttpStatus, text));
    }
}

#[tokio::test(start_paused = true)]
async fn http_statuses_that_pass() {
    let rows = [
        ("429 Too Many Requests", "HTTP 429 Too Many Requests instead of opening a WebSocket. It is limiting"),
        ("500 Internal Server Error", "Its handler failed, or does not know the endpoint's name"),
        ("502 Bad Gateway", "HTTP 502 Bad Gateway"),
        ("503 Service Unavailable", "HTTP 503 Service Unavailable"),
    ];
    for (status, text) in rows {
        answered(status, "").await.check(&Expected::waiting(Cause::HttpStatus, text));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_in_seconds() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let expected = Expected::waiting(Cause::HttpStatus, "It asks to wait 120 s.").retry_ms(120_000..=120_500);
        answered(status, "Retry-After: 120\r\n").await.check(&expected);
        let expected = Expected::waiting(Cause::HttpStatus, "It asks to wait 86400 s.").retry_ms(3_600_000..=3_600_500);
        answered(status, "Retry-After: 86400\r\n").await.check(&expected);
        let text = "It asks to wait for more than a year.";
        let expected = Expected::waiting(Cause::HttpStatus, text).retry_ms(3_600_000..=3_600_500);
        for oversized in ["99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            answered(status, &format!("Retry-After: {oversized}\r\n")).await.check(&expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_a_date() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let server = Server::start().await;
        let monitor = Monitor::start(&server.base()).await;
        let date = httpdate::fmt_http_date(monitor.clock.now() + Duration::from_secs(120));
        let answer = format!("HTTP/1.1 {status}\r\nRetry-After: {date}\r\nContent-Length: 0\r\n\r\n");
        let script = async |mut stream| {
            request(&mut stream).await;
            send(&mut stream, answer.as_bytes()).await;
            until_gone(&mut stream).await;
        };
        let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
        let expected = Expected::waiting(Cause::HttpStatus, "It asks to wait 120 s.").retry_ms(120_000..=120_500);
        outcome.check(&expected);
    }
}

#[tokio::test(start_paused = true)]
async fn headers_too_large() {
    let rows = [
        (
            format!("X-Large: {}\r\n", "x".repeat(1024 * 1024)),
            "WebSocket handshake: its headers are larger than 64 KiB",
        ),
        ("X-Many: x\r\n".repeat(200), "WebSocket handshake: it has more headers than are taken"),
    ];
    for (fields, text) in rows {
        answered("200 OK", &fields).await.check(&Expected::blocked(Cause::InvalidHandshake, text));
    }
}
