//! HTTPS, TURN over TLS and TURN over TCP behind one port, told apart by their first bytes.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Duration;

use crate::support::{Server, binding_request, expect_binding_response, get, read_to_end, until};

#[test]
fn stun_is_answered_on_every_listener_that_offers_it() {
    let server = Server::start();
    let ports = server.ports();
    for (id, port) in [(1, ports.https), (2, ports.turn), (3, ports.turns)] {
        let mut stream = server.connect(port);
        stream.write_all(&binding_request(id)).unwrap();
        expect_binding_response(&mut stream, id);
        let mut stream = server.connect_tls(port, &[]);
        stream.write_all(&binding_request(id + 10)).unwrap();
        expect_binding_response(&mut stream, id + 10);
    }
    until("the counters show it", || server.metric("moim_turn_bindings_total") >= 6.0);
    assert!(server.metric("moim_connections_opened_total{as=\"turn_tls\"}") >= 3.0);
    assert!(server.metric("moim_connections_opened_total{as=\"turn_tcp\"}") >= 3.0);
}

#[test]
fn alpn_decides_before_a_byte_is_seen() {
    let server = Server::start();
    let mut turn = server.connect_tls(server.ports().https, &[b"stun.turn"]);
    turn.write_all(&binding_request(7)).unwrap();
    expect_binding_response(&mut turn, 7);
    assert_eq!(turn.conn.alpn_protocol(), Some(&b"stun.turn"[..]));
    let mut both = server.connect_tls(server.ports().https, &[b"http/1.1", b"h2"]);
    // The preface of HTTP/2 and an empty SETTINGS frame (RFC 9113 §3.4).
    both.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut frame = [0; 9];
    both.read_exact(&mut frame).unwrap();
    assert_eq!(both.conn.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(frame[3], 4, "the first frame must be SETTINGS");
}

#[test]
fn bytes_that_come_one_by_one_are_understood() {
    let server = Server::start();
    let mut plain = server.connect(server.ports().https);
    for byte in binding_request(9) {
        plain.write_all(&[byte]).unwrap();
        thread::sleep(Duration::from_millis(2));
    }
    expect_binding_response(&mut plain, 9);
    let mut secure = server.connect_tls(server.ports().https, &[]);
    for byte in get("/").bytes() {
        secure.write_all(&[byte]).unwrap();
        secure.flush().unwrap();
    }
    assert!(read_to_end(&mut secure).starts_with("HTTP/1.1 200"));
}

#[test]
fn two_messages_in_one_piece_and_one_in_two_are_all_answered() {
    let server = Server::start();
    let mut stream = server.connect(server.ports().turn);
    let (first, second, third) = (binding_request(1), binding_request(2), binding_request(3));
    stream.write_all(&[&first[..], &second[..], &third[..10]].concat()).unwrap();
    expect_binding_response(&mut stream, 1);
    expect_binding_response(&mut stream, 2);
    stream.write_all(&third[10..]).unwrap();
    expect_binding_response(&mut stream, 3);
}

#[test]
fn what_a_listener_does_not_speak_is_closed() {
    let server = Server::start();
    let ports = server.ports();
    let mut http_at_turn = server.connect(ports.turn);
    http_at_turn.write_all(get("/").as_bytes()).unwrap();
    assert_eq!(read_to_end(&mut http_at_turn), "");
    let mut stun_at_http = server.connect(ports.http);
    stun_at_http.write_all(&binding_request(1)).unwrap();
    assert_eq!(read_to_end(&mut stun_at_http), "");
    let mut tls_at_http = server.connect(ports.http);
    tls_at_http.write_all(&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]).unwrap();
    assert_eq!(read_to_end(&mut tls_at_http), "");
    assert!(server.metric("moim_connections_opened_total{as=\"unexpected\"}") >= 3.0);
}

#[test]
fn half_a_handshake_and_silence_are_cut_off_and_hold_nobody_up() {
    let server = Server::start();
    let port = server.ports().https;
    let mut silent = server.connect(port);
    let mut half = server.connect(port);
    half.write_all(&[0x16, 3, 1]).unwrap();
    let mut slow_head = server.connect_tls(port, &[]);
    slow_head.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
    slow_head.flush().unwrap();
    assert!(server.https(&get("/")).starts_with("HTTP/1.1 200"));
    // All three end within the ten seconds that each may take; reading gives up after twenty.
    assert_eq!(read_to_end(&mut silent), "");
    assert_eq!(read_to_end(&mut half), "");
    let answer = read_to_end(&mut slow_head);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    until("the counters show it", || server.metric("moim_connections_open") == 0.0);
}
