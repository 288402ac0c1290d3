//! A line for each request, at level `debug`.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use moim_door_livekit::NoFault;
use tracing::{debug, error};

/// Notes what was asked and how it went: never the address's query, which may carry a token, and the path only as
/// the route that it matched, since a room's name is in it.
pub(super) async fn note(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("(app)", MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    // Stopping, and what a protocol has and Moim has not, are no faults; nor is what a door says is none.
    let is_no_fault = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_IMPLEMENTED].contains(&response.status())
        || response.extensions().get::<NoFault>().is_some();
    if response.status().is_server_error() && !is_no_fault {
        error!(%method, route, status, ?took, "a request failed by our fault");
    } else {
        debug!(%method, route, status, ?took, "request");
    }
    response
}
