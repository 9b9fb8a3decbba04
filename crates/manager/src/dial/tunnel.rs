//! Reaching a host through its service's proxy: a tunnel (RFC 9110 section 9.3.6), over which TLS and the upgrade then run.

use tokio::time::{Instant, timeout_at};
use wsmon_model::{PeerText, Stage, Tunnel};

use super::{
    Dialer, Reach, handshake::ask, refusal::Refusal, request::AGENT, socket_limit::Place, transport::BoxStream,
};
use crate::{
    failure::Failure,
    proxy::{Proxy, authority},
    secrets::Secrets,
};

impl Dialer {
    /// Has a proxy open a tunnel to the host, whose name is for the proxy to resolve. It has half of the attempt's time, so
    /// that the host itself has the other half.
    pub(super) async fn connect_through(
        &self,
        proxy: &Proxy,
        host: &str,
        port: u16,
        reach: Reach<'_>,
    ) -> Result<(BoxStream, Place), Failure> {
        let target = authority(host, port);
        let (progress, after) = (reach.progress, self.deadline / 2);
        let deadline = Instant::now() + after;
        let opened = timeout_at(deadline, self.open_tunnel(proxy, &target, reach, deadline)).await;
        let opened = opened.unwrap_or_else(|_| Err(Failure::Timeout { stage: progress.stage(), after }));
        opened.map_err(|why| why.of_proxy(tunnel(proxy, &target)))
    }

    /// The same without a deadline, but for the body of an answer that refuses.
    async fn open_tunnel(
        &self,
        proxy: &Proxy,
        target: &str,
        reach: Reach<'_>,
        deadline: Instant,
    ) -> Result<(BoxStream, Place), Failure> {
        let (authorization, secrets) = self.sign_in(proxy).await?;
        let progress = reach.progress;
        let (mut stream, place) = self.connect(proxy.host(), proxy.port(), reach).await?;
        progress.reached(Stage::Proxy);
        let (answer, early) = ask(&mut stream, &request(target, authorization.as_deref()), Stage::Proxy).await?;
        if !answer.status.is_success() {
            let refusal = Refusal { secrets, answer, early, stream, _place: place };
            return Err(refusal.read(deadline, self.clock.now()).await);
        }
        // Both TLS and HTTP wait for the client to speak first.
        if !early.is_empty() {
            let detail = "more than an answer came, although nothing had been asked of the host yet";
            return Err(Failure::InvalidHandshake { detail: PeerText::new(detail) });
        }
        Ok((stream, place))
    }

    /// Whether the password of a service's proxy can be read and used.
    pub(crate) async fn check_proxy(&self, proxy: &Proxy) -> Result<(), Failure> {
        self.sign_in(proxy).await.map(drop).map_err(|why| why.of_proxy(tunnel(proxy, "")))
    }

    /// What a proxy is sent to sign in, with its password as it is now, and what of that is secret.
    async fn sign_in(&self, proxy: &Proxy) -> Result<(Option<String>, Secrets), Failure> {
        let mut secrets = Secrets::read(proxy.reference(), self.secrets_dir.as_ref()).await?;
        match proxy.authorization(&mut secrets) {
            Ok(authorization) => Ok((authorization, secrets)),
            Err(why) => Err(Failure::Options { detail: PeerText::new(&why.to_string()) }),
        }
    }
}

/// A tunnel, as it is told of.
fn tunnel(proxy: &Proxy, target: &str) -> Tunnel {
    Tunnel { proxy: PeerText::new(&proxy.to_string()), target: PeerText::new(target), signs_in: proxy.signs_in() }
}

fn request(target: &str, authorization: Option<&str>) -> Vec<u8> {
    let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {AGENT}\r\n{authorization}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_what_the_standard_asks_for() {
        let agent = format!("User-Agent: {AGENT}\r\n");
        assert_eq!(
            request("[2001:db8::1]:443", None),
            format!("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n{agent}\r\n").into_bytes()
        );
        let signed_in = format!("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n{agent}Proxy-Authorization: Basic eDp5\r\n\r\n");
        assert_eq!(request("a:1", Some("Basic eDp5")), signed_in.into_bytes());
    }
}
