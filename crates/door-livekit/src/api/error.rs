//! What the API answers when it does not do what it was asked.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use moim_net::rooms::Gone;
use moim_room::Refusal;
use serde::Serialize;

/// Twirp's error codes, as far as they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    InvalidArgument,
    Malformed,
    Unauthenticated,
    DeadlineExceeded,
    NotFound,
    BadRoute,
    FailedPrecondition,
    ResourceExhausted,
    PermissionDenied,
    Internal,
    Unimplemented,
    Unavailable,
}

impl Code {
    /// The status that goes with a code (Twirp version 7, errors).
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::InvalidArgument | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::DeadlineExceeded => StatusCode::REQUEST_TIMEOUT,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::NotFound | Self::BadRoute => StatusCode::NOT_FOUND,
            Self::FailedPrecondition => StatusCode::PRECONDITION_FAILED,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// An error as it goes out: always JSON, to protobuf callers too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TwirpError {
    code: Code,
    msg: String,
    #[serde(skip)]
    status: StatusCode,
}

impl TwirpError {
    pub(super) fn new(code: Code, msg: impl Into<String>) -> Self {
        Self { code, msg: msg.into(), status: code.status() }
    }

    /// What everybody hears who may not do what he asks, whether the thing exists or not.
    pub(super) fn denied() -> Self {
        Self::new(Code::Unauthenticated, "permissions denied")
    }

    pub(super) fn malformed(msg: impl Into<String>) -> Self {
        Self::new(Code::Malformed, msg)
    }

    pub(super) fn invalid(msg: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, msg)
    }

    /// A body over the limit. Twirp has no code for it; HTTP has a status.
    pub(super) fn too_large() -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::malformed("the request is larger than 10 MiB") }
    }

    /// The rooms answered something that does not fit the question.
    pub(super) fn internal() -> Self {
        Self::new(Code::Internal, "the rooms gave an answer to another question")
    }
}

impl From<Refusal> for TwirpError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NoSuchRoom | Refusal::NoSuchParticipant | Refusal::NoSuchTrack | Refusal::NoSuchBlob => {
                Code::NotFound
            }
            Refusal::RoomFull | Refusal::TooManyPending => Code::ResourceExhausted,
            Refusal::NotPermitted => Code::PermissionDenied,
            Refusal::TooLarge | Refusal::Invalid => Code::InvalidArgument,
            Refusal::RemoteUnmute | Refusal::HandleInUse | Refusal::NameInUse => Code::FailedPrecondition,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<Gone> for TwirpError {
    fn from(gone: Gone) -> Self {
        Self::new(Code::Unavailable, gone.to_string())
    }
}

impl IntoResponse for TwirpError {
    fn into_response(self) -> Response {
        // A string of a known enum and a string: this always succeeds.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        // Clients compare the whole header.
        let json = HeaderValue::from_static("application/json");
        (self.status, [(header::CONTENT_TYPE, json)], body).into_response()
    }
}
