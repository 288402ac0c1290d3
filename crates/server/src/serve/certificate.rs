//! The certificate that the configuration asks for.

use moim_net::tls::{AcmeOptions, AcmeRenewal, CertificateSource, Files, SelfSigned, TlsError};

use crate::config::{CertificatePlan, Settings};

/// The certificate, and what must be run to keep it fresh.
pub(super) fn open(settings: &Settings) -> Result<(CertificateSource, Option<AcmeRenewal>), TlsError> {
    match &settings.certificate {
        CertificatePlan::SelfSigned => {
            let plan = SelfSigned {
                directory: settings.data_dir.join("tls"),
                hosts: settings.public_host.iter().cloned().collect(),
            };
            Ok((CertificateSource::self_signed(plan)?, None))
        }
        CertificatePlan::Files { certificate, key } => {
            let files = Files { certificate: certificate.clone(), key: key.clone() };
            Ok((CertificateSource::files(files)?, None))
        }
        CertificatePlan::Acme { host, email, directory, ca_file } => {
            let options = AcmeOptions {
                directory: directory.clone(),
                ca_file: ca_file.clone(),
                host: host.clone(),
                email: email.clone(),
                cache: settings.data_dir.join("acme"),
            };
            let (source, renewal) = CertificateSource::acme(&options)?;
            Ok((source, Some(renewal)))
        }
    }
}
