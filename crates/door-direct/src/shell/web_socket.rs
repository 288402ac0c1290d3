//! The plain WebSocket transport, `/direct`, sub-protocol `moim.direct.v1`.
//!
//! The first frame is `{"type": "auth", "token": …}`. The answer is the frame `authenticated`, or `connect_error` and a
//! close. From then on each frame, in both directions, is `{"event": …, "data": …}`; `ready` carries `{peerId, peerType}`,
//! and a `ping` is answered with a `pong` of the same data.
//!
//! | close code | why |
//! |---|---|
//! | 1009 | a frame of more than four times the bound |
//! | 4401 | no good token |
//! | 4408 | nothing was heard for 25 seconds |
//! | 4409 | the `peerId` is taken |
//! | 4410 | replaced by a newer connection of the same peer |
//! | 4429 | a bound was passed again and again, or nothing was read |
//! | 4503 | no place: the server is full or being stopped, or the room is full |

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::exchange::{Command, DisconnectReason, Event};
use crate::hub::{Session, unix_now};
use crate::names::RoomName;
use crate::outbox::Outgoing;
use crate::stats::Refusal;

use super::admission::{WRONG_TOKEN_DELAY, address};
use super::{Shared, refusal};

const SUB_PROTOCOL: &str = "moim.direct.v1";
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(10);
const PING_INTERVAL: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(25);
/// Who takes longer to take a frame reads nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// What is read at once: the WebSocket library clears all of it before each read, and keeps it.
const READ_BUFFER_BYTES: usize = 4 * 1024;

const CLOSE_AUTHENTICATION: u16 = 4401;
const CLOSE_TAKEN: u16 = 4409;
const CLOSE_REPLACED: u16 = 4410;
const CLOSE_LIMIT: u16 = 4429;
const CLOSE_FULL: u16 = 4503;
const CLOSE_SILENT: u16 = 4408;
/// RFC 6455 §7.4.1, "message too big": nearly always the reason.
const CLOSE_UNREADABLE: u16 = 1009;

#[derive(Deserialize)]
pub(crate) struct Place {
    #[serde(default)]
    room: Option<String>,
}

/// `GET /direct`.
pub(crate) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Query(place): Query<Place>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Err(response) = shared.check_arrival(address(&parts.extensions)) {
        return response;
    }
    let room = match place.room.as_deref().map(|name| RoomName::new(name, &shared.bounds)).transpose() {
        Ok(room) => room,
        Err(error) => {
            return bad_request(&shared, &format!("the room's name is not accepted: {error}"));
        }
    };
    let Ok(socket) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return bad_request(&shared, "this is a WebSocket endpoint");
    };
    let Ok(permit) = shared.unauthenticated.clone().try_acquire_owned() else {
        shared.hub.refuse(Refusal::Connections);
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "full", "too many connections wait for their token");
    };
    let hard_bytes = shared.bounds.message_bytes.saturating_mul(4);
    let socket = socket
        .protocols([SUB_PROTOCOL])
        .max_message_size(hard_bytes)
        .max_frame_size(hard_bytes)
        .read_buffer_size(READ_BUFFER_BYTES);
    if socket.selected_protocol().is_none() {
        return bad_request(&shared, "offer the WebSocket sub-protocol moim.direct.v1");
    }
    socket.on_upgrade(move |socket| async move {
        Box::pin(serve(shared, socket, room, parts, permit)).await;
    })
}

fn bad_request(shared: &Shared, message: &str) -> Response {
    shared.hub.refuse(Refusal::BadRequest);
    refusal(StatusCode::BAD_REQUEST, "badRequest", message)
}

/// One connection from its first frame to its last.
async fn serve(
    shared: Arc<Shared>,
    mut socket: WebSocket,
    room: Option<RoomName>,
    parts: Parts,
    permit: OwnedSemaphorePermit,
) {
    let token = timeout(AUTHENTICATION_TIMEOUT, first_frame(&mut socket)).await.ok().flatten();
    let now = unix_now();
    let Ok(grant) = shared.authority.admit(token.as_deref(), room.as_ref(), &shared.bounds, now) else {
        shared.hub.refuse(Refusal::Authentication);
        tokio::time::sleep(WRONG_TOKEN_DELAY).await;
        return refuse(socket, "Authentication error", CLOSE_AUTHENTICATION).await;
    };
    let attached = shared.hub.attach(new_socket_id(), grant, &parts);
    drop(permit);
    match attached {
        Ok((session, outgoing)) => {
            let close = converse(&mut socket, &session, outgoing).await;
            // The others learn of it before the last frame is written.
            session.detach();
            if let Some((code, reason)) = close {
                close_with(socket, code, reason).await;
            }
        }
        Err(Refusal::Draining) => {
            refuse(socket, "The server is being stopped; try again in a minute", CLOSE_FULL).await
        }
        Err(_) => refuse(socket, "The server has no place for another connection; try later", CLOSE_FULL).await,
    }
}

/// The token of the `auth` frame. `None`: something else came, or nothing.
async fn first_frame(socket: &mut WebSocket) -> Option<String> {
    #[derive(Deserialize)]
    struct Auth {
        r#type: String,
        #[serde(default)]
        token: String,
    }
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => {
                let auth: Auth = serde_json::from_str(&text).ok()?;
                return (auth.r#type == "auth").then_some(auth.token);
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) => return None,
        }
    }
}

