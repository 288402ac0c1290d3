//! Signals: stop, stop now, look at the certificate again.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use crate::support::{Server, Setup, binding_request, expect_binding_response, get, plain, read_to_end, tls, until};

#[test]
fn a_stop_waits_for_who_is_inside_and_takes_nobody_new() {
    let mut server = Server::start();
    let ports = server.ports();
    let mut inside = server.connect(ports.turn);
    inside.write_all(&binding_request(1)).unwrap();
    expect_binding_response(&mut inside, 1);
    server.signal("TERM");
    until("it says that it is not ready", || plain(ports.metrics, &get("/readyz")).starts_with("HTTP/1.1 503"));
    assert!(plain(ports.metrics, &get("/healthz")).starts_with("HTTP/1.1 200"));
    until("nobody new gets in", || TcpStream::connect(("127.0.0.1", ports.https)).is_err());
    assert!(server.ended().is_none());
    inside.write_all(&binding_request(2)).unwrap();
    expect_binding_response(&mut inside, 2);
    drop(inside);
    assert!(server.wait_until_ended().success());
    assert!(server.log().contains("drained"), "{}", server.log());
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut server = Server::start();
    let mut slow = server.connect_tls(server.ports().https, &[]);
    let body = "{\"room\":\"blue\"}";
    let head = format!(
        "POST /direct/ice-servers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.replace("ice-servers", "join").as_bytes()).unwrap();
    slow.flush().unwrap();
    until("the server has seen it", || server.metric("moim_connections_opened_total{as=\"http\"}") >= 1.0);
    server.signal("TERM");
    let metrics = server.ports().metrics;
    until("it drains", || plain(metrics, &get("/readyz")).starts_with("HTTP/1.1 503"));
    slow.write_all(body.as_bytes()).unwrap();
    let answer = read_to_end(&mut slow);
    assert!(answer.starts_with("HTTP/1.1 ") && answer.contains("{\""), "{answer}");
    assert!(server.wait_until_ended().success());
}

#[test]
fn asked_twice_it_ends_at_once() {
    let mut server = Server::start();
    let mut inside = server.connect(server.ports().turn);
    inside.write_all(&binding_request(1)).unwrap();
    expect_binding_response(&mut inside, 1);
    let begun = Instant::now();
    server.signal("TERM");
    let metrics = server.ports().metrics;
    until("it drains", || plain(metrics, &get("/readyz")).starts_with("HTTP/1.1 503"));
    server.signal("TERM");
    assert!(server.wait_until_ended().success());
    assert!(begun.elapsed().as_secs() < 4, "it waited for its time to drain");
    assert!(server.log().contains("asked to stop again"));
    assert_eq!(inside.read(&mut [0; 1]).unwrap_or(0), 0);
}

#[test]
fn the_time_to_drain_has_an_end() {
    let setup = Setup::new();
    let config = setup.configure(&[]);
    let mut command = setup.command(&["--dev", "--config", config.to_str().unwrap()]);
    command.env("MOIM_SERVER_DRAIN_TIMEOUT_S", "0");
    let mut server = setup.start_command(&mut command);
    let mut inside = server.connect(server.ports().turn);
    inside.write_all(&binding_request(1)).unwrap();
    expect_binding_response(&mut inside, 1);
    server.signal("INT");
    assert!(server.wait_until_ended().success());
    assert!(server.log().contains("the time to drain is over"));
}

#[test]
fn a_new_certificate_is_shown_after_a_hang_up_and_open_connections_go_on() {
    // Another server's folder gives a second pair of certificate and key.
    let other = Server::start();
    let setup = Setup::new();
    let (cert, key) = (setup.path("cert.pem"), setup.path("key.pem"));
    let tls_keys = format!("mode = \"files\"\ncert_file = {cert:?}\nkey_file = {key:?}\n");
    let config = setup.configure(&[("tls", &tls_keys)]);
    let first = Server::start();
    let pair = |server: &Server| {
        ["self-signed-cert.pem", "self-signed-key.pem"].map(|name| server.setup.path("data/tls").join(name))
    };
    let install = |server: &Server, cert: &std::path::Path, key: &std::path::Path| {
        let [from_cert, from_key] = pair(server);
        fs::copy(from_cert, cert).unwrap();
        fs::copy(from_key, key).unwrap();
    };
    install(&first, &cert, &key);
    let server = setup.start(&["--dev", "--config", config.to_str().unwrap()]);
    let https = server.ports().https;
    let mut open = tls(server.connect(https), &pair(&first)[0], &[]);
    open.write_all(&binding_request(1)).unwrap();
    expect_binding_response(&mut open, 1);

    install(&other, &cert, &key);
    server.signal("HUP");
    until("the new certificate is shown", || {
        let mut fresh = tls(server.connect(https), &pair(&other)[0], &[]);
        fresh.write_all(get("/").as_bytes()).is_ok() && read_to_end(&mut fresh).starts_with("HTTP/1.1 200")
    });
    open.write_all(&binding_request(2)).unwrap();
    expect_binding_response(&mut open, 2);

    fs::write(&cert, "broken").unwrap();
    server.signal("HUP");
    until("the failure is told", || server.log().contains("the one in use stays"));
    let mut still = tls(server.connect(https), &pair(&other)[0], &[]);
    still.write_all(get("/").as_bytes()).unwrap();
    let answer = read_to_end(&mut still);
    assert!(answer.starts_with("HTTP/1.1 200"));
    assert!(answer.to_lowercase().contains("strict-transport-security"), "a certificate from files is for good");
}

#[test]
fn without_a_file_descriptor_left_it_waits_and_recovers() {
    let setup = Setup::new();
    let config = setup.configure(&[]);
    let moim = env!("CARGO_BIN_EXE_moim");
    let mut command = std::process::Command::new("sh");
    // Hard and soft limit: the server cannot raise it.
    command.args(["-c", "ulimit -n 70; exec \"$0\" --dev --config \"$1\"", moim, config.to_str().unwrap()]);
    command.current_dir(setup.folder.path());
    let server = setup.start_command(&mut command);
    let https = server.ports().https;
    let crowd: Vec<TcpStream> = (0..120).map(|_| server.connect(https)).collect();
    until("the limit is met", || server.log().contains("could not be accepted"));
    let before = server.cpu_ticks();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let spent = server.cpu_ticks() - before;
    assert!(spent < 50, "it spins: {spent} of 100 ticks in a second");
    drop(crowd);
    until("it serves again", || {
        let mut stream = server.connect_tls(https, &[]);
        let _ = stream.write_all(get("/").as_bytes());
        read_to_end(&mut stream).starts_with("HTTP/1.1 200")
    });
    assert!(server.metric("moim_accept_failures_total") > 0.0);
}
