//! What is served over HTTP: the doors' paths and the app's files, with headers that keep pages safe.

mod answers;
mod app_files;
mod encoding;
mod group_join;
mod headers;
mod redirect;
mod request_log;

pub(crate) use answers::Answer;
pub(crate) use group_join::{GroupJoin, router as group_rooms};
pub(crate) use redirect::to_https;

use std::time::Duration;

use axum::Router;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// Whether browsers are told to come back over HTTPS only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrictTransport {
    /// Over TLS with a certificate that browsers trust.
    Yes,
    /// Over plain HTTP, or with a certificate that would then lock visitors out.
    No,
}

/// Everything under one roof: `doors` by their paths, the app for the rest.
pub(crate) fn router(doors: Router, strict: StrictTransport) -> Router {
    let router = doors.fallback(app_files::serve).method_not_allowed_fallback(answers::method_not_allowed);
    let router = headers::add(router, strict);
    router.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE)).layer(axum::middleware::from_fn(request_log::note))
}

/// The longest pause within a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(10);
