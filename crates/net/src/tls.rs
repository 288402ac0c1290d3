//! The server's certificate, from wherever it comes, and the TLS configuration made with it.
//!
//! HTTPS and TURN over TLS show the same certificate. A reload changes it for new connections; open ones go on.

mod acme;
mod certificate;
mod files;
mod self_signed;

pub use acme::{AcmeOptions, AcmeRenewal};
pub use certificate::TlsError;
pub use self_signed::SelfSigned;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::ResolvesServerCert;
use time::OffsetDateTime;

use certificate::Shown;

/// ALPN of HTTP/2 (RFC 9113 §3.1).
pub const ALPN_H2: &[u8] = b"h2";
/// ALPN of HTTP/1.1 (RFC 7301 §6).
pub const ALPN_HTTP_1_1: &[u8] = b"http/1.1";
/// ALPN of STUN and TURN over TLS (RFC 7443 §3).
pub const ALPN_STUN_TURN: &[u8] = b"stun.turn";
/// ALPN by which an ACME directory checks that we hold a name (RFC 8737 §6.2).
pub const ALPN_ACME: &[u8] = b"acme-tls/1";

/// Where the certificate comes from.
#[derive(Debug)]
pub struct CertificateSource {
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    SelfSigned(SelfSigned, Arc<Shown>),
    Files(Files, Arc<Shown>),
    Acme(Arc<dyn ResolvesServerCert>),
}

/// Certificate chain and key as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

impl CertificateSource {
    /// A certificate that this machine makes for itself, kept on disk.
    ///
    /// # Errors
    /// When it can be neither read nor made and kept.
    pub fn self_signed(plan: SelfSigned) -> Result<Self, TlsError> {
        let shown = Arc::new(Shown::new(plan.load_or_make(OffsetDateTime::now_utc())?));
        Ok(Self { origin: Origin::SelfSigned(plan, shown) })
    }

    /// A certificate that somebody else keeps fresh in files.
    ///
    /// # Errors
    /// When a file cannot be read or understood, or key and certificate do not belong together.
    pub fn files(files: Files) -> Result<Self, TlsError> {
        let shown = Arc::new(Shown::new(files::load(&files)?));
        Ok(Self { origin: Origin::Files(files, shown) })
    }

    /// A certificate from an ACME directory (RFC 8555, RFC 8737). The renewal must be run for as long as
    /// the server runs; until it has got the first certificate, handshakes fail.
    ///
    /// # Errors
    /// When the cache directory cannot be made or the directory's CA file cannot be read.
    pub fn acme(options: &AcmeOptions) -> Result<(Self, AcmeRenewal), TlsError> {
        let renewal = AcmeRenewal::new(options)?;
        let origin = Origin::Acme(renewal.resolver());
        Ok((Self { origin }, renewal))
    }

    /// Looks again at the files, and remakes a self-made certificate that is about to expire.
    ///
    /// # Errors
    /// As at the start. The certificate in use stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        match &self.origin {
            Origin::SelfSigned(plan, shown) => shown.replace(plan.load_or_make(OffsetDateTime::now_utc())?),
            Origin::Files(files, shown) => shown.replace(files::load(files)?),
            // The renewal looks after itself.
            Origin::Acme(_) => {}
        }
        Ok(())
    }

    /// When the certificate in use expires, in seconds since 1970. `None`: an ACME directory keeps it fresh.
    #[must_use]
    pub fn expires_unix(&self) -> Option<i64> {
        match &self.origin {
            Origin::SelfSigned(_, shown) | Origin::Files(_, shown) => Some(shown.expires_unix()),
            Origin::Acme(_) => None,
        }
    }

    /// Whether browsers will warn about the certificate.
    #[must_use]
    pub const fn is_self_signed(&self) -> bool {
        matches!(self.origin, Origin::SelfSigned(..))
    }

    /// TLS for a listener that speaks the protocols of `alpn`, the preferred one first.
    ///
    /// # Errors
    /// When the cryptography library refuses its own defaults.
    pub fn server_config(&self, alpn: &[&[u8]]) -> Result<Arc<ServerConfig>, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = match &self.origin {
            Origin::SelfSigned(_, shown) | Origin::Files(_, shown) => shown.clone(),
            Origin::Acme(resolver) => resolver.clone(),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Library)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Library)?;
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests;
