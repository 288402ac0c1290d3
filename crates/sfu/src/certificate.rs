//! The DTLS certificate of this process.

use std::fmt;
use std::sync::Arc;

use str0m::config::DtlsCert;

/// A self-signed certificate and its key, shared by all legs of all shards: making one costs more
/// than a whole handshake, and its fingerprint travels in signaling (RFC 8122), so that nobody
/// gains from a fresh one.
#[derive(Clone)]
pub struct Certificate(Arc<DtlsCert>);

/// No certificate could be made: the machine gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no DTLS certificate could be made; does this machine have a source of randomness?")]
pub struct NoCertificate;

impl Certificate {
    /// Makes a certificate. The one place of this crate where randomness does not come from a seed:
    /// a private key never should.
    ///
    /// # Errors
    /// When the cryptographic library cannot make a key.
    pub fn generate() -> Result<Self, NoCertificate> {
        let provider = str0m::crypto::from_feature_flags();
        let made = provider.dtls_provider.generate_certificate().ok_or(NoCertificate)?;
        Ok(Self(Arc::new(made)))
    }

    pub(crate) fn to_dtls(&self) -> DtlsCert {
        (*self.0).clone()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}
