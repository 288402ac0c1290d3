//! Headers that keep a page to itself.

use axum::Router;
use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use tower_http::set_header::SetResponseHeaderLayer;

use super::StrictTransport;

/// Scripts, styles and pictures come from this server alone; nobody frames us; the camera is ours alone.
/// `ws:` and `wss:` are named because some browsers do not count them to `'self'`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; connect-src 'self' wss: ws:; img-src 'self' blob: data:; media-src 'self' blob:; \
         frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()",
    ),
    // A room's link is its key: it must not travel to other sites.
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

const ONE_YEAR: &str = "max-age=31536000";

/// Adds the headers to whatever the router answers.
pub(super) fn add(router: Router, strict: StrictTransport) -> Router {
    let strict = (strict == StrictTransport::Yes).then_some((STRICT_TRANSPORT_SECURITY, ONE_YEAR));
    ALWAYS.into_iter().chain(strict).fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}
