//! A certificate in use, and what can be wrong with one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why there is no certificate to show. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file could not be read.
    #[error("cannot read {what} {path}: {source}")]
    Read {
        /// Which file it is to us.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}. Let the server write there, or set server.data_dir to another directory")]
    Write {
        /// Where it should go.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} holds no {what} in PEM form. It should have a block that begins with -----BEGIN {block}-----")]
    NotPem {
        /// Which file it is to us.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The PEM label that was looked for.
        block: &'static str,
    },
    /// The key is of a kind that cannot sign.
    #[error("the private key {path} cannot be used: {source}. Use an ECDSA, RSA or Ed25519 key without a passphrase")]
    Key {
        /// The key's file.
        path: PathBuf,
        /// What the library said.
        source: rustls::Error,
    },
    /// The key is not the certificate's.
    #[error(
        "the private key {key} does not belong to the certificate {certificate}. Use the key that the certificate was requested with"
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate cannot be understood.
    #[error("the certificate {path} cannot be understood: {reason}")]
    Certificate {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Making a certificate failed.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    Library(rustls::Error),
}

/// A certificate with its key and its facts.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) expires_unix: i64,
}

impl Loaded {
    /// Puts chain and key together, and checks that they belong together.
    pub(super) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        certificate_path: &Path,
        key_path: &Path,
    ) -> Result<Self, TlsError> {
        let signing = aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|source| TlsError::Key { path: key_path.to_owned(), source })?;
        let expires_unix = expiry(&chain, certificate_path)?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(_) => {
                return Err(TlsError::Mismatch { certificate: certificate_path.to_owned(), key: key_path.to_owned() });
            }
        }
        Ok(Self { key: Arc::new(certified), expires_unix })
    }

    /// The server's own certificate.
    pub(super) fn leaf(&self) -> Option<&CertificateDer<'static>> {
        self.key.cert.first()
    }
}

fn expiry(chain: &[CertificateDer<'_>], path: &Path) -> Result<i64, TlsError> {
    let wrong = |reason: &str| TlsError::Certificate { path: path.to_owned(), reason: reason.to_owned() };
    let leaf = chain.first().ok_or_else(|| wrong("the file is empty"))?;
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|error| wrong(&error.to_string()))?;
    Ok(parsed.validity().not_after.timestamp())
}

/// The certificate that new handshakes get; it can be replaced while the server runs.
#[derive(Debug)]
pub(super) struct Shown(ArcSwap<Loaded>);

impl Shown {
    pub(super) fn new(loaded: Loaded) -> Self {
        Self(ArcSwap::from_pointee(loaded))
    }

    pub(super) fn replace(&self, loaded: Loaded) {
        self.0.store(Arc::new(loaded));
    }

    pub(super) fn expires_unix(&self) -> i64 {
        self.0.load().expires_unix
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load().key.clone())
    }
}
