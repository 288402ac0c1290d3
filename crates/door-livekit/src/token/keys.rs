//! API keys: what checks tokens, and what makes them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moim_types::Redacted;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Grants, VideoGrant};

/// Longest token that is looked at, in bytes. Metadata and attributes travel in it.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// By how much clocks may differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// API keys and their secrets.
#[derive(Clone, Default)]
pub struct Keys {
    secrets: BTreeMap<String, Redacted<String>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.secrets.keys()).finish()
    }
}

/// Why a token is not accepted. What goes outside says no more than that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("a token is needed")]
    Missing,
    /// It is not one of ours.
    #[error("the token is not valid")]
    Wrong,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It is not good yet.
    #[error("the token is not valid yet")]
    TooEarly,
    /// Its holder was sent away after it was made.
    #[error("the token has been revoked")]
    Revoked,
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// There is no such key.
    #[error("there is no API key of this name")]
    UnknownKey,
    /// The claims cannot be written down.
    #[error("the token cannot be signed")]
    Claims(#[from] jsonwebtoken::errors::Error),
}

/// What is read without trust, to find the key to check with.
#[derive(Deserialize)]
struct UncheckedIssuer {
    #[serde(default)]
    iss: String,
}

/// A token's body.
#[derive(Deserialize)]
struct Received {
    #[serde(deserialize_with = "seconds")]
    exp: Duration,
    #[serde(default, deserialize_with = "some_seconds")]
    nbf: Option<Duration>,
    #[serde(default, deserialize_with = "some_seconds")]
    iat: Option<Duration>,
    #[serde(default)]
    jti: String,
    #[serde(flatten)]
    grants: Grants,
}

/// The same, as we write it.
#[derive(Serialize)]
struct Sent<'a> {
    iss: &'a str,
    exp: u64,
    nbf: u64,
    iat: u64,
    #[serde(flatten)]
    grants: &'a Grants,
}

impl Keys {
    /// These keys and secrets.
    pub fn new(secrets: impl IntoIterator<Item = (String, Redacted<String>)>) -> Self {
        Self { secrets: secrets.into_iter().collect() }
    }

    /// Whether there is a key of this name.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.secrets.contains_key(key)
    }

    /// The names of all keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str)
    }

    /// Checks a token; `now` is the time since 1970.
    ///
    /// # Errors
    /// When it is not a token that one of the keys signed, or not good now.
    pub fn verify(&self, token: &str, now: Duration) -> Result<Grants, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Wrong);
        }
        let issuer = unchecked_issuer(token)?;
        // An unknown key costs the same work as a known one with a wrong signature, and says the same.
        let unknown = Redacted::new(UNKNOWN_KEY.to_owned());
        let (known, secret) = self.secrets.get(&issuer).map_or((false, &unknown), |secret| (true, secret));
        let received = check_signature(token, secret)?;
        if !known {
            return Err(TokenError::Wrong);
        }
        received.grants(issuer, now)
    }

    /// Signs a token that is good from `now` (since 1970) for `lifetime`, with the named key.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn sign(
        &self,
        key: &str,
        grants: &Grants,
        now: Duration,
        lifetime: Duration,
    ) -> Result<Redacted<String>, SignError> {
        let secret = self.secrets.get(key).ok_or(SignError::UnknownKey)?;
        let now = now.as_secs();
        let body = Sent { iss: key, exp: now.saturating_add(lifetime.as_secs()), nbf: now, iat: now, grants };
        let key = EncodingKey::from_secret(secret.reveal().as_bytes());
        Ok(Redacted::new(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &body, &key)?))
    }
}

/// A token with which `identity` joins `room`, good from `now` (since 1970) for `lifetime`.
///
/// # Errors
/// When there is no key of this name.
pub fn access_token(
    keys: &Keys,
    key: &str,
    identity: &str,
    room: &str,
    now: Duration,
    lifetime: Duration,
) -> Result<Redacted<String>, SignError> {
    let video = VideoGrant { room_join: true, room: room.to_owned(), ..VideoGrant::default() };
    let grants = Grants { identity: identity.to_owned(), video: Some(video), ..Grants::default() };
    keys.sign(key, &grants, now, lifetime)
}

impl Received {
    fn grants(self, key: String, now: Duration) -> Result<Grants, TokenError> {
        if self.exp.saturating_add(LEEWAY) < now {
            return Err(TokenError::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now.saturating_add(LEEWAY)) {
            return Err(TokenError::TooEarly);
        }
        let mut grants = self.grants;
        if grants.identity.is_empty() {
            grants.identity = self.jti;
        }
        Ok(Grants { key, issued: self.nbf.or(self.iat).unwrap_or_default(), expires: self.exp, ..grants })
    }
}

/// Reads `iss` before the signature is checked, and nothing else.
fn unchecked_issuer(token: &str) -> Result<String, TokenError> {
    jsonwebtoken::dangerous::insecure_decode_claims::<UncheckedIssuer>(token)
        .map(|claims| claims.iss)
        .map_err(|_| TokenError::Wrong)
}

fn check_signature(token: &str, secret: &Redacted<String>) -> Result<Received, TokenError> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "iss"]);
    // Time is an argument here; the library would read the clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    // Other services of an application may read the same token.
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.reveal().as_bytes());
    jsonwebtoken::decode::<Received>(token, &key, &validation).map(|data| data.claims).map_err(|_| TokenError::Wrong)
}

/// Some libraries write dates with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

fn some_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    seconds(deserializer).map(Some)
}

/// What tokens of unknown keys are checked with. The result is thrown away.
const UNKNOWN_KEY: &str = "no token is signed with this";
