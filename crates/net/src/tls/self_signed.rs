//! A certificate that this machine makes for itself, and keeps so that a browser has to be told only once.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rcgen::string::Ia5String;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use time::{Duration, OffsetDateTime};
use tracing::info;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Files;
use super::certificate::{Loaded, TlsError};
use super::files;
use crate::interfaces;

/// What a self-made certificate is for, and where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfSigned {
    /// The directory of certificate and key; made if it is not there.
    pub directory: PathBuf,
    /// Names and addresses that it must be good for, beside `localhost`, the loopback addresses and the
    /// addresses of this machine's interfaces.
    pub hosts: Vec<String>,
}

impl SelfSigned {
    /// Where certificate and key are kept.
    #[must_use]
    pub fn files(&self) -> Files {
        Files {
            certificate: self.directory.join("self-signed-cert.pem"),
            key: self.directory.join("self-signed-key.pem"),
        }
    }

    /// The kept certificate if it is still good, else a new one.
    pub(super) fn load_or_make(&self, now: OffsetDateTime) -> Result<Loaded, TlsError> {
        let wanted = self.wanted_names();
        let paths = self.files();
        // Whatever is wrong with the kept files, new ones put it right.
        if let Ok(kept) = files::load(&paths)
            && is_good(&kept, &wanted, now)
        {
            return Ok(kept);
        }
        self.make(&wanted, now)?;
        info!(path = %paths.certificate.display(), "made a self-signed certificate");
        files::load(&paths)
    }

    fn wanted_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::from(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        names.extend(self.hosts.iter().map(|host| host.to_ascii_lowercase()));
        names.extend(interfaces::addresses().map(|address| address.to_string()));
        names
    }

    fn make(&self, names: &BTreeSet<String>, now: OffsetDateTime) -> Result<(), TlsError> {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Moim, self-signed");
        params.subject_alt_names = names.iter().filter_map(|name| subject(name)).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // A client whose clock is a little slow accepts it too.
        params.not_before = now - Duration::DAY;
        params.not_after = now + LIFETIME;
        let certificate = params.self_signed(&key)?;

        let paths = self.files();
        let write = |path: &Path, content: String, mode| {
            replace_file(path, &content, mode).map_err(|source| TlsError::Write { path: path.to_owned(), source })
        };
        make_private_directory(&self.directory)
            .map_err(|source| TlsError::Write { path: self.directory.clone(), source })?;
        write(&paths.key, key.serialize_pem(), 0o600)?;
        write(&paths.certificate, certificate.pem(), 0o644)
    }
}

/// A directory that only we can look into. One that is already there is left as it is.
pub(super) fn make_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes beside the file and renames: a reader never sees half of it, nor a key with looser permissions.
fn replace_file(path: &Path, content: &str, mode: u32) -> io::Result<()> {
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&fresh)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

fn is_good(kept: &Loaded, wanted: &BTreeSet<String>, now: OffsetDateTime) -> bool {
    let renew_at = kept.expires_unix - RENEW_BEFORE.whole_seconds();
    let Some(names) = kept.leaf().and_then(|leaf| names_of(leaf)) else {
        return false;
    };
    now.unix_timestamp() < renew_at && wanted.is_subset(&names)
}

/// The names and addresses in a certificate, written as we write them.
fn names_of(certificate: &[u8]) -> Option<BTreeSet<String>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let written = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(dns) => Some((*dns).to_owned()),
        GeneralName::IPAddress(octets) => ip_of(octets).map(|ip| ip.to_string()),
        _ => None,
    });
    Some(written.collect())
}

fn ip_of(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// `None` for a name that no certificate can carry.
fn subject(name: &str) -> Option<SanType> {
    match name.parse() {
        Ok(address) => Some(SanType::IpAddress(address)),
        Err(_) => Ia5String::try_from(name).ok().map(SanType::DnsName),
    }
}

/// Browsers refuse certificates that live much longer.
const LIFETIME: Duration = Duration::days(397);
const RENEW_BEFORE: Duration = Duration::days(30);
