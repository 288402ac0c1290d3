//! Access tokens, made from the server's key and secret.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Args;
use jsonwebtoken::{EncodingKey, Header};
use moim_types::Redacted;
use serde::Serialize;

/// Who may make tokens.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApiKey {
    /// A key of the server.
    #[arg(long, env = "LIVEKIT_API_KEY", default_value = "devkey")]
    pub(crate) api_key: String,
    /// Its secret.
    #[arg(long, env = "LIVEKIT_API_SECRET", default_value = "secret", hide_default_value = true)]
    pub(crate) api_secret: Redacted<String>,
}

/// What a participant may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct May {
    pub(crate) publish: bool,
    pub(crate) view: bool,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    name: &'a str,
    nbf: u64,
    exp: u64,
    video: Grant<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grant<'a> {
    room_join: bool,
    room: &'a str,
    can_publish: bool,
    can_subscribe: bool,
    can_publish_data: bool,
}

const LIFETIME_S: u64 = 6 * 3600;

impl ApiKey {
    pub(crate) fn token(&self, room: &str, identity: &str, may: May) -> anyhow::Result<Redacted<String>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?.as_secs();
        let claims = Claims {
            iss: &self.api_key,
            sub: identity,
            name: identity,
            nbf: now.saturating_sub(10),
            exp: now + LIFETIME_S,
            video: Grant {
                room_join: true,
                room,
                can_publish: may.publish,
                can_subscribe: may.view,
                can_publish_data: true,
            },
        };
        let key = EncodingKey::from_secret(self.api_secret.reveal().as_bytes());
        Ok(Redacted::new(jsonwebtoken::encode(&Header::default(), &claims, &key)?))
    }
}
