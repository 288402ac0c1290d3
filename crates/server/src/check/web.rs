//! HTTP, HTTPS and the certificate.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::connector::{Connector, Seen};
use super::report::Report;
use super::target::{PATIENCE, Target};
use crate::config::Settings;

/// Where HTTPS answered, for what else is asked over it.
pub(super) struct Https<'a> {
    target: &'a Target,
    listener: SocketAddr,
}

/// What listens on this machine for this machine.
pub(super) async fn check_local(settings: &Settings, target: &Target, report: &mut Report) {
    let listeners =
        [("HTTP without TLS", settings.listen.http, "/"), ("metrics and health", settings.listen.metrics, "/readyz")];
    for (what, listener, path) in listeners {
        match listener {
            None => report.skipped(what, "switched off"),
            Some(address) if target.is_named && address.ip().is_loopback() => {
                report.skipped(what, format!("{address} can only be reached from the machine itself"));
            }
            Some(address) => report.result(what, plain(target, address, path).await),
        }
    }
}

async fn plain(target: &Target, listener: SocketAddr, path: &str) -> Result<String, String> {
    let stream = target.connect(listener).await?;
    let request = get(path, &listener.to_string())?;
    let response = exchange(stream, request).await?;
    expect_ok(path, &response)
}

/// HTTPS and the certificate. `None` when it does not answer.
pub(super) async fn check_https<'a>(
    settings: &Settings,
    target: &'a Target,
    connector: &Connector,
    report: &mut Report,
) -> Option<Https<'a>> {
    let Some(listener) = settings.listen.https else {
        report.skipped("HTTPS", "switched off");
        return None;
    };
    let https = Https { target, listener };
    match https.fetch_start_page(connector).await {
        Ok((note, seen)) => {
            report.ok("HTTPS", note);
            report.result("certificate", judge(&seen, &target.host, now()));
            Some(https)
        }
        Err(note) => {
            report.failed("HTTPS", note);
            None
        }
    }
}

impl Https<'_> {
    /// `host:port`, as in a URL.
    pub(super) fn authority(&self) -> String {
        let host = &self.target.host;
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
        format!("{host}:{}", self.listener.port())
    }

    /// A TLS connection for HTTP/1.1.
    pub(super) async fn open(&self, connector: &Connector) -> Result<super::connector::Secured, String> {
        let stream = self.target.connect(self.listener).await?;
        connector.secure(stream, &self.target.host, &[b"http/1.1"]).await
    }

    /// One request on a connection of its own.
    pub(super) async fn ask(
        &self,
        connector: &Connector,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, String> {
        let secured = self.open(connector).await?;
        exchange(secured.stream, request).await
    }

    async fn fetch_start_page(&self, connector: &Connector) -> Result<(String, Seen), String> {
        let secured = self.open(connector).await?;
        let version = secured.stream.get_ref().1.protocol_version();
        let seen = secured.certificate.clone();
        let response = exchange(secured.stream, get("/", &self.authority())?).await?;
        let answered = expect_ok("/", &response)?;
        let version = version.and_then(|version| version.as_str()).unwrap_or("TLS").replace("TLSv1_", "TLS 1.");
        Ok((format!("{answered}, {version}"), seen))
    }
}

/// A request to read `path`.
pub(super) fn get(path: &str, host: &str) -> Result<Request<Full<Bytes>>, String> {
    let request = Request::get(path).header(http::header::HOST, host).body(Full::default());
    request.map_err(|error| format!("{path} cannot be asked for: {error}"))
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answered = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender.
        let driver = tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await?;
        driver.abort();
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    let answered = timeout(PATIENCE, answered).await;
    let answered = answered.map_err(|_| "the request got no answer within 5 s".to_owned())?;
    answered.map_err(|error: Box<dyn std::error::Error + Send + Sync>| format!("the answer was no HTTP: {error}"))
}

fn expect_ok(path: &str, response: &Response<Bytes>) -> Result<String, String> {
    match response.status() {
        StatusCode::OK => Ok(format!("{path} answers 200")),
        StatusCode::SERVICE_UNAVAILABLE => Err(format!("{path} answers 503: the server is being stopped")),
        other => Err(format!("{path} answers {other}. Is this Moim, and not another program?")),
    }
}

/// What a person must know of a certificate.
fn judge(seen: &Seen, host: &str, now: i64) -> Result<String, String> {
    let (_, certificate) =
        X509Certificate::from_der(&seen.der).map_err(|error| format!("it cannot be read: {error}"))?;
    let days = (certificate.validity().not_after.timestamp() - now) / 86_400;
    if days < 0 {
        return Err(format!("it expired {} days ago. Renew it, then send SIGHUP", -days));
    }
    let names = names(&certificate);
    if !names_include(&seen.der, host) {
        return Err(format!(
            "it is for {}, not for {host}. Set server.public_host, or get one with that name",
            names.join(", ")
        ));
    }
    if seen.verdict.is_ok() {
        return Ok(format!("trusted by browsers, for {}, {days} days left", names.join(", ")));
    }
    let kind = if certificate.issuer() == certificate.subject() {
        "self-signed"
    } else {
        "from an authority that browsers do not know"
    };
    if seen.is_untrusted() {
        return Ok(format!(
            "{kind}, for {}, {days} days left; browsers warn. For visitors set tls.mode to acme or files",
            names.join(", ")
        ));
    }
    let reason = seen.verdict.as_ref().err().map(ToString::to_string).unwrap_or_default();
    Err(format!("browsers refuse it: {reason}"))
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let all = &names.value.general_names;
    let domain = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(dns) => Some((*dns).to_owned()),
        _ => None,
    };
    let addresses = all.iter().filter(|name| matches!(name, GeneralName::IPAddress(_))).count();
    let mut shown: Vec<String> = all.iter().filter_map(domain).collect();
    if addresses > 0 {
        shown.push(format!("{addresses} addresses"));
    }
    shown
}

/// RFC 9525 §6, by the library.
fn names_include(der: &CertificateDer<'_>, host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let (Ok(certificate), Ok(name)) =
        (rustls::server::ParsedCertificate::try_from(der), rustls::pki_types::ServerName::try_from(host))
    else {
        return false;
    };
    rustls::client::verify_server_name(&certificate, &name).is_ok()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

const LONGEST_BODY: usize = 1024 * 1024;
