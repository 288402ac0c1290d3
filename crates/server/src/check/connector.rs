//! TLS as a client that looks at the certificate, whatever it is, and tells what browsers would think of it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::target::PATIENCE;

/// Opens TLS connections without insisting on trust.
pub(super) struct Connector {
    provider: Arc<CryptoProvider>,
    browsers: Arc<WebPkiServerVerifier>,
}

/// A TLS connection, and what was shown on it.
pub(super) struct Secured {
    pub(super) stream: TlsStream<TcpStream>,
    pub(super) certificate: Seen,
}

/// The server's certificate and what browsers think of it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) der: CertificateDer<'static>,
    pub(super) verdict: Result<(), Error>,
}

impl Connector {
    pub(super) fn new() -> anyhow::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let browsers = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .context("the list of trusted authorities cannot be used")?;
        Ok(Self { provider, browsers })
    }

    /// The TLS handshake with `host` over `stream`.
    pub(super) async fn secure(&self, stream: TcpStream, host: &str, alpn: &[&[u8]]) -> Result<Secured, String> {
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_owned())
            .map_err(|_| format!("{host} is no name for a certificate"))?;
        let witness = Arc::new(Witness { browsers: self.browsers.clone(), seen: Mutex::new(None) });
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let handshake = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
        let stream = handshake
            .map_err(|_| "the TLS handshake got no answer. Does something else listen there?".to_owned())?
            .map_err(|error| format!("the TLS handshake failed: {error}. Does something else listen there?"))?;
        let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let certificate = seen.ok_or_else(|| "the server showed no certificate".to_owned())?;
        Ok(Secured { stream, certificate })
    }
}

/// Lets every certificate pass, and remembers it. The handshake's signature is still checked: the server has the key.
#[derive(Debug)]
struct Witness {
    browsers: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Seen>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.browsers.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map(|_| ());
        let seen = Seen { der: end_entity.clone().into_owned(), verdict };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.browsers.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.browsers.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.browsers.supported_verify_schemes()
    }
}

impl Seen {
    /// Whether nobody but the server itself vouches for it.
    pub(super) const fn is_untrusted(&self) -> bool {
        matches!(self.verdict, Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)))
    }
}
