//! The one mapping from what went wrong to what a client is told.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

/// What a request is answered with when it gets nothing else: a code for programs, a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing is there.
    NotFound,
    /// Something is there, but not for this method.
    MethodNotAllowed,
    /// The server is stopping.
    Draining,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    message: &'static str,
}

impl Answer {
    const fn parts(self) -> (StatusCode, Body) {
        match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                Body { error: "notFound", message: "There is nothing at this address. Check its spelling." },
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                Body { error: "methodNotAllowed", message: "This address does not take that method." },
            ),
            Self::Draining => (
                StatusCode::SERVICE_UNAVAILABLE,
                Body { error: "draining", message: "This server is being stopped. Try again in a moment." },
            ),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        (status, Json(body)).into_response()
    }
}

/// For a path that exists with other methods.
pub(super) async fn method_not_allowed() -> Answer {
    Answer::MethodNotAllowed
}
