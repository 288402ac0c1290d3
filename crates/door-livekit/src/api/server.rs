//! HTTP around the methods.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use http::{HeaderMap, Method, header};

use super::Api;
use super::body::Format;
use super::call::Call;
use super::cors::cors;
use super::error::{Code, TwirpError};
use super::table;
use crate::token::{Grants, unix_now};

/// Largest request, in bytes.
const MAX_BODY_BYTES: usize = 10 << 20;

/// The routes of the API, under `/twirp`.
pub fn routes(api: Api) -> Router {
    Router::new().route("/twirp", any(answer)).route("/twirp/{*method}", any(answer)).layer(cors()).with_state(api)
}

async fn answer(State(api): State<Api>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    match call(api, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::debug!(path, ?error, "the API refused a call");
            error.into_response()
        }
    }
}

async fn call(api: Api, request: Request) -> Result<Response, TwirpError> {
    let (head, body) = request.into_parts();
    let route = route(&head.method, head.uri.path())?;
    // Nobody makes us hold ten megabytes without a token.
    let grants = grants(&api, &head.headers)?;
    let format = Format::of(&head.headers)?;
    let body = whole(body).await?;
    (route.handler)(Call { api, rule: route.rule, grants, format, body }).await
}

fn route(method: &Method, path: &str) -> Result<&'static table::Route, TwirpError> {
    let bad = |why: &str| TwirpError::new(Code::BadRoute, why);
    if method != Method::POST {
        return Err(bad("only POST is allowed"));
    }
    let place = path.strip_prefix("/twirp/").ok_or_else(|| bad("a service and a method are needed"))?;
    place
        .split_once('/')
        .and_then(|(service, method)| table::find(service, method))
        .ok_or_else(|| bad("there is no such service or method"))
}

fn grants(api: &Api, headers: &HeaderMap) -> Result<Grants, TwirpError> {
    let token = bearer(headers).ok_or_else(TwirpError::denied)?;
    api.authority.admit(token, unix_now()).map_err(|error| {
        tracing::debug!(%error, "a call came with a token that is not good");
        TwirpError::new(Code::Unauthenticated, "invalid authorization token")
    })
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn whole(body: Body) -> Result<Bytes, TwirpError> {
    // The limit and a connection that broke off look alike here; to the latter nobody listens.
    axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| TwirpError::too_large())
}
