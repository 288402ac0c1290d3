//! A name and a password for TURN: from the configuration, or as a client gets them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use moim_turn::issue_credential;
use moim_types::Redacted;
use serde::Deserialize;

use super::connector::Connector;
use super::web::{Https, get};
use crate::config::Settings;

/// What opens TURN.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub(super) username: String,
    pub(super) password: Redacted<String>,
}

/// One of the ICE servers that the door gives out.
#[derive(Deserialize)]
struct IceServer {
    username: Option<String>,
    credential: Option<String>,
}

/// The first that there is, or what to do to have one.
pub(super) async fn find(
    settings: &Settings,
    https: Option<&Https<'_>>,
    connector: &Connector,
    key: Option<Redacted<String>>,
) -> Result<Credential, String> {
    let turn = settings.turn.as_ref().ok_or_else(|| "switched off".to_owned())?;
    if let Some(secret) = &turn.shared_secret {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let issued = issue_credential(secret, "moim-check", (now + LIFETIME).as_secs());
        return Ok(Credential { username: issued.username, password: issued.password });
    }
    if let Some((username, password)) = turn.users.first_key_value() {
        return Ok(Credential { username: username.clone(), password: password.clone() });
    }
    match (https, key) {
        (Some(https), Some(key)) => from_the_door(https, connector, &key).await,
        (None, _) => Err("no credentials: HTTPS, where clients get them, does not answer".to_owned()),
        (_, None) => Err("no credentials: set turn.shared_secret or direct.token to have it checked".to_owned()),
    }
}

async fn from_the_door(https: &Https<'_>, connector: &Connector, key: &Redacted<String>) -> Result<Credential, String> {
    let mut request = get("/direct/ice-servers", &https.authority())?;
    let bearer = format!("Bearer {}", key.reveal())
        .parse()
        .map_err(|_| "direct.token has characters that HTTP does not carry")?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let response = https.ask(connector, request).await?;
    let servers: Vec<IceServer> = serde_json::from_slice(response.body())
        .map_err(|_| format!("no credentials: /direct/ice-servers answers {}", response.status()))?;
    let usable = servers.into_iter().find_map(|server| server.username.zip(server.credential));
    let (username, password) = usable.ok_or_else(|| "the door gives no credentials for TURN".to_owned())?;
    Ok(Credential { username, password: Redacted::new(password) })
}

const LIFETIME: Duration = Duration::from_secs(600);
