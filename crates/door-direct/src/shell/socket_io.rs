//! The Socket.IO transport: namespace `/`, over WebSocket and long polling.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use serde::Deserialize;
use serde_json::Value;
use socketioxide::adapter::Adapter;
use socketioxide::extract::{Extension, SocketRef, TryData};
use socketioxide::handler::{ConnectHandler, FromMessageParts};
use socketioxide::{ParserConfig, SendError, SocketError, SocketIo};
use socketioxide_core::Value as Packet;

use crate::exchange::{Command, DisconnectReason, Event};
use crate::hub::{Session, unix_now};
use crate::names::RoomName;
use crate::outbox::Outgoing;
use crate::stats::Refusal;

use super::Shared;
use super::admission::WRONG_TOKEN_DELAY;

/// A ping every ten seconds; silence of twenty-five ends the session.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// A session that has shown no good token by then is closed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Packets inside the library's own queue; ours is behind it.
const INNER_QUEUE: usize = 256;
/// How long to wait for room in the library's queue before trying again.
const RETRY: Duration = Duration::from_millis(20);
/// The library ends a session, and with it what is on the way to the client, when an event comes for a namespace that is
/// closed. Who is closed for sending too much has events on the way: what it still sends is dropped for so long.
const LINGER: Duration = Duration::from_secs(1);

/// The route `/socket.io/`.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router {
    // Between the bound and four times it, a message earns a `limitError`; past that, the end of the session.
    let hard_bytes = shared.bounds.message_bytes.saturating_mul(4);
    let parser = ParserConfig::common()
        .max_incoming_binary_buf_size(shared.bounds.message_bytes)
        .max_incoming_binaries(16)
        .packet_completion_timeout(CONNECT_TIMEOUT);
    let (service, io) = SocketIo::builder()
        .req_path("/socket.io")
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .max_buffer_size(INNER_QUEUE)
        .max_payload(hard_bytes as u64)
        .ws_max_message_size(hard_bytes)
        .ws_max_frame_size(hard_bytes)
        .with_parser(parser)
        .build_svc();
    let shared = shared.clone();
    let admit = move |socket: SocketRef, TryData(auth): TryData<Value>| admit(shared.clone(), socket, auth.ok());
    io.ns("/", begin.with(admit));
    Router::new().route_service("/socket.io", service.clone()).route_service("/socket.io/", service)
}

/// What the client sends in the handshake's `auth`.
#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    room: Option<String>,
}

/// The text of a connect error, as the client sees it in `message`.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("Authentication error")]
    Authentication,
    #[error("The room's name is not accepted: {0}")]
    Room(crate::names::NameError),
    #[error("The server is being stopped; try again in a minute")]
    Draining,
    #[error("The server has no place for another connection; try later")]
    Full,
}

/// Checks the token and lets the connection in. The event handlers are set here, before the client is told that it is
/// connected, so that no event can come before them.
async fn admit(shared: Arc<Shared>, socket: SocketRef, auth: Option<Value>) -> Result<(), ConnectError> {
    let auth = auth.and_then(|auth| serde_json::from_value(auth).ok());
    let auth: Auth = auth.unwrap_or(Auth { token: None, room: None });
    let room = match &auth.room {
        None => None,
        Some(name) => Some(RoomName::new(name, &shared.bounds).map_err(|error| {
            shared.hub.refuse(Refusal::BadRequest);
            ConnectError::Room(error)
        })?),
    };
    let grant = shared.authority.admit(auth.token.as_deref(), room.as_ref(), &shared.bounds, unix_now());
    let Ok(grant) = grant else {
        shared.hub.refuse(Refusal::Authentication);
        tokio::time::sleep(WRONG_TOKEN_DELAY).await;
        return Err(ConnectError::Authentication);
    };
    let attached = shared.hub.attach(socket.id.to_string(), grant, socket.req_parts());
    let (session, outgoing) = attached.map_err(|refusal| match refusal {
        Refusal::Draining => ConnectError::Draining,
        _ => ConnectError::Full,
    })?;
    listen(&socket, Arc::new(session), outgoing);
    Ok(())
}

/// Waits in the socket between the handshake's check and its end.
#[derive(Clone)]
struct Admitted {
    session: Arc<Session>,
    outgoing: Arc<Mutex<Option<Outgoing>>>,
}

