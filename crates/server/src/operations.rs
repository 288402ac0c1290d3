//! For operators: `/metrics`, `/healthz`, `/readyz`.

mod metrics;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use moim_door_direct::DirectDoor;
use moim_door_livekit::LivekitDoor;
use moim_net::listen::Gate;
use moim_net::media::MediaHandle;
use moim_net::rooms::RoomsHandle;
use moim_net::tls::CertificateSource;
use moim_net::turn::TurnHandle;
use serde_json::json;

use crate::serve::{Openings, Phase, PhaseCell, WebhooksCell};
use crate::web::Answer;
use metrics::Metrics;

/// What there is to tell.
pub(crate) struct Facts {
    pub(crate) phase: PhaseCell,
    pub(crate) gate: Gate,
    pub(crate) openings: Arc<Openings>,
    pub(crate) certificate: Arc<CertificateSource>,
    pub(crate) door: DirectDoor,
    pub(crate) turn: Option<TurnHandle>,
    pub(crate) rooms: Option<RoomFacts>,
}

/// What there is to tell of rooms through the server.
pub(crate) struct RoomFacts {
    pub(crate) media: MediaHandle,
    pub(crate) rooms: RoomsHandle,
    pub(crate) door: LivekitDoor,
    pub(crate) webhooks: WebhooksCell,
}

/// The listener of its own.
pub(crate) fn router(facts: Facts) -> Router {
    let metrics = Arc::new(Metrics::new(facts));
    Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(async || Json(json!({ "status": "alive" }))))
        .route("/readyz", get(ready))
        .fallback(async || Answer::NotFound)
        .method_not_allowed_fallback(async || Answer::MethodNotAllowed)
        .with_state(metrics)
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render()).into_response()
}

async fn ready(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.facts().phase.get() {
        Phase::Ready => Json(json!({ "status": "ready" })).into_response(),
        Phase::Draining => Answer::Draining.into_response(),
    }
}

/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
