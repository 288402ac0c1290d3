//! The routes: a request becomes a place in a room, and then a WebSocket. Errors come before that, as HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::request::Parts;
use livekit_protocol as proto;
use moim_net::rooms::{Gone, SessionEvent, SessionEvents};
use moim_room::{ApiCommand, Command, Event, Refusal as RoomRefusal, Reply, Room};
use moim_turn::{IceServer, credential_name};
use moim_types::SessionId;
use tokio::time::timeout;

use super::Shared;
use super::admission::{Guest, NotAdmitted};
use super::conversation::{self, Entry, First};
use super::knock::Path;
use crate::session::{Resumed, Welcome, resumed_participant};
use crate::token::unix_now;

/// What is read at once. The WebSocket library clears all of it before each read, and keeps it for as long as the
/// connection lasts; most messages are of some hundred bytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// `GET /rtc`.
pub(crate) async fn v0(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    enter(shared, Path::V0, request).await
}

/// `GET /rtc/v1`.
pub(crate) async fn v1(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    enter(shared, Path::V1, request).await
}

/// `GET /rtc/validate`.
pub(crate) async fn validate_v0(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    validate(&shared, Path::V0, request).await
}

/// `GET /rtc/v1/validate`.
pub(crate) async fn validate_v1(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    validate(&shared, Path::V1, request).await
}

/// What joining would say, without joining: clients ask when a WebSocket did not open, since browsers hide why.
async fn validate(shared: &Shared, path: Path, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let checked = async {
        let guest = shared.admit(path, &parts, unix_now())?;
        shared.check_room(&guest).await
    };
    match checked.await {
        Ok(()) => "success".into_response(),
        Err(why) => shared.refuse(why),
    }
}

async fn enter(shared: Arc<Shared>, path: Path, request: Request) -> Response {
    match try_enter(&shared, path, request).await {
        Ok(response) => response,
        Err(why) => shared.refuse(why),
    }
}

async fn try_enter(shared: &Arc<Shared>, path: Path, request: Request) -> Result<Response, NotAdmitted> {
    let (mut parts, _) = request.into_parts();
    let socket = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|_| NotAdmitted::NotWebSocket)?;
    let now = unix_now();
    let mut guest = shared.admit(path, &parts, now)?;
    let who = (guest.room.clone(), guest.identity.clone());
    guest.knock.client.avoids_udp = shared.detours.avoids_udp(&who, Instant::now());
    let permit = shared.places.clone().try_acquire_owned().map_err(|_| NotAdmitted::Full)?;
    let ice_servers = shared.ice_servers(&parts, &guest, now);
    let (number, mut events) = shared.rooms.open_session().await?;
    let first = shared.first_event(&guest, number, &mut events).await?;
    let welcome = Welcome { server: shared.server.clone(), ice_servers };
    // From here on nothing has to be undone by hand: who drops the events has lost the session.
    let entry = Entry { guest, welcome, number, events, first };
    let shared = shared.clone();
    let most = shared.bounds.message_bytes;
    Ok(socket.max_message_size(most).max_frame_size(most).read_buffer_size(READ_BUFFER_BYTES).on_upgrade(
        move |socket| async move {
            Box::pin(conversation::run(shared, socket, entry)).await;
            drop(permit);
        },
    ))
}

impl Shared {
    /// Asks the rooms in, and waits for what they say.
    async fn first_event(
        &self,
        guest: &Guest,
        session: SessionId,
        events: &mut SessionEvents,
    ) -> Result<First, NotAdmitted> {
        let is_return = guest.knock.resumes.is_some();
        let command = match &guest.knock.resumes {
            None => Command::Join(Box::new(self.join(guest, session))),
            Some(sid) => match resumed_participant(sid) {
                Some(participant) => {
                    let (room, identity) = (guest.room.clone(), guest.identity.clone());
                    Command::Resume { session, room, identity, participant }
                }
                None => return Ok(First::Refused),
            },
        };
        self.rooms.tell(command).await?;
        match timeout(PATIENCE, events.recv()).await {
            Ok(Some(SessionEvent::Room(Event::Joined(joined)))) => Ok(First::Joined(joined)),
            Ok(Some(SessionEvent::Room(Event::Resumed { now, left, last_sequence, legs }))) => {
                Ok(First::Resumed(Resumed { now, left, last_sequence, legs }))
            }
            // A client that cannot resume has to be told so over the WebSocket.
            Ok(Some(_)) if is_return => Ok(First::Refused),
            // As LiveKit does it: a client shows the reason of a `leave`, and tries no other server.
            Ok(Some(SessionEvent::Room(Event::Refused(RoomRefusal::RoomFull)))) => Ok(First::RoomFull),
            Ok(Some(SessionEvent::Room(Event::Refused(why)))) => Err(why.into()),
            Ok(Some(_)) => Err(RoomRefusal::Invalid.into()),
            Ok(None) => Err(NotAdmitted::Stopping),
            Err(_) => Err(NotAdmitted::Full),
        }
    }

    /// Whether there is a room to join, or joining opens one, and whether it has a place left.
    async fn check_room(&self, guest: &Guest) -> Result<(), NotAdmitted> {
        match self.rooms.api(ApiCommand::ListRooms(vec![guest.room.clone()])).await?? {
            Reply::Rooms(rooms) => match rooms.first() {
                None if self.auto_create => Ok(()),
                None => Err(RoomRefusal::NoSuchRoom.into()),
                Some(room) if is_full(room) => Err(RoomRefusal::RoomFull.into()),
                Some(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn ice_servers(&self, parts: &Parts, guest: &Guest, now: Duration) -> Vec<proto::IceServer> {
        let header = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
        let host = self.ice.host(header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)));
        let name = credential_name(&guest.room, &guest.identity);
        self.ice.servers(host.as_deref(), &name, now.as_secs()).into_iter().map(ice_server).collect()
    }

    fn refuse(&self, why: NotAdmitted) -> Response {
        self.counters.refused(why.kind());
        tracing::debug!(%why, "livekit: somebody was not let in");
        why.into_response()
    }
}

impl From<Gone> for NotAdmitted {
    fn from(Gone: Gone) -> Self {
        Self::Stopping
    }
}

fn ice_server(server: IceServer) -> proto::IceServer {
    let (username, credential) =
        server.credential.map(|issued| (issued.username, issued.password.reveal().clone())).unwrap_or_default();
    proto::IceServer { urls: server.urls, username, credential }
}

/// Who is hidden is not counted here, unlike when somebody joins.
fn is_full(room: &Room) -> bool {
    let most = room.options.max_participants;
    most > 0 && room.participants >= most
}

/// The rooms answer at once unless there is far too much to do.
const PATIENCE: Duration = Duration::from_secs(5);
