//! What is looked at before any handler: the origin, draining, and how often somebody knocks.

use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::config::AllowedOrigins;
use crate::stats::Refusal;

use super::{Shared, refusal};

/// How long a wrong token's answer waits, so that guessing over one connection is slow.
pub(crate) const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(200);

/// The headers that let pages of allowed origins read answers.
pub(crate) fn cors(allowed: &AllowedOrigins) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(Duration::from_secs(3600));
    match allowed {
        AllowedOrigins::Any => layer.allow_origin(tower_http::cors::Any),
        AllowedOrigins::Only(origins) => {
            let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
            layer.allow_origin(AllowOrigin::list(origins))
        }
    }
}

/// Gives preflights a route. The layer of [`cors`] answers them before they come here; without a route of their own, a
/// server that answers unknown methods in its own way would be asked instead.
pub(crate) fn preflight() -> Ready<StatusCode> {
    ready(StatusCode::NO_CONTENT)
}

/// Refuses other origins. CORS alone would not: a browser opens a WebSocket to anywhere.
pub(crate) async fn check_origin(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if is_allowed(&shared.allowed_origins, request.headers()) {
        return next.run(request).await;
    }
    shared.hub.refuse(Refusal::Origin);
    refusal(StatusCode::FORBIDDEN, "originRefused", "this server does not serve pages of that origin")
}

/// Guards new Socket.IO sessions. Requests of sessions that exist carry their `sid` and pass.
pub(crate) async fn check_new_session(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_new = !query.split('&').any(|pair| pair.starts_with("sid="));
    if is_new && let Err(response) = shared.check_arrival(address(request.extensions())) {
        return response;
    }
    next.run(request).await
}

/// Where a request comes from, if the server says so.
pub(crate) fn address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

impl Shared {
    /// Whether somebody may come in now at all.
    #[expect(clippy::result_large_err, reason = "a response, made only to be sent")]
    pub(crate) fn check_arrival(&self, address: Option<IpAddr>) -> Result<(), Response> {
        if self.hub.is_draining() {
            self.hub.refuse(Refusal::Draining);
            return Err(refusal(StatusCode::SERVICE_UNAVAILABLE, "draining", ""));
        }
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if !arrivals.try_arrive(address, Instant::now()) {
            self.hub.refuse(Refusal::TooMany);
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "tooMany", "too many attempts; wait a minute"));
        }
        Ok(())
    }
}

fn is_allowed(allowed: &AllowedOrigins, headers: &HeaderMap) -> bool {
    match (allowed, headers.get(header::ORIGIN)) {
        (AllowedOrigins::Any, _) | (_, None) => true,
        (AllowedOrigins::Only(origins), Some(origin)) => origins.iter().any(|one| one.as_bytes() == origin.as_bytes()),
    }
}
