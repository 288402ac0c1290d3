//! Where events go: only to what the operator has configured.

use std::fmt::Write as _;

use reqwest::Url;
use sha2::{Digest, Sha256};

/// A URL that cannot be used for webhooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It is none.
    #[error("webhook {0} is not a URL: write https://host/path")]
    NotAUrl(String),
    /// It asks for something else than HTTP.
    #[error("webhook {0} must begin with https:// or http://")]
    Scheme(String),
    /// Requests are signed; a password in the URL would stand in logs.
    #[error("the webhook for {0} has a user or a password in its URL: take it out, requests are signed")]
    Credentials(String),
}

/// A checked URL.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// Where requests go.
    pub(super) url: Url,
    /// As logs show it: without the query, in which secrets travel.
    pub(super) shown: String,
    /// The name of its file in the data folder.
    pub(super) file_name: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, BadUrl> {
        let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl(text.to_owned()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadUrl::Scheme(text.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::Credentials(host));
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let shown = format!("{}://{host}{port}{}", url.scheme(), url.path());
        let file_name = format!("webhooks-{}.jsonl", digest(url.as_str()));
        Ok(Self { url, shown, file_name })
    }
}

/// The first half of a SHA-256, in hexadecimal digits.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_without_credentials_is_taken() {
        assert_eq!(Address::parse("hook").unwrap_err(), BadUrl::NotAUrl("hook".into()));
        assert_eq!(Address::parse("file:///etc/passwd").unwrap_err(), BadUrl::Scheme("file:///etc/passwd".into()));
        assert_eq!(Address::parse("https://me:you@host/").unwrap_err(), BadUrl::Credentials("host".into()));
    }

    #[test]
    fn a_query_is_not_shown() {
        let address = Address::parse("https://host:8443/hook?token=secret").unwrap();
        assert_eq!(address.shown, "https://host:8443/hook");
        assert!(!address.file_name.contains("secret"));
        let other = Address::parse("https://host:8443/hook?token=other").unwrap();
        assert_ne!(address.file_name, other.file_name);
    }
}
