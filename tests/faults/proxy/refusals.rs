//! What is said of a proxy that opens no tunnel, and of a service behind one that does.

use tokio::net::TcpStream;
use wsmon_model::{Cause, ConnectionOptions, Layer, Stage};

use super::{Network, TUNNEL, answered, behind, with_proxy};
use crate::{
    outcome::Expected,
    wire::{refusing_port, request, send, until_gone},
};

#[tokio::test(start_paused = true)]
async fn a_proxy_that_wants_a_sign_in_is_told_from_a_service_that_does() {
    let answer = |challenge: &str| {
        format!("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n{challenge}\r\n").into_bytes()
    };
    let basic = answer("Proxy-Authenticate: Basic realm=\"Squid\"\r\n");
    for (user, answer, text) in [
        (
            "",
            &basic,
            "The proxy proxy.test:3128 wants a user and password (HTTP 407), and the monitor's configuration gives none.",
        ),
        (
            "ann:passw0rd@",
            &basic,
            "The proxy proxy.test:3128 does not take the user and password that the monitor's configuration gives for it \
             (HTTP 407).",
        ),
        (
            "ann:passw0rd@",
            &b"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"Tinyproxy\"\r\n\r\n".to_vec(),
            "does not take the user and password that the monitor's configuration gives for it (HTTP 401).",
        ),
        (
            "ann:passw0rd@",
            &answer("Proxy-Authenticate: Negotiate s3cret\r\nProxy-Authenticate: NTLM\r\n"),
            "The proxy proxy.test:3128 wants a sign-in that the monitor does not know (HTTP 407): “Negotiate, NTLM”.",
        ),
    ] {
        let outcome = answered(user, answer).await;
        outcome.check(&Expected::blocked(Cause::ProxyAuth, text));
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_opens_no_tunnel_is_told_in_its_own_words() {
    let blocked = |text| Expected::blocked(Cause::ProxyRefused, text);
    let waiting = |text| Expected::waiting(Cause::ProxyRefused, text);
    for (status, expected) in [
        (
            "403 Filtered",
            blocked(
                "The proxy proxy.test:3128 answered HTTP 403 Forbidden instead of opening a tunnel to feeds.test:80. Its \
                 rules do not let the monitor reach that host and port: have them allowed there.",
            ),
        ),
        ("302 Found", blocked("HTTP 302 Found instead of opening a tunnel to feeds.test:80. It points elsewhere")),
        (
            "405 No",
            blocked("HTTP 405 Method Not Allowed instead of opening a tunnel to feeds.test:80. Check that it is"),
        ),
        ("501 No", blocked("HTTP 501 Not Implemented instead of opening a tunnel to feeds.test:80. Check that it is")),
        (
            "500 Unable to connect",
            waiting("HTTP 500 Internal Server Error instead of opening a tunnel to feeds.test:80. It cannot reach"),
        ),
        ("502 Bad", waiting("HTTP 502 Bad Gateway instead of opening a tunnel to feeds.test:80. It cannot reach that")),
        ("504 Late", waiting("HTTP 504 Gateway Timeout instead of opening a tunnel to feeds.test:80. It cannot reach")),
        (
            "503 Full\r\nRetry-After: 7",
            waiting("It cannot reach that host, or is itself out of order. Its log says which. It asks to wait 7 s.")
                .retry_ms(7_000..=7_500),
        ),
    ] {
        let outcome = answered("", format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nwhy?").as_bytes()).await;
        outcome.check(&expected);
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
        let evidence = outcome.evidence.expect("evidence");
        let tunnel = evidence.tunnel.expect("a tunnel");
        assert_eq!((tunnel.proxy.as_str(), tunnel.target.as_str()), ("proxy.test:3128", "feeds.test:80"));
        assert_eq!(evidence.http.expect("an answer").body.as_str(), "why?");
        assert_eq!(evidence.attempt.expect("an attempt").stage, Stage::Proxy);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_proxy_is_told_as_that() {
    let port = "Check that an HTTP proxy listens at that port.";
    for (answer, detail) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "The proxy proxy.test:3128 did not answer as an HTTP proxy does: "),
        (b"\x05\xff\r\n\r\n", port),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "more than an answer came, although nothing had been asked of the host yet."),
        (&[b"HTTP/1.1 200 OK\r\nX: ", &[b'x'; 70_000][..]].concat(), "its headers are larger than 64 KiB"),
    ] {
        let outcome = answered("", answer).await;
        outcome.check(&Expected::blocked(Cause::ProxyRefused, detail));
        outcome.check(&Expected::blocked(Cause::ProxyRefused, port));
        assert_eq!(outcome.connection.layer, Some(Layer::Http));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_does_not_answer_is_told_by_how_far_it_came() {
    let unreachable = |text| Expected::waiting(Cause::ProxyUnreachable, text);
    let hangs = async |mut stream| until_gone(&mut stream).await;
    let outcome = with_proxy("", hangs).await;
    outcome.check(&unreachable(
        "The proxy proxy.test:3128 accepted the connection but did not open a tunnel to feeds.test:80 within 5 s: it hangs, \
         or cannot reach that host.",
    ));
    assert_eq!(outcome.connection.layer, Some(Layer::Http));
    let hangs_up = async |mut stream: TcpStream| {
        request(&mut stream).await;
    };
    let text = "The proxy proxy.test:3128 hung up instead of opening a tunnel to feeds.test:80. Its log says why.";
    with_proxy("", hangs_up).await.check(&unreachable(text));

    let (port, _) = refusing_port();
    let refusing = port.local_addr().expect("an address");
    for (network, layer, text) in [
        (
            Network::At(refusing),
            Layer::Tcp,
            "The proxy proxy.test:3128 refused the connection: nothing is listening there. Check the service's proxy",
        ),
        (
            Network::NameUnknown,
            Layer::Dns,
            "The proxy proxy.test:3128 cannot be reached: there is no host named proxy.test, or it has no address.",
        ),
        (
            Network::NameServerSilent,
            Layer::Dns,
            "The proxy proxy.test:3128 cannot be reached: no name server gave an answer for its host within 5 s.",
        ),
        (
            Network::NoRoute,
            Layer::Tcp,
            "The proxy proxy.test:3128 cannot be reached: no route to host. Check the service's",
        ),
        (
            Network::SynDropped,
            Layer::Tcp,
            "The proxy proxy.test:3128 did not accept a TCP connection within 5 s. Check",
        ),
    ] {
        let outcome = behind(network, "", "ws").await.settled(ConnectionOptions::default()).await;
        outcome.check(&unreachable(text));
        assert_eq!(outcome.connection.layer, Some(layer));
    }
}

/// The proxy has half of the attempt's time, so that a service that hangs behind it is told as that.
#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_behind_the_proxy_is_told_from_the_proxy() {
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, TUNNEL).await;
        until_gone(&mut stream).await;
    };
    let outcome = with_proxy("", script).await;
    let text = "The server accepted the connection but did not answer the WebSocket upgrade within 10 s.";
    outcome.check(&Expected::waiting(Cause::HandshakeTimeout, text));
}
