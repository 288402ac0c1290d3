//! A client by frames written by hand.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use proto::signal_request::Message as Request;
use proto::signal_response::Message;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{PATIENCE, Served, guest};

pub(crate) struct Signal {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

/// How the door refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What follows the path of a usual client with two connections.
pub(crate) const USUAL: &str = "protocol=16&sdk=js&auto_subscribe=1";

/// `join_request=…` with this inside.
pub(crate) fn join_request(request: &proto::JoinRequest) -> String {
    let wrapped = proto::WrappedJoinRequest { join_request: request.encode_to_vec(), ..Default::default() };
    format!("join_request={}", BASE64_URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec()))
}

pub(crate) fn add_track(cid: &str) -> Request {
    let kind = proto::TrackType::Audio.into();
    Request::AddTrack(proto::AddTrackRequest { cid: cid.into(), r#type: kind, ..Default::default() })
}

impl Signal {
    /// Opens `/rtc…?…` with a token.
    pub(crate) async fn open(address: SocketAddr, path: &str, token: &str) -> Result<Self, Refused> {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::open_over(stream, address, path, token).await
    }

    pub(crate) async fn open_over(
        stream: TcpStream,
        address: SocketAddr,
        path: &str,
        token: &str,
    ) -> Result<Self, Refused> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let config = WebSocketConfig::default().max_message_size(Some(64 << 20)).max_frame_size(Some(64 << 20));
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(Error::Http(response)) => {
                let status = response.status().as_u16();
                let body = response.into_body().unwrap_or_default();
                Err(Refused { status, body: String::from_utf8_lossy(&body).into_owned() })
            }
            // It was closed while this side was still asking.
            Err(Error::Io(error)) => Err(Refused { status: 0, body: error.to_string() }),
            Err(other) => panic!("{other}"),
        }
    }

    /// In the room, with everything read that comes by itself.
    pub(crate) async fn join(served: &Served, room: &str, identity: &str) -> (Self, proto::JoinResponse) {
        let token = served.token(&guest(room, identity));
        Self::join_as(served, &token).await
    }

    pub(crate) async fn join_as(served: &Served, token: &str) -> (Self, proto::JoinResponse) {
        let mut signal = Self::open(served.address, &format!("/rtc?{USUAL}"), token).await.unwrap();
        let Message::Join(join) = signal.next().await else { panic!("a join comes first") };
        (signal, join)
    }

    /// With a receive buffer so small that not reading is felt soon.
    pub(crate) async fn narrow(address: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(address).await.unwrap()
    }

    pub(crate) async fn send(&mut self, request: Request) {
        self.try_send(request).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, request: Request) -> Result<(), Error> {
        let bytes = proto::SignalRequest { message: Some(request) }.encode_to_vec();
        self.socket.send(Frame::Binary(bytes.into())).await
    }

    pub(crate) async fn next(&mut self) -> Message {
        loop {
            if let Frame::Binary(bytes) = self.frame().await
                && let Some(message) = proto::SignalResponse::decode(bytes).unwrap().message
            {
                return message;
            }
        }
    }

    /// The next message that is looked for; others are passed over.
    pub(crate) async fn until<T>(&mut self, look: impl Fn(Message) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(self.next().await) {
                return found;
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame comes");
        frame.expect("the connection is open").unwrap()
    }

    /// Asks for an answer, which shows that the connection works.
    pub(crate) async fn ping(&mut self) {
        self.send(Request::Ping(1)).await;
        self.until(|message| matches!(message, Message::Pong(_)).then_some(())).await;
    }

    /// Reads to the end; the code with which the server closed.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an end comes") {
                Some(Ok(Frame::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
