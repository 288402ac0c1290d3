//! The way out for somebody who typed `http://` at the HTTPS port.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, HOST, LOCATION};
use http::uri::{Authority, Scheme, Uri};
use http::{HeaderValue, Request, StatusCode};

/// The same address with `https://`. 308 keeps method and body (RFC 9110 §15.4.9).
pub(crate) fn to_https<B>(request: &Request<B>) -> Response {
    let Some(location) = location(request) else {
        return (StatusCode::BAD_REQUEST, "This port speaks HTTPS.\n").into_response();
    };
    let mut response = Response::new(Body::from("This port speaks HTTPS.\n"));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn location<B>(request: &Request<B>) -> Option<HeaderValue> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    // Only a host and a port pass: nothing that a browser would read as something else.
    let authority: Authority = host.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |rest| rest.as_str());
    let target = Uri::builder().scheme(Scheme::HTTPS).authority(authority).path_and_query(path).build().ok()?;
    HeaderValue::from_str(&target.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: Option<&str>, path: &str) -> Response {
        let mut request = Request::builder().uri(path);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        to_https(&request.body(()).unwrap())
    }

    #[test]
    fn the_same_place_with_https_is_named() {
        let response = asked(Some("meet.example:4443"), "/r/blue?x=1");
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(response.headers()[LOCATION], "https://meet.example:4443/r/blue?x=1");
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        for host in [None, Some("a b"), Some("user@evil.example"), Some("")] {
            assert_eq!(asked(host, "/").status(), StatusCode::BAD_REQUEST, "{host:?}");
        }
    }
}
