//! Which certificates are in use, and when they end.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{
    clock::unix_ms,
    describe::{client_certificate, server_certificate},
    failure::Failure,
    host_certificate::Shown,
    manager::ConnectionManager,
    tls::{ClientCertificate, ClientFiles},
};
use wsmon_model::ServiceName;

/// When a certificate of a service ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateEnd {
    /// The service.
    pub service: ServiceName,
    /// `server` for the one that its host showed last, `client` for the one that is shown to it.
    pub certificate: &'static str,
    /// When it, or an intermediate one that came with it, ends, in Unix milliseconds.
    pub ends_ms: i64,
}

impl ConnectionManager {
    /// When the certificates of services that have endpoints end: of the hosts' those that were seen, and of the client
    /// certificates those that can be read. Reads files that have changed, and so blocks the thread.
    pub fn certificate_ends(&self) -> Vec<CertificateEnd> {
        let summaries = self.0.registry.summaries();
        let used = self.0.upstreams.values().filter(|upstream| summaries.contains_key(&upstream.name));
        let mut ends = Vec::new();
        for upstream in used {
            let service = &upstream.name;
            let mut add = |certificate, ends_ms| {
                ends.push(CertificateEnd { service: service.clone(), certificate, ends_ms });
            };
            if let Some(shown) = upstream.certificate.last() {
                add("server", shown.ends_ms);
            }
            if let Some(files) = &upstream.tls.client
                && let Ok(client) = self.0.dialer.tls.client(files)
            {
                add("client", client.ends_ms);
            }
        }
        ends
    }

    /// Sentences that say which certificates a service uses and when they end.
    pub async fn certificates(&self, service: &ServiceName) -> Vec<String> {
        let Some(upstream) = self.0.upstreams.get(service) else { return Vec::new() };
        let now_ms = unix_ms(self.0.config.clock.now());
        let mut sentences = Vec::new();
        if let Some(Shown { certificate, ends_ms, at_ms, .. }) = upstream.certificate.last() {
            sentences.push(server_certificate(&certificate, ends_ms, at_ms, now_ms));
        }
        if let Some(files) = upstream.tls.client.clone() {
            sentences.push(match self.client_certificate(files).await {
                Ok(client) => client_certificate(&client.certificate, client.ends_ms, now_ms),
                Err(failure) => failure.to_string(),
            });
        }
        sentences
    }

    /// Of each service the failure that its files of TLS would bring to an attempt now, if any.
    pub async fn unusable_certificates(&self) -> Vec<(ServiceName, Failure)> {
        let mut unusable = Vec::new();
        for upstream in self.0.upstreams.values() {
            let checked = self.0.dialer.check_service(upstream).await;
            unusable.extend(checked.err().map(|failure| (upstream.name.clone(), failure)));
        }
        unusable
    }

    async fn client_certificate(&self, files: ClientFiles) -> Result<Arc<ClientCertificate>, Failure> {
        let tls = self.0.dialer.tls.clone();
        spawn_blocking(move || tls.client(&files)).await.unwrap_or(Err(Failure::Internal))
    }
}
