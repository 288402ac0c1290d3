//! A certificate from an ACME directory, by the TLS-ALPN-01 challenge on the HTTPS port.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt;
use rustls::crypto::aws_lc_rs;
use rustls::server::ResolvesServerCert;
use rustls::{ClientConfig, RootCertStore};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState, EventOk};
use tracing::{error, info};

use super::certificate::TlsError;
use super::files;
use super::self_signed::make_private_directory;

/// Whom to ask for a certificate, and for which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeOptions {
    /// The directory's URL; `None`: Let's Encrypt.
    pub directory: Option<String>,
    /// Certificates to trust when talking to the directory; `None`: those that browsers trust.
    pub ca_file: Option<PathBuf>,
    /// The name to get a certificate for.
    pub host: String,
    /// Where the directory may write to; `None`: nowhere.
    pub email: Option<String>,
    /// Where account and certificate are kept between starts.
    pub cache: PathBuf,
}

/// Gets the certificate and keeps it fresh, for as long as it is run.
pub struct AcmeRenewal {
    state: AcmeState<io::Error>,
    host: String,
}

impl AcmeRenewal {
    pub(super) fn new(options: &AcmeOptions) -> Result<Self, TlsError> {
        // The cache holds the private key.
        make_private_directory(&options.cache)
            .map_err(|source| TlsError::Write { path: options.cache.clone(), source })?;
        let mut config = AcmeConfig::new([&options.host]).directory_lets_encrypt(true);
        if let Some(directory) = &options.directory {
            config = config.directory(directory);
        }
        if let Some(email) = &options.email {
            config = config.contact_push(format!("mailto:{email}"));
        }
        if let Some(path) = &options.ca_file {
            config = config.client_tls_config(trusting(path)?);
        }
        Ok(Self { state: config.cache(DirCache::new(options.cache.clone())).state(), host: options.host.clone() })
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        self.state.resolver()
    }

    /// Runs until it is dropped.
    pub async fn run(mut self) {
        while let Some(event) = self.state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert) => info!(host = %self.host, "got a new certificate"),
                Ok(EventOk::DeployedCachedCert) => {
                    info!(host = %self.host, "using the kept certificate")
                }
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(error) => error!(
                    host = %self.host, %error,
                    "no certificate from the ACME directory; trying again later. \
                     It must reach this server's HTTPS listener on port 443 of that name"
                ),
            }
        }
    }
}

impl fmt::Debug for AcmeRenewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeRenewal").field("host", &self.host).finish_non_exhaustive()
    }
}

fn trusting(path: &std::path::Path) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in files::chain(path)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Certificate { path: path.to_owned(), reason: error.to_string() })?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Library)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
