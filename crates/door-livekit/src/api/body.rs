//! Requests in, answers out: JSON or protobuf, as the caller speaks.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use prost::Message;
use serde::de::DeserializeOwned;

use super::error::{Code, TwirpError};
use super::json;
use super::schema::Answer;
use crate::wire::swarm;

/// What the caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Protobuf,
}

impl Format {
    /// As `Content-Type` says; what follows a semicolon does not matter.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, TwirpError> {
        let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = named.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            Ok(Self::Json)
        } else if kind.eq_ignore_ascii_case("application/protobuf") {
            Ok(Self::Protobuf)
        } else {
            Err(TwirpError::new(Code::BadRoute, "Content-Type must be application/json or application/protobuf"))
        }
    }

    /// Reads a request.
    pub(super) fn read<M: Message + Default + DeserializeOwned>(self, body: &Bytes) -> Result<M, TwirpError> {
        match self {
            Self::Json if swarm::in_text(body) => Err(malformed("JSON", &"it has too many objects")),
            Self::Protobuf if swarm::is_swarm(body) => Err(malformed("protobuf", &"it has too many fields")),
            Self::Json => serde_json::from_slice(body).map_err(|error| malformed("JSON", &error)),
            Self::Protobuf => M::decode(body.clone()).map_err(|error| malformed("protobuf", &error)),
        }
    }

    /// Writes an answer.
    pub(super) fn write<A: Answer>(self, answer: &A) -> Response {
        let (kind, body) = match self {
            Self::Json => ("application/json", json::write(answer)),
            Self::Protobuf => ("application/protobuf", answer.encode_to_vec()),
        };
        ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
    }
}

fn malformed(format: &str, error: &dyn std::fmt::Display) -> TwirpError {
    TwirpError::malformed(format!("the request is not the {format} of this method: {error}"))
}
