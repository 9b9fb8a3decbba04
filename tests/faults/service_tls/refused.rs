//! Servers that refuse a client certificate, or get none.

use std::sync::Arc;

use tokio_rustls::rustls::{
    CertificateError as Why, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    SupportedProtocolVersion,
    client::danger::HandshakeSignatureValid,
    crypto::{verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use wsmon_model::{Cause, ConnectionOptions};

use super::{
    super::{
        outcome::{Expected, Outcome},
        tls::Authority,
        wire::Server,
    },
    BOTH, CA, acceptor, client_named, issue, monitor, only_of, provider, write,
};

/// Refuses every client certificate for one reason.
#[derive(Debug)]
struct Refusing(Why);

impl ClientCertVerifier for Refusing {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Err(Error::InvalidCertificate(self.0.clone()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What comes of a server that treats a client certificate so.
async fn refused_by(clients: Arc<dyn ClientCertVerifier>, version: &'static SupportedProtocolVersion) -> Outcome {
    let (authority, server) = (Authority::new("ours"), Server::start().await);
    let monitor = monitor(&server, true).await;
    write(&monitor, CA, authority.certificate().pem());
    issue(&monitor, &authority, &client_named("monitor"));
    let acceptor = acceptor(&authority, &[], clients, &[version]);
    let script = async |stream| drop(acceptor.accept(stream).await);
    server.during(script, monitor.settled(ConnectionOptions::default())).await
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_it_says_why() {
    #[derive(Debug)]
    struct Unsaid;
    impl std::fmt::Display for Unsaid {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("unsaid")
        }
    }
    impl std::error::Error for Unsaid {}

    let rows = [
        (Why::UnknownIssuer, "it does not know or trust the authority that issued it (unknown_ca). Use one of an"),
        (Why::Expired, "by its clock it has expired, or is not valid yet (certificate_expired). Renew it"),
        (Why::Revoked, "it was revoked (certificate_revoked). Have another one issued."),
        (Why::BadEncoding, "it could not be checked (bad_certificate). Compare what client-cert holds"),
        (Why::InvalidPurpose, "it is not of a kind for clients (unsupported_certificate). Have one issued"),
        (Why::ApplicationVerificationFailure, "it is valid, but its owner may not connect (access_denied). Have the"),
        (Why::Other(OtherError(Arc::new(Unsaid))), "it does not say why (certificate_unknown). Look in the server's"),
    ];
    for (why, text) in rows {
        for version in BOTH {
            let outcome = refused_by(Arc::new(Refusing(why.clone())), version).await;
            outcome.check(&Expected::blocked(Cause::TlsFailure, text));
            let whole = outcome.connection.cause_text.as_deref().expect("a sentence");
            assert!(whole.starts_with("TLS failed: the server refused the monitor's client certificate “monitor”: "));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_an_authority_that_the_server_does_not_know() {
    for version in BOTH {
        let outcome = refused_by(only_of(&Authority::new("theirs")), version).await;
        outcome.check(&Expected::blocked(Cause::TlsFailure, "or trust the authority that issued it (unknown_ca)."));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_one_and_gets_none() {
    for version in BOTH {
        let (authority, server) = (Authority::new("ours"), Server::start().await);
        let monitor = monitor(&server, false).await;
        write(&monitor, CA, authority.certificate().pem());
        let acceptor = acceptor(&authority, &[], only_of(&authority), &[version]);
        let script = async |stream| drop(acceptor.accept(stream).await);
        let outcome = server.during(script, monitor.settled(ConnectionOptions::default())).await;
        let text = "certificate_required. It asks for a client certificate. Name one in the service's configuration: \
                    client-cert and client-key.";
        outcome.check(&Expected::blocked(Cause::TlsFailure, text));
    }
}
