//! `POST /livekit/join`: the app's way into a group room, a LiveKit token in exchange for a key.
//!
//! Request `{room, name?, key?, token?}`, answer `{room, identity, token, invite, expiresAt}` (Unix seconds). Who may come
//! in is decided by the rules of `/direct/join`. Everybody gets an identity that nobody can guess; who brings the `token`
//! of before keeps his, since a token shows whose it is, and a name alone would push its owner out.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, RequestExt as _, Router};
use http::{StatusCode, header};
use moim_door_direct::DirectDoor;
use moim_door_livekit::token::{Authority, Grants, VideoGrant};
use moim_types::Redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::error;

/// What it takes to let somebody into a group room.
#[derive(Clone)]
pub(crate) struct GroupJoin {
    /// Knows who may come in.
    pub(crate) door: DirectDoor,
    /// Makes and checks the tokens.
    pub(crate) authority: Authority,
    /// The name of the API key that signs.
    pub(crate) key: String,
}

#[derive(Deserialize)]
struct Wish {
    room: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    room: String,
    identity: String,
    token: String,
    invite: String,
    expires_at: u64,
}

/// The route, to be merged with those of the doors.
pub(crate) fn router(join: GroupJoin) -> Router {
    Router::new().route("/livekit/join", post(answer)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(join)
}

async fn answer(State(join): State<GroupJoin>, request: Request) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let Ok(Json(wish)) = request.extract::<Json<Wish>, _>().await else {
        return refusal("badRequest", "send a JSON object with a string `room`, and perhaps `name`, `key` and `token`");
    };
    match join.place(address, wish).await {
        Ok(place) => ([(header::CACHE_CONTROL, "no-store")], Json(place)).into_response(),
        Err(refused) => refused,
    }
}

impl GroupJoin {
    async fn place(&self, address: Option<IpAddr>, wish: Wish) -> Result<Place, Response> {
        let invite = self.door.invitation(address, &wish.room, wish.key.as_deref()).await?;
        if wish.name.chars().count() > MAX_NAME_CHARS {
            return Err(refusal("badName", "the name is too long: at most 100 characters"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let identity = match self.identity_of_before(&wish, now) {
            Some(identity) => identity,
            None => random_identity().ok_or_else(internal)?,
        };
        let token = self.token(&identity, &wish, now)?.reveal().clone();
        let expires_at = (now + TOKEN_LIFETIME).as_secs();
        Ok(Place { room: wish.room, identity, token, invite, expires_at })
    }

    fn identity_of_before(&self, wish: &Wish, now: Duration) -> Option<String> {
        let grants = self.authority.admit(wish.token.as_deref()?, now).ok()?;
        (grants.room() == Some(&wish.room)).then_some(grants.identity)
    }

    #[expect(clippy::result_large_err, reason = "a response, made only to be sent")]
    fn token(&self, identity: &str, wish: &Wish, now: Duration) -> Result<Redacted<String>, Response> {
        let video = VideoGrant { room_join: true, room: wish.room.clone(), ..VideoGrant::default() };
        let grants = Grants {
            identity: identity.to_owned(),
            name: wish.name.trim().to_owned(),
            video: Some(video),
            ..Grants::default()
        };
        self.authority.keys().sign(&self.key, &grants, now, TOKEN_LIFETIME).map_err(|error| {
            error!(%error, "a token for a group room cannot be signed; check livekit.keys");
            internal()
        })
    }
}

/// Letters that are not mistaken for each other; 32 of them, so that a byte maps evenly.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

fn random_identity() -> Option<String> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

fn refusal(error: &str, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "message": message }))).into_response()
}

fn internal() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "internal" }))).into_response()
}

/// Longest body: two tokens and two names.
const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_NAME_CHARS: usize = 100;
/// A call may last a day and a half without anybody asking again.
const TOKEN_LIFETIME: Duration = Duration::from_secs(36 * 3600);
