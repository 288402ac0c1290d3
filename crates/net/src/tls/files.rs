//! Certificate and key from PEM files.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Files;
use super::certificate::{Loaded, TlsError};

pub(super) fn load(files: &Files) -> Result<Loaded, TlsError> {
    let chain = chain(&files.certificate)?;
    let key = key(&files.key)?;
    Loaded::new(chain, key, &files.certificate, &files.key)
}

/// Every certificate of a PEM file; at least one.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read("the certificate", path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TlsError::NotPem { what: "certificate", path: path.to_owned(), block: "CERTIFICATE" }),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read("the private key", path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_not_pem| TlsError::NotPem {
        what: "private key",
        path: path.to_owned(),
        block: "PRIVATE KEY",
    })
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { what, path: path.to_owned(), source })
}
