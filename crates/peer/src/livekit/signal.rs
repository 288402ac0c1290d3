//! The WebSocket to the server: one protobuf message in each binary frame.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use livekit_protocol::{SignalRequest, SignalResponse, signal_request, signal_response};
use moim_types::Redacted;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use super::error::RoomError;
use super::options::RoomOptions;

pub(super) struct Signal(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// The generation of the protocol that is spoken here.
const PROTOCOL: u32 = 17;
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_MESSAGE_BYTES: usize = 16 << 20;

impl Signal {
    /// Opens the session at an [`address`].
    pub(super) async fn open(address: &str, token: &Redacted<String>) -> Result<Self, RoomError> {
        let mut request = address.into_client_request().map_err(signal)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.reveal()));
        let bearer = bearer.map_err(|_| RoomError::Signal("the token has letters that no token has".to_owned()))?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST_MESSAGE_BYTES));
        let connector = Some(Connector::Rustls(trust()?));
        let connecting = tokio_tungstenite::connect_async_tls_with_config(request, Some(config), true, connector);
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let (socket, _) = connected.map_err(|_| RoomError::TimedOut(PATIENCE.as_secs()))?.map_err(refused)?;
        Ok(Self(socket))
    }

    pub(super) async fn send(&mut self, message: signal_request::Message) -> Result<(), RoomError> {
        let bytes = SignalRequest { message: Some(message) }.encode_to_vec();
        self.0.send(Message::Binary(Bytes::from(bytes))).await.map_err(signal)
    }

    /// The next message; `None` when the server has closed. Messages that are newer than this
    /// client are skipped.
    pub(super) async fn next(&mut self) -> Result<Option<signal_response::Message>, RoomError> {
        while let Some(frame) = self.0.next().await {
            match frame.map_err(signal)? {
                Message::Binary(bytes) => {
                    let response =
                        SignalResponse::decode(bytes).map_err(|error| RoomError::Protocol(error.to_string()))?;
                    if response.message.is_some() {
                        return Ok(response.message);
                    }
                }
                Message::Close(_) => return Ok(None),
                Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Ok(None)
    }

    pub(super) async fn first(&mut self) -> Result<signal_response::Message, RoomError> {
        let next = tokio::time::timeout(PATIENCE, self.next()).await;
        let next = next.map_err(|_| RoomError::TimedOut(PATIENCE.as_secs()))??;
        next.ok_or_else(|| RoomError::Signal("the server closed it at once".to_owned()))
    }

    pub(super) async fn close(&mut self) {
        // The other side may be gone already.
        let _ = self.0.close(None).await;
    }
}

/// Where a session with these options begins.
pub(super) fn address(url: &str, options: &RoomOptions) -> Result<String, RoomError> {
    let unknown = || RoomError::Address(url.to_owned());
    let (scheme, rest) = url.split_once("://").ok_or_else(unknown)?;
    let scheme = match scheme {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return Err(unknown()),
    };
    let base = rest.trim_end_matches('/');
    if base.is_empty() {
        return Err(unknown());
    }
    Ok(format!(
        "{scheme}://{base}/rtc?protocol={PROTOCOL}&sdk=rust&version={}&os={}&auto_subscribe={}&adaptive_stream={}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        u8::from(options.auto_subscribe),
        u8::from(options.adaptive_stream),
    ))
}

fn trust() -> Result<Arc<rustls::ClientConfig>, RoomError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| RoomError::Signal(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn signal(error: tungstenite::Error) -> RoomError {
    RoomError::Signal(error.to_string())
}

fn refused(error: tungstenite::Error) -> RoomError {
    match error {
        tungstenite::Error::Http(response) => {
            let status = response.status().as_u16();
            let body = response.into_body().unwrap_or_default();
            RoomError::Refused { status, reason: String::from_utf8_lossy(&body).trim().to_owned() }
        }
        other => signal(other),
    }
}
