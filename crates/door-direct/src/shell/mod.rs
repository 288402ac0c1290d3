//! The thin shells around the exchange: two transports, and HTTP.

pub(crate) mod admission;
pub(crate) mod arrivals;
pub(crate) mod connections;
pub(crate) mod ice_servers;
pub(crate) mod join;
pub(crate) mod socket_io;
pub(crate) mod web_socket;

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::config::{AllowedOrigins, Bounds};
use crate::hub::Hub;
use crate::ice::IceServers;
use crate::token::Authority;

use arrivals::Arrivals;

/// What every handler shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) hub: Arc<Hub>,
    pub(crate) authority: Authority,
    pub(crate) ice: IceServers,
    pub(crate) bounds: Bounds,
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) dev: bool,
    pub(crate) open_join: bool,
    pub(crate) arrivals: Mutex<Arrivals>,
    pub(crate) unauthenticated: Arc<Semaphore>,
}

/// A refusal over HTTP: a word for programs, and a sentence where one helps.
pub(crate) fn refusal(status: StatusCode, error: &str, message: &str) -> Response {
    let body =
        if message.is_empty() { json!({ "error": error }) } else { json!({ "error": error, "message": message }) };
    (status, Json(body)).into_response()
}
