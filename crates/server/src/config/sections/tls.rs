//! `[tls]`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::config::private_file;
use crate::config::problems::Problems;
use crate::config::settings::CertificatePlan;
use crate::config::tree;
use crate::config::values;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SelfSigned,
    Files,
    Acme,
}

const KINDS: [(&str, Kind); 3] = [("self-signed", Kind::SelfSigned), ("files", Kind::Files), ("acme", Kind::Acme)];

pub(super) fn understand(section: &tree::Tls, public_host: &str, problems: &mut Problems) -> Option<CertificatePlan> {
    let kind = problems.take(values::word("tls.mode", &section.mode, &KINDS))?;
    refuse_keys_of_other_kinds(section, kind, problems);
    match kind {
        Kind::SelfSigned => Some(CertificatePlan::SelfSigned),
        Kind::Files => files(section, problems),
        Kind::Acme => acme(section, public_host, problems),
    }
}

/// A key that would be ignored was meant to do something.
fn refuse_keys_of_other_kinds(section: &tree::Tls, kind: Kind, problems: &mut Problems) {
    let keys = [
        ("tls.cert_file", &section.cert_file, Kind::Files),
        ("tls.key_file", &section.key_file, Kind::Files),
        ("tls.acme_email", &section.acme_email, Kind::Acme),
        ("tls.acme_directory", &section.acme_directory, Kind::Acme),
        ("tls.acme_ca_file", &section.acme_ca_file, Kind::Acme),
    ];
    for (key, value, owner) in keys {
        if value.is_empty() || owner == kind {
            continue;
        }
        let wanted = KINDS.iter().find(|(_, kind)| *kind == owner);
        let wanted = wanted.map_or("", |(word, _)| *word);
        problems.add(format!(
            "{key} is set but tls.mode is \"{}\": set tls.mode = \"{wanted}\" or take {key} out",
            section.mode
        ));
    }
}

fn files(section: &tree::Tls, problems: &mut Problems) -> Option<CertificatePlan> {
    let pairs = [("tls.cert_file", &section.cert_file), ("tls.key_file", &section.key_file)];
    for (key, value) in pairs {
        if value.is_empty() {
            problems.add(format!("tls.mode is \"files\" but {key} is empty: name the PEM file"));
        }
    }
    problems.take(private_file::check(Path::new(&section.key_file), "holds a private key"))?;
    Some(CertificatePlan::Files {
        certificate: PathBuf::from(&section.cert_file),
        key: PathBuf::from(&section.key_file),
    })
}

fn acme(section: &tree::Tls, host: &str, problems: &mut Problems) -> Option<CertificatePlan> {
    if host.parse::<IpAddr>().is_ok() || !host.contains('.') {
        problems.add(format!(
            "tls.mode is \"acme\" but server.public_host = \"{host}\" is no public name: set it to the name that clients use"
        ));
    }
    let set = |text: &String| (!text.is_empty()).then(|| text.clone());
    let directory = set(&section.acme_directory);
    if directory.as_ref().is_some_and(|url| !url.starts_with("https://")) {
        problems.add("tls.acme_directory must be a URL that begins with https://");
    }
    let email = set(&section.acme_email);
    if email.as_ref().is_some_and(|email| !email.contains('@')) {
        problems.add("tls.acme_email is no e-mail address: correct it or leave it empty");
    }
    Some(CertificatePlan::Acme {
        host: host.to_ascii_lowercase(),
        email,
        directory,
        ca_file: set(&section.acme_ca_file).map(PathBuf::from),
    })
}