/// The library calls a handler in the order of the events and spawns what it returns, so all work is done in the call, and
/// the future is a formality.
fn listen(socket: &SocketRef, session: Arc<Session>, outgoing: Outgoing) {
    for (name, command) in
        [("ready", register as fn(Arguments) -> Command), ("message", message), ("messageOne", message_one)]
    {
        let session = session.clone();
        socket.on(name, move |arguments: Arguments| {
            let bytes = arguments.bytes;
            session.command(command(arguments), bytes);
            ready(())
        });
    }
    let unknown = session.clone();
    socket.on_fallback(move |arguments: Arguments| {
        let bytes = arguments.bytes;
        unknown.command(Command::Ping, bytes);
        ready(())
    });
    let gone = session.clone();
    socket.on_disconnect(move || {
        gone.detach();
        ready(())
    });
    socket.extensions.insert(Admitted { session, outgoing: Arc::new(Mutex::new(Some(outgoing))) });
}

async fn begin(socket: SocketRef, Extension(admitted): Extension<Admitted>) {
    socket.extensions.remove::<Admitted>();
    let outgoing = admitted.outgoing.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(outgoing) = outgoing {
        forward(socket, admitted.session, outgoing).await;
    }
}

/// Hands events to the library until the connection is over.
async fn forward(socket: SocketRef, session: Arc<Session>, mut outgoing: Outgoing) {
    while let Some(event) = outgoing.next().await {
        tokio::select! {
            biased;
            () = outgoing.cut_off() => break,
            open = emit(&socket, &event) => if !open { break },
        }
    }
    session.detach();
    if outgoing.verdict() == Some(DisconnectReason::Limit) {
        tokio::time::sleep(LINGER).await;
    }
    disconnect(&socket).await;
}

/// Whether the socket is still open after it.
async fn emit(socket: &SocketRef, event: &Event) -> bool {
    loop {
        // A tuple is the list of arguments; the data is the one of them.
        match socket.emit(event.name, &(&*event.data,)) {
            Ok(()) => return true,
            Err(SendError::Socket(SocketError::InternalChannelFull)) => tokio::time::sleep(RETRY).await,
            Err(_) => return false,
        }
    }
}

/// Tells the client that it is out. While it reads nothing it cannot be told; its heartbeat then ends the session.
async fn disconnect(socket: &SocketRef) {
    while socket.connected() {
        match socket.clone().disconnect() {
            Err(SocketError::InternalChannelFull) => tokio::time::sleep(RETRY * 10).await,
            _ => return,
        }
    }
}

/// An event's arguments, with their length on the wire.
struct Arguments {
    values: Result<Vec<Value>, &'static str>,
    bytes: usize,
}

impl Arguments {
    /// A command of the arguments, or of what is wrong with them.
    fn into_command(self, make: impl FnOnce(Vec<Value>) -> Command) -> Command {
        match self.values {
            Ok(values) => make(values),
            Err(message) => Command::Unusable { message: message.to_owned() },
        }
    }
}

impl<A: Adapter> FromMessageParts<A> for Arguments {
    type Error = std::convert::Infallible;

    fn from_message_parts(
        _: &Arc<socketioxide::socket::Socket<A>>,
        packet: &mut Packet,
        _: &Option<i64>,
    ) -> Result<Self, Self::Error> {
        let binary = || Err("binary data cannot be passed on; send JSON, or send it peer to peer");
        Ok(match packet {
            Packet::Str(text, None) => Self { values: parse(text), bytes: text.len() },
            Packet::Str(text, Some(attachments)) => {
                let bytes = text.len() + attachments.iter().map(Bytes::len).sum::<usize>();
                Self { values: binary(), bytes }
            }
            Packet::Bytes(bytes) => Self { values: binary(), bytes: bytes.len() },
        })
    }
}

/// The packet is a JSON array of the event's name and its arguments.
fn parse(text: &str) -> Result<Vec<Value>, &'static str> {
    let mut values: Vec<Value> = serde_json::from_str(text).map_err(|_| "the event is not valid JSON")?;
    if !values.is_empty() {
        values.remove(0);
    }
    Ok(values)
}

fn register(arguments: Arguments) -> Command {
    arguments.into_command(|values| {
        let mut values = values.into_iter();
        let peer_id = values.next().unwrap_or(Value::Null);
        Command::Ready { peer_id, peer_type: values.next() }
    })
}

fn message(arguments: Arguments) -> Command {
    arguments.into_command(|values| Command::Message(first(values)))
}

fn message_one(arguments: Arguments) -> Command {
    arguments.into_command(|values| Command::MessageOne(first(values)))
}

/// Without an argument it is `null`, as `undefined` is in JSON.
fn first(values: Vec<Value>) -> Value {
    values.into_iter().next().unwrap_or(Value::Null)
}
