//! Tells one event to one receiver.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use livekit_protocol as proto;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};

use super::start::WebhooksError;
use crate::token::{Grants, Keys, unix_now};

/// How long a signature is good.
const SIGNATURE_LIFETIME: Duration = Duration::from_secs(300);

/// How a telling went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver has it.
    Told,
    /// The receiver does not want it, and will not want it later.
    Refused(StatusCode),
    /// The receiver could not take it, which may change.
    Failed(Failure),
}

/// Why a telling has to be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It could not be signed or written.
    NotSent,
    /// No connection came about, or it broke off.
    NoConnection,
    /// It took too long.
    TimeOut,
    /// The receiver said so.
    Status(StatusCode),
}

/// Signs and sends. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    client: Client,
    keys: Keys,
    key: String,
}

impl Courier {
    pub(super) fn new(keys: Keys, key: String, time_out: Duration) -> Result<Self, WebhooksError> {
        if !keys.contains(&key) {
            return Err(WebhooksError::UnknownKey(key));
        }
        let client = Client::builder()
            // A receiver must not be able to send us on to somebody else.
            .redirect(Policy::none())
            .no_proxy()
            .timeout(time_out)
            .connect_timeout(time_out)
            .user_agent(concat!("moim/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(WebhooksError::Client)?;
        Ok(Self { client, keys, key })
    }

    /// Tells `event`, and that `dropped` were dropped before it.
    pub(super) async fn tell(&self, url: Url, event: &proto::WebhookEvent, dropped: u64) -> Outcome {
        let Some((body, signature)) = self.signed(event, dropped) else { return Outcome::Failed(Failure::NotSent) };
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/webhook+json"))
            // Receivers expect the token alone, without "Bearer".
            .header(header::AUTHORIZATION, signature)
            .body(body);
        match request.send().await {
            Ok(response) => outcome(response.status()),
            Err(error) if error.is_timeout() => Outcome::Failed(Failure::TimeOut),
            Err(_) => Outcome::Failed(Failure::NoConnection),
        }
    }

    fn signed(&self, event: &proto::WebhookEvent, dropped: u64) -> Option<(Vec<u8>, HeaderValue)> {
        let body = body(event, dropped)?;
        let grants = Grants { sha256: STANDARD.encode(Sha256::digest(&body)), ..Grants::default() };
        let token = self.keys.sign(&self.key, &grants, unix_now(), SIGNATURE_LIFETIME).ok()?;
        let mut signature = HeaderValue::from_str(token.reveal()).ok()?;
        signature.set_sensitive(true);
        Some((body, signature))
    }
}

#[expect(deprecated, reason = "receivers may read `numDropped`")]
fn body(event: &proto::WebhookEvent, dropped: u64) -> Option<Vec<u8>> {
    let num_dropped = i32::try_from(dropped).unwrap_or(i32::MAX);
    serde_json::to_vec(&proto::WebhookEvent { num_dropped, ..event.clone() }).ok()
}

/// A redirect is a mistake in the configuration, and so may be mended: it counts as a failure.
fn outcome(status: StatusCode) -> Outcome {
    let may_change = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    if status.is_success() {
        Outcome::Told
    } else if status.is_client_error() && !may_change.contains(&status) {
        Outcome::Refused(status)
    } else {
        Outcome::Failed(Failure::Status(status))
    }
}
