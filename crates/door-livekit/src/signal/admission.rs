//! Who a client is and what it may do, from its token and from what it says itself.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HeaderMap};
use http::{StatusCode, request::Parts};
use livekit_protocol as proto;
use moim_room::{Arrival, Identity, Join, Refusal as RoomRefusal, RoomName};
use moim_types::SessionId;

use super::Shared;
use super::knock::{self, Knock, KnockError, Path};
use super::user_agent;
use crate::stats::Refusal;
use crate::token::{Grants, TokenError, VideoGrant};
use crate::wire::door_data;

/// Somebody who may come in.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) room: RoomName,
    pub(crate) identity: Identity,
    pub(crate) grants: Grants,
    pub(crate) knock: Knock,
}

/// Why somebody may not. Its text is the body of the answer, which SDKs show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdmitted {
    /// See there.
    #[error("invalid token: {0}")]
    Token(#[from] TokenError),
    /// The token is for something else.
    #[error("the token does not permit joining: it needs video.roomJoin")]
    NoJoinGrant,
    /// The client wants to set what its token does not let it set.
    #[error("the token does not permit own metadata and attributes: it needs video.canUpdateOwnMetadata")]
    NoMetadataGrant,
    /// See there.
    #[error(transparent)]
    Request(#[from] KnockError),
    /// A name that cannot be one.
    #[error("the {0} is empty or longer than {1} characters")]
    Name(&'static str, usize),
    /// Not a WebSocket.
    #[error("this is a WebSocket endpoint")]
    NotWebSocket,
    /// The rooms said no.
    #[error(transparent)]
    Room(#[from] RoomRefusal),
    /// No more connections, for now.
    #[error("the server has no place for another connection; try later")]
    Full,
    /// Not any more.
    #[error("the server is being stopped; try again in a minute")]
    Stopping,
}

impl NotAdmitted {
    const fn status(self) -> StatusCode {
        match self {
            Self::Token(_) | Self::NoJoinGrant | Self::NoMetadataGrant => StatusCode::UNAUTHORIZED,
            Self::Request(_) | Self::Name(..) => StatusCode::BAD_REQUEST,
            Self::NotWebSocket | Self::Room(RoomRefusal::NoSuchRoom) => StatusCode::NOT_FOUND,
            Self::Room(RoomRefusal::Invalid | RoomRefusal::TooLarge) => StatusCode::BAD_REQUEST,
            Self::Room(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Full | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// For the counters.
    pub(crate) const fn kind(self) -> Refusal {
        match self {
            Self::Token(_) | Self::NoJoinGrant | Self::NoMetadataGrant => Refusal::Token,
            Self::Request(_) | Self::Name(..) | Self::NotWebSocket => Refusal::BadRequest,
            Self::Room(RoomRefusal::NoSuchRoom) => Refusal::NoSuchRoom,
            Self::Room(_) => Refusal::Room,
            Self::Full => Refusal::Connections,
            Self::Stopping => Refusal::Draining,
        }
    }
}

impl IntoResponse for NotAdmitted {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.to_string()).into_response();
        if matches!(self, Self::Room(_)) {
            response.extensions_mut().insert(NoFault);
        }
        response
    }
}

/// Goes with an answer whose status LiveKit counts among a server's faults, a full room's for one, where nothing is
/// amiss.
#[derive(Debug, Clone, Copy)]
pub struct NoFault;

impl Shared {
    /// Reads a request and its token; `now` is the time since 1970.
    pub(crate) fn admit(&self, path: Path, request: &Parts, now: Duration) -> Result<Guest, NotAdmitted> {
        if self.is_draining() {
            return Err(NotAdmitted::Stopping);
        }
        let knock = knock::parse(path, request.uri.query().unwrap_or_default());
        let token = bearer(&request.headers).or_else(|| knock.as_ref().ok()?.token.as_deref());
        let grants = self.authority.admit(token.unwrap_or_default(), now)?;
        let mut knock = knock?;
        user_agent::complete(&mut knock.client.info, &request.headers);
        self.welcome(grants, knock)
    }

    fn welcome(&self, mut grants: Grants, knock: Knock) -> Result<Guest, NotAdmitted> {
        let video = grants.video.clone().filter(|video| video.room_join).ok_or(NotAdmitted::NoJoinGrant)?;
        let sets_own = !knock.metadata.is_empty() || !knock.attributes.is_empty();
        if sets_own && !video.can_update_own_metadata.unwrap_or(false) {
            return Err(NotAdmitted::NoMetadataGrant);
        }
        if !knock.metadata.is_empty() {
            grants.metadata.clone_from(&knock.metadata);
        }
        grants.attributes.extend(knock.attributes.clone());
        let mut identity = grants.identity.clone();
        if let Some(publish_only) = &knock.publish_only {
            identity = format!("{identity}#{publish_only}");
            grants.video = Some(VideoGrant { can_subscribe: Some(false), ..video.clone() });
        }
        self.check_name("room's name", &video.room)?;
        self.check_name("identity", &identity)?;
        Ok(Guest { room: video.room.into(), identity: identity.into(), grants, knock })
    }

    fn check_name(&self, what: &'static str, name: &str) -> Result<(), NotAdmitted> {
        let most = self.bounds.name_chars;
        let is_good = !name.is_empty() && name.chars().take(most + 1).count() <= most;
        if is_good { Ok(()) } else { Err(NotAdmitted::Name(what, most)) }
    }

    /// The join that a guest asks for.
    pub(crate) fn join(&self, guest: &Guest, session: SessionId) -> Join {
        let grants = &guest.grants;
        let permissions = grants.video.as_ref().map(VideoGrant::permissions).unwrap_or_default();
        Join {
            session,
            room: guest.room.clone(),
            open_as: self.auto_create.then(|| grants.room_options(&self.room_defaults)),
            arrival: Arrival {
                identity: guest.identity.clone(),
                name: grants.name.clone(),
                metadata: grants.metadata.clone(),
                attributes: grants.attributes.clone(),
                kind: grants.participant_kind(),
                permissions,
                auto_subscribe: guest.knock.auto_subscribe,
                auto_subscribe_data: guest.knock.auto_subscribe_data,
                adaptive_stream: guest.knock.adaptive_stream,
                door_data: door_data(guest),
            },
        }
    }
}

/// What other participants of this door are told beside the house's words.
fn door_data(guest: &Guest) -> Arc<[u8]> {
    let info = &guest.knock.client.info;
    let mut capabilities = info.capabilities.clone();
    capabilities.truncate(MAX_CAPABILITIES);
    door_data::pack(&proto::ParticipantInfo {
        client_protocol: info.client_protocol,
        capabilities,
        kind_details: guest.grants.kind_detail_numbers(),
        ..Default::default()
    })
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// There are two.
const MAX_CAPABILITIES: usize = 16;
