//! The app's files, out of the binary.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rust_embed::{Embed, EmbeddedFile};

use super::answers::Answer;
use super::encoding::accepts_brotli;

#[derive(Embed)]
#[folder = "$EMBEDDED_APP_FOLDER"]
struct AppFiles;

/// Answers with a file of the app, its page for a room's link, or a page that says that there is nothing.
pub(super) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ([(ALLOW, "GET, HEAD")], Answer::MethodNotAllowed).into_response();
    }
    let path = request.uri().path();
    let headers = request.headers();
    match file_name(path) {
        Some(name) => found(name, headers),
        None => not_found(headers),
    }
}

/// The file that a path means. The app finds its own way from `/r/<room>` and `/g/<room>`.
fn file_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let room = name.strip_prefix("r/").or_else(|| name.strip_prefix("g/"));
    if name.is_empty() || room.is_some_and(|room| !room.is_empty() && !room.contains('/')) {
        return Some(INDEX);
    }
    // A compressed file is a form of another, no file of its own.
    (!name.ends_with(".br") && AppFiles::get(name).is_some()).then_some(name)
}

fn found(name: &str, headers: &HeaderMap) -> Response {
    let compressed = accepts_brotli(headers).then(|| AppFiles::get(&format!("{name}.br"))).flatten();
    let is_compressed = compressed.is_some();
    let (Some(plain), cache) = (AppFiles::get(name), caching(name)) else {
        return not_found(headers);
    };
    let content_type = plain.metadata.mimetype().to_owned();
    let file = compressed.unwrap_or(plain);
    let tag = entity_tag(&file);
    let mut response = if matches(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data))
    };
    let fields = response.headers_mut();
    fields.insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    insert(fields, ETAG, &tag);
    if name == INDEX {
        // LiveKit's client, in a page from elsewhere, asks for `/` to learn whether its network is back. It is the same
        // for everybody, and no cookie is ever read.
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if response.status() == StatusCode::OK {
        let fields = response.headers_mut();
        insert(fields, CONTENT_TYPE, &with_charset(content_type));
        if is_compressed {
            fields.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
    }
    response
}

fn not_found(headers: &HeaderMap) -> Response {
    let wants_page =
        headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    if !wants_page {
        return Answer::NotFound.into_response();
    }
    let page = AppFiles::get(NOT_FOUND_PAGE).map_or_else(|| Body::from(PLAIN_NOT_FOUND), |file| Body::from(file.data));
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

fn insert(fields: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.insert(name, value);
    }
}

fn with_charset(content_type: String) -> String {
    let is_text = content_type.starts_with("text/") && !content_type.contains("charset");
    if is_text { content_type + "; charset=utf-8" } else { content_type }
}

/// A strong validator (RFC 9110 §8.8.3): the content's digest. The compressed form has its own.
fn entity_tag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// RFC 9110 §13.1.2.
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag)
    })
}

/// A file whose name holds a hash of its content never changes.
fn caching(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

const INDEX: &str = "index.html";
const NOT_FOUND_PAGE: &str = "404.html";
const PLAIN_NOT_FOUND: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
<title>Not found</title><h1>There is nothing here</h1><p>Check the address, or <a href=\"/\">start a call</a>.</p></html>\n";

#[cfg(test)]
mod tests;
