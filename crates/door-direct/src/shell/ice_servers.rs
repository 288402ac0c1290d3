//! `GET /direct/ice-servers`: the same array as the event `iceServers`, for who needs a fresh one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header;

use crate::hub::unix_now;
use crate::names::{PeerId, RoomName};
use crate::random;
use crate::token::Credential;

use super::Shared;
use super::connections::{Asked, check, refuse_token};

/// A token for one peer gets that peer's credentials, so that TURN counts them as one user's.
pub(crate) async fn list(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let credential = match check(&shared, &asked, &parts.headers) {
        Ok(credential) => credential,
        Err(error) => return refuse_token(&shared, error).await,
    };
    let host = shared.ice.host_for(&parts);
    let servers = match peer_of(&shared, credential, asked.room.as_deref()) {
        Some((room, peer)) => shared.ice.for_peer(host.as_deref(), &room, &peer, unix_now()),
        None => shared.ice.servers(host.as_deref(), &random::word(12), unix_now()),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(servers)).into_response()
}

fn peer_of(shared: &Shared, credential: Credential, asked_room: Option<&str>) -> Option<(RoomName, PeerId)> {
    let Credential::Signed(claims) = credential else {
        return None;
    };
    let room = claims.room.as_deref().or(asked_room).unwrap_or_default();
    let peer = PeerId::new(claims.peer_id.as_deref()?, &shared.bounds).ok()?;
    Some((RoomName::new(room, &shared.bounds).ok()?, peer))
}
