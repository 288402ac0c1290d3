//! One client, over either transport, by frames written by hand.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message, http::HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Which transport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Transport {
    WebSocket,
    SocketIo,
}

pub(crate) const BOTH: [Transport; 2] = [Transport::WebSocket, Transport::SocketIo];

pub(crate) struct Side {
    pub(crate) transport: Transport,
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Side {
    /// Opened, but not authenticated.
    pub(crate) async fn open(transport: Transport, address: SocketAddr, room: &str) -> Result<Self, Error> {
        Self::open_from(transport, address, room, None).await
    }

    pub(crate) async fn open_from(
        transport: Transport,
        address: SocketAddr,
        room: &str,
        origin: Option<&'static str>,
    ) -> Result<Self, Error> {
        let url = match transport {
            Transport::WebSocket => format!("ws://{address}/direct?room={room}"),
            Transport::SocketIo => format!("ws://{address}/socket.io/?EIO=4&transport=websocket"),
        };
        let mut request = url.into_client_request()?;
        if transport == Transport::WebSocket {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("moim.direct.v1"));
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        }
        let (socket, _) = connect_async(request).await?;
        let mut side = Self { transport, socket };
        if transport == Transport::SocketIo {
            assert!(side.text().await.starts_with("0{"), "the engine's opening");
        }
        Ok(side)
    }

    /// Authenticated; the answer is the caller's.
    pub(crate) async fn authenticate(&mut self, token: &str, room: &str) -> (String, Value) {
        let text = match self.transport {
            Transport::WebSocket => json!({ "type": "auth", "token": token }).to_string(),
            Transport::SocketIo => format!("40{}", json!({ "token": token, "room": room })),
        };
        self.socket.send(Message::text(text)).await.unwrap();
        self.next().await
    }

    /// In the room.
    pub(crate) async fn enter(transport: Transport, address: SocketAddr, token: &str, room: &str) -> Self {
        let mut side = Self::open(transport, address, room).await.unwrap();
        let (event, data) = side.authenticate(token, room).await;
        assert_eq!(event, "authenticated", "{data}");
        side
    }

    /// Registered, with its `open` and `iceServers` read.
    pub(crate) async fn registered(transport: Transport, address: SocketAddr, room: &str, name: &str) -> Self {
        let mut side = Self::enter(transport, address, super::TOKEN, room).await;
        side.ready(name).await;
        assert_eq!(side.next().await.0, "message");
        assert_eq!(side.next().await.0, "iceServers");
        side
    }

    pub(crate) async fn ready(&mut self, name: &str) {
        match self.transport {
            Transport::WebSocket => self.send("ready", json!({ "peerId": name })).await,
            Transport::SocketIo => self.send("ready", json!(name)).await,
        }
    }

    pub(crate) async fn send(&mut self, event: &str, data: Value) {
        self.try_send(event, data).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, event: &str, data: Value) -> Result<(), Error> {
        let text = match self.transport {
            Transport::WebSocket => json!({ "event": event, "data": data }).to_string(),
            Transport::SocketIo => format!("42{}", json!([event, data])),
        };
        self.socket.send(Message::text(text)).await
    }

    /// The next event; Socket.IO's answers are put into the words of the other transport.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        loop {
            let text = self.text().await;
            if self.transport == Transport::WebSocket {
                let mut frame: Value = serde_json::from_str(&text).unwrap();
                return (frame["event"].as_str().unwrap().to_owned(), frame["data"].take());
            }
            if text == "2" {
                self.socket.send(Message::text("3")).await.unwrap();
            } else if let Some(event) = text.strip_prefix("42") {
                let mut event: Value = serde_json::from_str(event).unwrap();
                return (event[0].as_str().unwrap().to_owned(), event[1].take());
            } else if text.starts_with("40") {
                return ("authenticated".to_owned(), json!({}));
            } else if let Some(error) = text.strip_prefix("44") {
                return ("connect_error".to_owned(), serde_json::from_str(error).unwrap());
            } else if text == "41" {
                return ("disconnect".to_owned(), Value::Null);
            }
        }
    }

    /// Reads until the server closes it; what came before, and the close code.
    pub(crate) async fn drain(&mut self) -> (Vec<String>, Option<u16>) {
        let mut events = Vec::new();
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.socket.next()).await.expect("an end");
            match message {
                Some(Ok(Message::Text(text))) if text.as_str() == "41" => return (events, None),
                Some(Ok(Message::Text(text))) => events.push(text.to_string()),
                Some(Ok(Message::Close(frame))) => return (events, frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (events, None),
            }
        }
    }

    async fn text(&mut self) -> String {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(10), self.socket.next()).await.expect("a frame");
            match message.expect("the connection is open").unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }
}
