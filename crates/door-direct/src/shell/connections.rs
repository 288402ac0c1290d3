//! `GET /connections`: who is here, as `[{socketId, peerId, peerType}]`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::exchange::Peer;
use crate::hub::unix_now;
use crate::names::RoomName;
use crate::stats::Refusal;
use crate::token::{Credential, TokenError};

use super::admission::WRONG_TOKEN_DELAY;
use super::{Shared, refusal};

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) room: Option<String>,
}

/// The shared token sees every room, or the one in `room`; a signed token sees its own.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let credential = if shared.dev { Ok(Credential::Shared) } else { check(&shared, &asked, &headers) };
    let own_room = match credential {
        Ok(Credential::Shared) => None,
        Ok(Credential::Signed(claims)) => claims.room,
        Err(error) => return refuse_token(&shared, error).await,
    };
    if own_room.is_some() && asked.room.is_some() && own_room != asked.room {
        return refuse_token(&shared, TokenError::OtherRoom).await;
    }
    let room = match own_room.or(asked.room).map(|name| RoomName::new(&name, &shared.bounds)).transpose() {
        Ok(room) => room,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, "badRoom", &error.to_string()),
    };
    let peers: Vec<Peer> = shared.hub.read(|exchange| exchange.peers(room.as_ref()).cloned().collect());
    ([(header::CACHE_CONTROL, "no-store")], Json(peers)).into_response()
}

/// The token of the query or of `Authorization: Bearer` (RFC 6750 §2.1).
pub(crate) fn check(shared: &Shared, asked: &Asked, headers: &HeaderMap) -> Result<Credential, TokenError> {
    shared.authority.check(bearer(headers).or(asked.token.as_deref()), unix_now())
}

/// 401, counted, after a while.
pub(crate) async fn refuse_token(shared: &Shared, error: TokenError) -> Response {
    shared.hub.refuse(Refusal::Authentication);
    tokio::time::sleep(WRONG_TOKEN_DELAY).await;
    let word = match error {
        TokenError::Missing => "tokenNeeded",
        TokenError::Wrong | TokenError::OtherRoom => "tokenWrong",
        TokenError::Expired => "tokenExpired",
    };
    let mut response = refusal(StatusCode::UNAUTHORIZED, word, &error.to_string());
    response.headers_mut().insert(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
