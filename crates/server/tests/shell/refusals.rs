//! A start that cannot succeed ends at once with exit code 2 and sentences that say what to do.

use std::net::{TcpListener, UdpSocket};

use crate::support::{Setup, finish, free_port};

/// Everything switched off but what the test adds.
const QUIET: &str = "[listen]\nhttps = \"\"\nhttp = \"\"\nmetrics = \"\"\n[turn]\nlisten = \"\"\ntls_listen = \"\"\n";

fn refused(setup: &Setup, config: &str) -> String {
    let path = setup.write("moim.toml", config, 0o600);
    let (code, out, log) = setup.run(&["serve", "--dev", "--config", path.to_str().unwrap()]);
    assert_eq!(code, 2, "{out}{log}");
    log
}

#[test]
fn every_problem_of_the_configuration_is_one_line() {
    let log = refused(&Setup::new(), "[listen]\nhtps = \"\"\n[turn]\nuser_quota = -1\n");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(
        lines,
        [
            "moim: there is no key listen.htps. Did you mean listen.https?",
            "moim: turn.user_quota = -1 is out of range: it can be 1 to 1000000",
        ]
    );
}

#[test]
fn a_tcp_port_in_use_is_told_with_its_key() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let log = refused(&Setup::new(), &QUIET.replacen("https = \"\"", &format!("https = \"{address}\""), 1));
    let expected = format!(
        "moim: cannot listen on {address} (HTTPS): the port is in use. Stop the other program, or set listen.https to another port"
    );
    assert_eq!(log.lines().last(), Some(expected.as_str()));
}

#[test]
fn a_udp_port_in_use_is_told_with_its_key() {
    let holder = UdpSocket::bind(("127.0.0.1", free_port())).unwrap();
    let address = holder.local_addr().unwrap();
    let log =
        refused(&Setup::new(), &QUIET.replacen("[turn]\nlisten = \"\"", &format!("[turn]\nlisten = \"{address}\""), 1));
    assert!(log.contains(&format!("cannot listen on {address} (TURN over UDP): the port is in use")), "{log}");
}

#[test]
fn an_address_that_is_not_ours_is_told() {
    let log = refused(&Setup::new(), &QUIET.replacen("http = \"\"", "http = \"203.0.113.1:1\"", 1));
    assert!(log.contains("this machine does not have that address. Set listen.http"), "{log}");
}

#[test]
fn a_broken_key_file_is_named() {
    let setup = Setup::new();
    let key = setup.write("key.pem", "no key", 0o600);
    let log = refused(&setup, &format!("{QUIET}[tls]\nmode = \"files\"\ncert_file = {key:?}\nkey_file = {key:?}\n"));
    assert!(log.contains("key.pem holds no"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let setup = Setup::new();
    setup.write("data", "a file, no folder", 0o600);
    let log = refused(&setup, QUIET);
    assert!(log.contains("cannot write") && log.contains("server.data_dir"), "{log}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_name() {
    let setup = Setup::new();
    let mut command = setup.command(&["serve"]);
    command.env("MOIM_LISTEN_HTPS", "x");
    let (code, _, log) = finish(command);
    assert_eq!(code, 2);
    assert_eq!(log, "moim: the environment variable MOIM_LISTEN_HTPS is no setting. Did you mean MOIM_LISTEN_HTTPS?\n");
}

#[test]
fn a_short_token_is_refused_outside_development() {
    let setup = Setup::new();
    let config = setup.write("moim.toml", "[direct]\ntoken = \"short\"\n", 0o600);
    let (code, _, log) = setup.run(&["--config", config.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(log.contains("direct.token has 5 characters"), "{log}");
}