/// Reads and writes until one side ends it; returns what to say in the end, if anything can be said.
async fn converse(socket: &mut WebSocket, session: &Session, mut outgoing: Outgoing) -> Option<(u16, &'static str)> {
    write(socket, &outgoing, frame("authenticated", &json!({}))).await.ok()?;
    let mut ticks = interval(PING_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut heard_at = Instant::now();
    loop {
        tokio::select! {
            event = outgoing.next() => match event {
                Some(event) => write(socket, &outgoing, frame(event.name, &event.data)).await.ok()?,
                None => return Some(closing(outgoing.verdict())),
            },
            received = socket.recv() => {
                let Ok(message) = received? else { return Some((CLOSE_UNREADABLE, "a frame is too long or broken")) };
                heard_at = Instant::now();
                if let Some(answer) = take(session, message) {
                    write(socket, &outgoing, answer).await.ok()?;
                }
            }
            _ = ticks.tick() => {
                if heard_at.elapsed() >= SILENCE {
                    return Some((CLOSE_SILENT, "nothing was heard"));
                }
                write(socket, &outgoing, Message::Ping(Bytes::new())).await.ok()?;
            }
        }
    }
}

/// Takes in a frame; returns the answer that needs no machine.
fn take(session: &Session, message: Message) -> Option<Message> {
    let text = match message {
        Message::Text(text) => text,
        Message::Binary(data) => {
            session.command(unusable("send text frames, not binary ones"), data.len());
            return None;
        }
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
    };
    let (command, answer) = parse(&text);
    session.command(command, text.len());
    answer
}

#[derive(Deserialize)]
struct Frame {
    event: String,
    #[serde(default)]
    data: Value,
}

fn parse(text: &str) -> (Command, Option<Message>) {
    let Ok(Frame { event, data }) = serde_json::from_str::<Frame>(text) else {
        return (unusable("a frame is a JSON object {\"event\": …, \"data\": …}"), None);
    };
    match event.as_str() {
        "ready" => (ready(data), None),
        "message" => (Command::Message(data), None),
        "messageOne" => (Command::MessageOne(data), None),
        "ping" => (Command::Ping, Some(frame("pong", &data))),
        _ => (unusable("unknown event; there are ready, message, messageOne and ping"), None),
    }
}

/// `{peerId, peerType}`, or the `peerId` alone.
fn ready(mut data: Value) -> Command {
    match data.as_object_mut() {
        Some(fields) => {
            let peer_type = fields.remove("peerType");
            Command::Ready { peer_id: fields.remove("peerId").unwrap_or_default(), peer_type }
        }
        None => Command::Ready { peer_id: data, peer_type: None },
    }
}

fn unusable(message: &str) -> Command {
    Command::Unusable { message: message.to_owned() }
}

fn frame(event: &str, data: &Value) -> Message {
    Message::text(json!({ "event": event, "data": data }).to_string())
}

/// The connection cannot be written to.
struct Stuck;

async fn write(socket: &mut WebSocket, outgoing: &Outgoing, message: Message) -> Result<(), Stuck> {
    tokio::select! {
        biased;
        sent = timeout(WRITE_TIMEOUT, socket.send(message)) => sent.ok().and_then(Result::ok).ok_or(Stuck),
        () = outgoing.cut_off() => Err(Stuck),
    }
}

const fn closing(verdict: Option<DisconnectReason>) -> (u16, &'static str) {
    match verdict {
        Some(DisconnectReason::PeerIdTaken) => (CLOSE_TAKEN, "the peerId is taken"),
        Some(DisconnectReason::Replaced) => (CLOSE_REPLACED, "connected again from elsewhere"),
        Some(DisconnectReason::NoRoom) => (CLOSE_FULL, "the room is full"),
        Some(DisconnectReason::Limit | DisconnectReason::SlowReader) | None => (CLOSE_LIMIT, "a limit was passed"),
    }
}

async fn refuse(mut socket: WebSocket, message: &str, code: u16) {
    let error = Event::new("connect_error", json!({ "message": message }));
    let sent = timeout(WRITE_TIMEOUT, socket.send(frame(error.name, &error.data))).await;
    if matches!(sent, Ok(Ok(()))) {
        close_with(socket, code, "refused").await;
    }
}

/// Says goodbye and waits a little for the other side's, so that what was sent before is not lost by a reset.
async fn close_with(mut socket: WebSocket, code: u16, reason: &'static str) {
    let goodbye = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let farewell = async {
        if socket.send(goodbye).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Whether it was heard or not, this was the last thing to be done.
    let _ = timeout(Duration::from_secs(2), farewell).await;
}

/// As long and as unguessable as the ids of Socket.IO.
fn new_socket_id() -> String {
    crate::random::word(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_commands() {
        let ready = |peer_id, peer_type| Command::Ready { peer_id, peer_type };
        let cases = [
            (r#"{"event":"ready","data":{"peerId":"a","peerType":null}}"#, ready(json!("a"), Some(Value::Null))),
            (r#"{"event":"ready","data":{"peerId":"a"}}"#, ready(json!("a"), None)),
            (r#"{"event":"ready","data":"a"}"#, ready(json!("a"), None)),
            (r#"{"event":"ready"}"#, ready(Value::Null, None)),
            (r#"{"event":"message","data":[1]}"#, Command::Message(json!([1]))),
            (r#"{"data":{"target":"b"},"event":"messageOne","more":1}"#, Command::MessageOne(json!({ "target": "b" }))),
            (r#"{"event":"ping"}"#, Command::Ping),
        ];
        for (text, command) in cases {
            assert_eq!(parse(text).0, command, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_frame_does_harm(text in "\\PC*|[\\[\\]{}\",:a-z0-9\\\\]{0,60}") {
            let (command, answer) = parse(&text);
            assert!(answer.is_none() || command == Command::Ping);
        }
    }
}
