//! `POST /direct/join`: a token for one peer in one room, in exchange for a key.
//!
//! Request `{room, peerId?, key?, token?}`, answer `{room, peerId, token, invite, expiresAt}` (Unix seconds).
//! The key is the server's shared token or an invite to the room; with `open_join` none is needed. A wished-for `peerId`
//! is somebody's own only if an earlier `token` for it comes along; without that the new token registers it, but replaces
//! nobody else who has it: names of peers are known in their room, and knowing one must not be enough to push its owner out.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::hub::unix_now;
use crate::names::{NameError, PeerId, RoomName};
use crate::random;
use crate::stats::Refusal;
use crate::token::{Claims, Credential, SignError, TokenError, sign};

use super::admission::{WRONG_TOKEN_DELAY, address};
use super::{Shared, refusal};

/// Longest body: two tokens and two names.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// A call may last a day and a half without anybody asking again.
const PEER_TOKEN_SECONDS: u64 = 36 * 3600;
/// A link may be sent today and used next week.
const INVITE_SECONDS: u64 = 8 * 24 * 3600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    room: String,
    #[serde(default)]
    peer_id: Option<String>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    room: RoomName,
    peer_id: PeerId,
    token: String,
    invite: String,
    expires_at: u64,
}

/// Why nobody got a place.
#[derive(Debug, thiserror::Error)]
enum JoinError {
    #[error("send a JSON object with a string `room`, and perhaps `peerId` and `key`")]
    BadRequest,
    #[error("the room's name is not accepted: {0}")]
    BadRoom(NameError),
    #[error("the peerId is not accepted: {0}")]
    BadPeerId(NameError),
    #[error("a key is needed")]
    Key(#[from] TokenError),
    #[error(transparent)]
    Sign(#[from] SignError),
}

pub(crate) async fn join(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if let Err(response) = shared.check_arrival(address(request.extensions())) {
        return response;
    }
    let body = request.into_body();
    match place(&shared, body).await {
        Ok(place) => {
            shared.hub.count_join();
            ([(header::CACHE_CONTROL, "no-store")], Json(place)).into_response()
        }
        Err(error) => refuse(&shared, error).await,
    }
}

/// The same rules for a room that another door serves: whether the key opens it, and the invite to pass on.
pub(crate) async fn invitation(
    shared: &Shared,
    address: Option<IpAddr>,
    room: &str,
    key: Option<&str>,
) -> Result<String, Response> {
    shared.check_arrival(address)?;
    let asked = || {
        if room.is_empty() {
            return Err(JoinError::BadRoom(NameError::Empty));
        }
        let room = RoomName::new(room, &shared.bounds).map_err(JoinError::BadRoom)?;
        invite(shared, &room, key, unix_now())
    };
    match asked() {
        Ok(invite) => Ok(invite),
        Err(error) => Err(refuse(shared, error).await),
    }
}

async fn place(shared: &Shared, body: Body) -> Result<Place, JoinError> {
    let body = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| JoinError::BadRequest)?;
    let wish: Wish = serde_json::from_slice(&body).map_err(|_| JoinError::BadRequest)?;
    if wish.room.is_empty() {
        return Err(JoinError::BadRoom(NameError::Empty));
    }
    let room = RoomName::new(&wish.room, &shared.bounds).map_err(JoinError::BadRoom)?;
    let now = unix_now();
    let invite = invite(shared, &room, wish.key.as_deref(), now)?;
    let peer_id = match &wish.peer_id {
        Some(id) => PeerId::new(id, &shared.bounds).map_err(JoinError::BadPeerId)?,
        None => PeerId::new(&random::word(12), &shared.bounds).map_err(JoinError::BadPeerId)?,
    };
    let is_own = wish.peer_id.is_none() || owns(shared, wish.token.as_deref(), &room, &peer_id, now);
    let expires_at = now + PEER_TOKEN_SECONDS;
    let claims = Claims {
        takes_over: (!is_own).then_some(false),
        jti: Some(random::word(12)),
        ..Claims::for_room(room.as_str(), expires_at).for_peer(peer_id.as_str())
    };
    let token = sign(shared.authority.signing_key(), &claims)?.reveal().clone();
    Ok(Place { room, peer_id, token, invite, expires_at })
}

/// Whether the key opens the room, and the invite for the next one: an invite is passed on as it is, so that it ends when
/// it was meant to end.
fn invite(shared: &Shared, room: &RoomName, key: Option<&str>, now: u64) -> Result<String, JoinError> {
    if shared.open_join {
        return Ok(String::new());
    }
    let key = key.unwrap_or_default();
    let credential = if key.is_empty() { Err(TokenError::Missing) } else { shared.authority.check(Some(key), now) };
    match credential? {
        Credential::Shared => {
            let claims =
                Claims { jti: Some(random::word(12)), ..Claims::for_room(room.as_str(), now + INVITE_SECONDS) };
            Ok(sign(shared.authority.signing_key(), &claims)?.reveal().clone())
        }
        Credential::Signed(Claims { room: Some(invited), peer_id: None, .. }) if invited == room.as_str() => {
            Ok(key.to_owned())
        }
        Credential::Signed(_) => Err(TokenError::OtherRoom.into()),
    }
}

/// Whether `token` shows that the one who asks was this peer, with the right to take over.
fn owns(shared: &Shared, token: Option<&str>, room: &RoomName, peer_id: &PeerId, now: u64) -> bool {
    let Some(token) = token else { return false };
    let Ok(Credential::Signed(claims)) = shared.authority.check(Some(token), now) else {
        return false;
    };
    claims.room.as_deref() == Some(room.as_str())
        && claims.peer_id.as_deref() == Some(peer_id.as_str())
        && claims.takes_over != Some(false)
}

async fn refuse(shared: &Shared, error: JoinError) -> Response {
    let message = error.to_string();
    let (status, word) = match &error {
        JoinError::BadRequest => (StatusCode::BAD_REQUEST, "badRequest"),
        JoinError::BadRoom(_) => (StatusCode::BAD_REQUEST, "badRoom"),
        JoinError::BadPeerId(_) => (StatusCode::BAD_REQUEST, "badPeerId"),
        JoinError::Key(error) => return refuse_key(shared, *error).await,
        JoinError::Sign(error) => {
            tracing::error!(%error, "direct: a token cannot be signed; check direct.token");
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "");
        }
    };
    shared.hub.refuse(Refusal::BadRequest);
    refusal(status, word, &message)
}

async fn refuse_key(shared: &Shared, error: TokenError) -> Response {
    let word = match error {
        TokenError::Missing => return refusal(StatusCode::UNAUTHORIZED, "keyNeeded", ""),
        TokenError::Wrong | TokenError::OtherRoom => "keyWrong",
        TokenError::Expired => "keyExpired",
    };
    shared.hub.refuse(Refusal::Authentication);
    tokio::time::sleep(WRONG_TOKEN_DELAY).await;
    refusal(StatusCode::UNAUTHORIZED, word, "")
}
