//! The direct door: a key for it, and a signaling connection over WebSocket.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{CONTENT_TYPE, HOST, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderValue, Request};
use http_body_util::Full;
use moim_types::Redacted;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::connector::Connector;
use super::report::Report;
use super::target::PATIENCE;
use super::web::Https;
use crate::config::{Mode, Settings};

/// Looks at the door, and returns what opens it.
pub(super) async fn check(
    settings: &Settings,
    mode: Mode,
    https: Option<&Https<'_>>,
    connector: &Connector,
    report: &mut Report,
) -> Option<Redacted<String>> {
    let Some(https) = https else {
        report.skipped(WHAT, "needs HTTPS");
        return None;
    };
    let key = match &settings.direct.token {
        Some(token) => Some(token.clone()),
        None if settings.app_open => join(https, connector).await.ok(),
        None => None,
    };
    let Some(key) = key else {
        report.skipped(WHAT, "direct.token is empty and app.open is false: nobody can come in");
        return None;
    };
    match signal(https, connector, &key).await {
        Ok(note) => report.ok(WHAT, note),
        Err(note) if mode == Mode::Production && note.contains("refused the token") => {
            report.failed(WHAT, format!("{note}. Was the server started with --dev? Then check with --dev"));
        }
        Err(note) => report.failed(WHAT, note),
    }
    Some(key)
}

/// A token from `POST /direct/join`, as the app gets one.
async fn join(https: &Https<'_>, connector: &Connector) -> Result<Redacted<String>, String> {
    let body = json!({ "room": ROOM }).to_string();
    let request = Request::post("/direct/join")
        .header(HOST, https.authority())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| error.to_string())?;
    let response = https.ask(connector, request).await?;
    let answer: Value = serde_json::from_slice(response.body()).map_err(|error| error.to_string())?;
    let token = answer.get("token").and_then(Value::as_str).ok_or("no token")?;
    Ok(Redacted::new(token.to_owned()))
}

async fn signal(https: &Https<'_>, connector: &Connector, key: &Redacted<String>) -> Result<String, String> {
    let secured = https.open(connector).await?;
    let url = format!("wss://{}/direct?room={ROOM}", https.authority());
    let mut request = url.into_client_request().map_err(|error| error.to_string())?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("moim.direct.v1"));
    let talk = async {
        let (mut socket, _) = client_async(request, secured.stream).await.map_err(|error| {
            format!("the server does not upgrade to WebSocket: {error}. A proxy between must pass Upgrade on")
        })?;
        let hello = json!({ "type": "auth", "token": key.reveal() }).to_string();
        socket.send(Message::text(hello)).await.map_err(|error| error.to_string())?;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            return match answer.get("event").and_then(Value::as_str) {
                Some("authenticated") => Ok("the door lets us in".to_owned()),
                _ => Err("the door refused the token. Does the server run with this configuration?".to_owned()),
            };
        }
        Err("the connection was closed without an answer".to_owned())
    };
    let answered = timeout(PATIENCE, Box::pin(talk)).await;
    answered.unwrap_or_else(|_| Err("no answer over WebSocket within 5 s".to_owned()))
}

const WHAT: &str = "signaling over WebSocket";
/// A room of the check's own; nobody is registered in it.
const ROOM: &str = "moim-check";
