//! Pages of any origin may call: what protects a call is its token, and no cookie is ever read.

use std::time::Duration;

use http::Method;
use tower_http::cors::{Any, CorsLayer};

/// Answers a browser's questions about other origins.
pub fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::OPTIONS, Method::HEAD, Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(Any)
        .max_age(Duration::from_secs(86_400))
}
