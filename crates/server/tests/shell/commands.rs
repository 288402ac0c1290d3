//! What `moim` prints: the summary, tokens, the check.

use std::process::Command;

use crate::support::{Server, Setup, finish, get, plain, until};

#[test]
fn the_summary_names_the_page_to_open_and_the_well_known_key() {
    let server = Server::start();
    // It is written last, when others may be in already.
    until("the summary is there", || server.out().contains("moim-dev"));
    let out = server.out();
    assert!(out.contains(&format!("https://localhost:{}", server.ports().https)), "{out}");
    assert!(out.contains("WARNING"), "{out}");
}

#[test]
fn a_token_made_by_the_command_opens_its_room() {
    let setup = Setup::new();
    let config = setup.configure(&[("direct", "token = \"0123456789abcdef\"\n")]);
    let config = config.to_str().unwrap().to_owned();
    let server = setup.start(&["--config", &config]);
    let token = |more: &[&str]| {
        let arguments = [&["token", "direct", "--config", &config, "--room", "blue"], more].concat();
        let (code, out, log) = finish(server.setup.command(&arguments));
        assert_eq!(code, 0, "{log}");
        out.trim().to_owned()
    };
    let ask = |token: &str| plain(server.ports().http, &get(&format!("/direct/ice-servers?token={token}")));
    assert!(ask(&token(&[])).starts_with("HTTP/1.1 200"));
    assert!(ask(&token(&["--peer-id", "anna", "--ttl", "15m"])).starts_with("HTTP/1.1 200"));
    assert!(ask("0123456789abcdef").starts_with("HTTP/1.1 200"));
    assert!(ask("wrong").starts_with("HTTP/1.1 401"));
    let out = server.out();
    assert!(!out.contains("0123456789abcdef"), "{out}");
}

#[test]
fn an_access_token_made_by_the_command_lets_its_holder_in() {
    let server = Server::start();
    let config = server.setup.path("moim.toml");
    let config = config.to_str().unwrap();
    let arguments = ["token", "livekit", "--dev", "--config", config, "--room", "blue", "--identity", "anna"];
    let (code, out, log) = finish(server.setup.command(&arguments));
    assert_eq!(code, 0, "{log}");
    let validate = |token: &str| plain(server.ports().http, &get(&format!("/rtc/validate?access_token={token}")));
    assert!(validate(out.trim()).starts_with("HTTP/1.1 200"), "{}", validate(out.trim()));
    assert!(validate("wrong").starts_with("HTTP/1.1 401"));
}

#[test]
fn an_access_token_needs_a_key_to_sign_with() {
    let setup = Setup::new();
    let (code, _, log) = setup.run(&["token", "livekit", "--room", "blue", "--identity", "anna"]);
    assert_eq!(code, 2);
    assert!(log.starts_with("moim: livekit.keys is empty"), "{log}");
    let unknown = ["token", "livekit", "--dev", "--room", "blue", "--identity", "anna", "--key", "other"];
    let (code, _, log) = setup.run(&unknown);
    assert_eq!(code, 2);
    assert!(log.contains("--key other is none of livekit.keys"), "{log}");
}

#[test]
fn a_token_needs_a_key_to_sign_with_and_a_time_that_is_one() {
    let setup = Setup::new();
    let (code, out, log) = setup.run(&["token", "direct", "--room", "blue"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(log.starts_with("moim: direct.token is empty"), "{log}");
    let (code, _, log) = setup.run(&["token", "direct", "--dev", "--room", "blue", "--ttl", "soon"]);
    assert_eq!(code, 2);
    assert!(log.contains("soon is no time"), "{log}");
}

#[test]
fn the_check_finds_a_running_server_in_order() {
    let server = Server::start();
    let config = server.setup.path("moim.toml");
    let (code, out, log) = finish(server.setup.command(&["check", "--dev", "--config", config.to_str().unwrap()]));
    assert_eq!(code, 0, "{out}{log}");
    assert!(out.ends_with("14 ok, 0 failed, 0 skipped\n"), "{out}");
    // The figures may be a second old.
    until("nine allocations are counted", || server.metric("moim_turn_allocations_created_total") == 9.0);
    until("no allocation is left", || server.metric("moim_turn_allocations") == 0.0);
}

#[test]
fn the_check_says_what_to_do_when_nothing_answers() {
    let setup = Setup::new();
    let config = setup.configure(&[]);
    let config = config.to_str().unwrap();
    let (code, out, _) = finish(setup.command(&["check", "--dev", "--config", config]));
    assert_eq!(code, 1);
    assert!(out.contains("FAILED") && out.contains("Is the server running?"), "{out}");
    let broken = setup.write("broken.toml", "[listen]\nhtps = \"\"\n", 0o600);
    let (code, out, _) = finish(setup.command(&["check", "--config", broken.to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(out.contains("Did you mean listen.https?"), "{out}");
}

#[test]
fn the_check_with_another_secret_is_told_so() {
    let server = Server::start();
    let config = server.setup.path("moim.toml");
    let mut command: Command = server.setup.command(&["check", "--dev", "--config", config.to_str().unwrap()]);
    command.env("MOIM_TURN_SHARED_SECRET", "not-the-server's-secret");
    let (code, out, _) = finish(command);
    assert_eq!(code, 1);
    assert!(out.contains("401") && out.contains("Does the server run with this configuration?"), "{out}");
}
