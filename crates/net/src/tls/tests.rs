//! Certificates in a scratch directory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use time::Duration;

use super::*;

fn plan(directory: &Path, hosts: &[&str]) -> SelfSigned {
    SelfSigned { directory: directory.join("tls"), hosts: hosts.iter().map(|&host| host.to_owned()).collect() }
}

fn certificate(plan: &SelfSigned) -> Vec<u8> {
    fs::read(plan.files().certificate).unwrap()
}

#[test]
fn a_self_signed_certificate_is_made_once_and_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &["meet.example"]);
    let source = CertificateSource::self_signed(plan.clone()).unwrap();
    assert!(source.is_self_signed());
    let first = certificate(&plan);
    CertificateSource::self_signed(plan.clone()).unwrap();
    source.reload().unwrap();
    assert_eq!(certificate(&plan), first);
}

#[test]
fn only_the_owner_can_read_the_key() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &[]);
    CertificateSource::self_signed(plan.clone()).unwrap();
    let mode = fs::metadata(plan.files().key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_new_host_name_remakes_the_certificate() {
    let scratch = tempfile::tempdir().unwrap();
    let old = plan(scratch.path(), &["meet.example"]);
    CertificateSource::self_signed(old.clone()).unwrap();
    let first = certificate(&old);
    CertificateSource::self_signed(plan(scratch.path(), &["other.example"])).unwrap();
    assert_ne!(certificate(&old), first);
}

#[test]
fn a_damaged_key_is_replaced() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &[]);
    CertificateSource::self_signed(plan.clone()).unwrap();
    fs::write(plan.files().key, "nonsense").unwrap();
    CertificateSource::self_signed(plan.clone()).unwrap();
    assert_ne!(fs::read(plan.files().key).unwrap(), b"nonsense");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (one, two) = (plan(&scratch.path().join("1"), &[]), plan(&scratch.path().join("2"), &[]));
    CertificateSource::self_signed(one.clone()).unwrap();
    CertificateSource::self_signed(two.clone()).unwrap();
    let mixed = Files { certificate: one.files().certificate, key: two.files().key };
    let error = CertificateSource::files(mixed).unwrap_err().to_string();
    assert!(error.contains("does not belong"), "{error}");
}

#[test]
fn a_broken_file_is_named_in_the_error() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &[]);
    CertificateSource::self_signed(plan.clone()).unwrap();
    let mut files = plan.files();
    files.key = scratch.path().join("key.pem");
    let missing = CertificateSource::files(files.clone()).unwrap_err();
    assert!(missing.to_string().contains("cannot read the private key"));
    fs::write(&files.key, "nonsense").unwrap();
    let broken = CertificateSource::files(files.clone()).unwrap_err();
    assert!(broken.to_string().contains("holds no private key"));
    fs::write(&files.certificate, "nonsense").unwrap();
    let broken = CertificateSource::files(files).unwrap_err();
    assert!(broken.to_string().contains("holds no certificate"));
}

#[test]
fn a_reload_shows_the_new_certificate_and_a_failed_one_keeps_the_old() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &[]);
    CertificateSource::self_signed(plan.clone()).unwrap();
    let source = CertificateSource::files(plan.files()).unwrap();
    let before = source.expires_unix();
    fs::write(plan.files().certificate, "nonsense").unwrap();
    assert!(source.reload().is_err());
    assert_eq!(source.expires_unix(), before);
    CertificateSource::self_signed(plan).unwrap();
    source.reload().unwrap();
}

#[test]
fn a_certificate_is_remade_before_it_expires() {
    let scratch = tempfile::tempdir().unwrap();
    let plan = plan(scratch.path(), &[]);
    let now = OffsetDateTime::now_utc();
    plan.load_or_make(now).unwrap();
    let first = certificate(&plan);
    plan.load_or_make(now + Duration::days(366)).unwrap();
    assert_eq!(certificate(&plan), first);
    plan.load_or_make(now + Duration::days(368)).unwrap();
    assert_ne!(certificate(&plan), first);
}
