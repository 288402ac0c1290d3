//! The app over HTTPS and HTTP.

use crate::support::{Server, get, plain};

fn header<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let head = response.split("\r\n\r\n").next()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[test]
fn the_app_is_served_with_headers_that_keep_it_safe() {
    let server = Server::start();
    for response in [server.https(&get("/")), server.https(&get("/r/blue")), plain(server.ports().http, &get("/"))] {
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        let policy = header(&response, "content-security-policy").unwrap();
        for rule in ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert_eq!(header(&response, "referrer-policy"), Some("no-referrer"));
        assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
        assert!(header(&response, "permissions-policy").unwrap().contains("display-capture=(self)"));
        // With a certificate that nobody trusts it would lock visitors out.
        assert_eq!(header(&response, "strict-transport-security"), None);
    }
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let server = Server::start();
    let first = server.https(&get("/"));
    let tag = header(&first, "etag").unwrap();
    let again = get("/").replacen("Host:", &format!("If-None-Match: {tag}\r\nHost:"), 1);
    assert!(server.https(&again).starts_with("HTTP/1.1 304"));
}

#[test]
fn plain_http_at_the_https_port_is_sent_to_https() {
    let server = Server::start();
    let response = plain(server.ports().https, &get("/r/blue?x=1").replace("localhost", "meet.example:4443"));
    assert!(response.starts_with("HTTP/1.1 308"), "{response}");
    assert_eq!(header(&response, "location"), Some("https://meet.example:4443/r/blue?x=1"));
}

#[test]
fn errors_are_json_for_programs() {
    let server = Server::start();
    let missing = server.https(&get("/nothing"));
    assert!(missing.starts_with("HTTP/1.1 404") && missing.contains("\"error\":\"notFound\""), "{missing}");
    let wrong = server.https(&get("/direct/join"));
    assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("\"error\":\"methodNotAllowed\""), "{wrong}");
}

#[test]
fn oversize_headers_are_refused() {
    let server = Server::start();
    let large = get("/").replacen("Host:", &format!("X-Large: {}\r\nHost:", "x".repeat(200_000)), 1);
    let many = get("/").replacen("Host:", &format!("{}Host:", "X: y\r\n".repeat(500)), 1);
    for request in [large, many] {
        let response = plain(server.ports().http, &request);
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 431"), "{}", &response[..60]);
    }
    assert!(plain(server.ports().http, &get("/")).starts_with("HTTP/1.1 200"));
}

#[test]
fn the_door_is_behind_the_same_listeners() {
    let server = Server::start();
    let body = "{\"room\":\"blue\"}";
    let join = format!(
        "POST /direct/join HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for response in [server.https(&join), plain(server.ports().http, &join)] {
        assert!(response.starts_with("HTTP/1.1 200") && response.contains("\"peerId\""), "{response}");
    }
    let ice = server.https(&get("/direct/ice-servers?token=moim-dev"));
    for port in [server.ports().turn, server.ports().https] {
        assert!(ice.contains(&format!("localhost:{port}?transport=")), "{ice}");
    }
    assert!(server.metric("moim_direct_joins_total") >= 2.0);
}
