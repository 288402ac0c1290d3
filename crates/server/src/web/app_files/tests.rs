//! Requests for the app's files, whatever app is embedded.

use http_body_util::BodyExt as _;

use super::*;

async fn get(path: &str, headers: &[(http::HeaderName, &str)]) -> Response {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    serve(request.body(Body::empty()).unwrap()).await
}

async fn content(response: Response) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn the_start_page_and_every_room_are_the_same_page() {
    let start = get("/", &[]).await;
    assert_eq!(start.status(), StatusCode::OK);
    assert_eq!(start.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(start.headers()[CACHE_CONTROL], "no-cache");
    let start = content(start).await;
    assert_eq!(content(get("/r/blue-sky", &[]).await).await, start);
    assert_eq!(content(get("/g/blue-sky", &[]).await).await, start);
    assert_eq!(content(get("/index.html", &[]).await).await, start);
}

#[tokio::test]
async fn pages_from_elsewhere_may_ask_whether_the_server_is_there_and_for_nothing_more() {
    let fresh = get("/", &[]).await;
    assert_eq!(fresh.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let tag = fresh.headers()[ETAG].to_str().unwrap().to_owned();
    assert_eq!(get("/", &[(IF_NONE_MATCH, &tag)]).await.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let script = AppFiles::iter().find(|name| name.ends_with(".js"));
    if let Some(name) = script {
        assert!(!get(&format!("/{name}"), &[]).await.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_to_people_and_to_programs() {
    for path in ["/nothing", "/r/", "/g/", "/g/a/b", "/r/a/b", "/../Cargo.toml", "/index.html.br", "/assets/"] {
        assert_eq!(get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let program = get("/nothing", &[(ACCEPT, "*/*")]).await;
    assert_eq!(program.headers()[CONTENT_TYPE], "application/json");
    let person = get("/nothing", &[(ACCEPT, "text/html,*/*")]).await;
    assert_eq!(person.status(), StatusCode::NOT_FOUND);
    assert_eq!(person.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_file_that_the_client_has_is_not_sent_again() {
    let first = get("/", &[]).await;
    let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
    for value in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let again = get("/", &[(IF_NONE_MATCH, &value)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[ETAG], tag.as_str());
        assert!(content(again).await.is_empty());
    }
    let other = get("/", &[(IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn compressed_forms_are_used_where_they_are_there() {
    for name in AppFiles::iter().filter(|name| !name.ends_with(".br")) {
        let path = format!("/{name}");
        let (plain, small) = (get(&path, &[]).await, get(&path, &[(ACCEPT_ENCODING, "gzip, br")]).await);
        assert_eq!(plain.headers()[CONTENT_TYPE], small.headers()[CONTENT_TYPE], "{name}");
        assert!(plain.headers().get(CONTENT_ENCODING).is_none());
        let has_small = AppFiles::get(&format!("{name}.br")).is_some();
        assert_eq!(small.headers().get(CONTENT_ENCODING).is_some(), has_small, "{name}");
        assert_eq!(plain.headers()[ETAG] == small.headers()[ETAG], !has_small, "{name}");
    }
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let request = Request::builder().method(Method::POST).uri("/").body(Body::empty()).unwrap();
    let response = serve(request).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[ALLOW], "GET, HEAD");
}

#[test]
fn only_files_with_a_hash_in_their_name_are_kept_for_long() {
    assert!(caching("assets/index-DXA_GooQ.js").contains("immutable"));
    assert_eq!(caching("favicon.svg"), "no-cache");
}
