//! The most talkative log tells no secret.

use crate::support::{Setup, get, plain};

const SECRETS: [&str; 4] =
    ["token-nobody-may-read", "turn-secret-nobody-may-read", "password-nobody-may-read", "query-nobody-may-read"];

#[test]
fn no_secret_is_in_the_log_at_its_most_talkative() {
    for format in ["text", "json"] {
        let setup = Setup::new();
        let config = setup.configure(&[
            ("direct", "token = \"token-nobody-may-read\"\n"),
            (
                "turn",
                "shared_secret = \"turn-secret-nobody-may-read\"\nusers = { anna = \"password-nobody-may-read\" }\n",
            ),
            ("log", &format!("level = \"trace\"\nformat = \"{format}\"\n")),
        ]);
        let config = config.to_str().unwrap().to_owned();
        let server = setup.start(&["--config", &config]);
        let (code, out, log) = crate::support::finish(server.setup.command(&["check", "--config", &config]));
        assert_eq!(code, 0, "{out}{log}");
        plain(server.ports().http, &get("/connections?token=query-nobody-may-read"));
        server.https(&get("/r/a-room-nobody-may-read?key=query-nobody-may-read"));
        let said = server.log() + &server.out() + &out + &log;
        assert!(said.contains("/connections") && said.lines().count() > 20, "the log says nothing:\n{said}");
        for secret in SECRETS.into_iter().chain(["a-room-nobody-may-read"]) {
            assert!(!said.contains(secret), "{secret} is in the log as {format}");
        }
    }
}
