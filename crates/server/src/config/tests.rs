//! Files and environments, good and bad.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use toml::Table;

use super::tree::DEV_TOKEN;
use super::*;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../moim.sample.toml");

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self, content: &str) -> Result<Loaded, Problems> {
        load_file(&self.file("moim.toml", content, 0o600), Mode::Production)
    }

    fn problems(&self, content: &str) -> String {
        match self.load(content) {
            Ok(_) => panic!("accepted: {content}"),
            Err(problems) => problems.to_string(),
        }
    }
}

fn load_file(path: &Path, mode: Mode) -> Result<Loaded, Problems> {
    load(Source { file: Some(path.to_owned()), variables: Vec::new(), mode })
}

fn load_variables(variables: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let scratch = Scratch::new();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    load(Source {
        file: Some(scratch.file("moim.toml", "", 0o600)),
        variables: variables.iter().map(owned).collect(),
        mode: Mode::Production,
    })
}

#[test]
fn the_sample_has_every_key_with_its_default() {
    let sample: Table = fs::read_to_string(SAMPLE).unwrap().parse().unwrap();
    let defaults = loading::known(Mode::Production).unwrap();
    assert_eq!(sample, defaults);
}

#[test]
fn the_sample_is_accepted_without_a_warning() {
    let loaded = load_file(Path::new(SAMPLE), Mode::Production).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert!(!loaded.settings.app_open);
    assert!(loaded.settings.direct.token.is_none());
    assert!(loaded.settings.turn.is_some());
}

#[test]
fn development_opens_the_app_with_a_well_known_token() {
    let scratch = Scratch::new();
    let loaded = load_file(&scratch.file("moim.toml", "", 0o644), Mode::Development).unwrap();
    assert!(loaded.settings.app_open);
    let token = loaded.settings.direct.token.unwrap();
    assert_eq!(token.reveal(), DEV_TOKEN);
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_name() {
    let scratch = Scratch::new();
    let cases = [
        ("[listen]\nhtps = \"\"", "there is no key listen.htps. Did you mean listen.https?"),
        ("[turn]\nexternal-ip = \"\"", "Did you mean turn.external_ip?"),
        ("[server]\nrealm = \"x\"", "there is no key server.realm. Did you mean turn.realm?"),
        ("[direkt]\n", "there is no key direkt. Did you mean direct?"),
        ("zzz = 1", "there is no key zzz. Take it out"),
    ];
    for (content, expected) in cases {
        let problems = scratch.problems(content);
        assert!(problems.contains(expected), "{content}: {problems}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let problems = Scratch::new().problems(
        "[listen]\nhttps = \"4443\"\nhtpp = \"\"\n[turn]\nuser_quota = 0\nrelay_ports = \"9-1\"\nrealm = 7\n\
         [turn.peers]\nallow = [\"10.0.0.0/40\"]\n[log]\nlevel = \"loud\"\n[direct]\ntoken = \"short\"",
    );
    let expected = [
        "listen.https = \"4443\" is no address",
        "Did you mean listen.http",
        "turn.user_quota = 0 is out of range: it can be 1 to",
        "turn.relay_ports = \"9-1\" is no range of ports",
        "turn.realm must be a string in quotes, not a whole number",
        "turn.peers.allow has \"10.0.0.0/40\"",
        "log.level = \"loud\" is not known: it can be error, warn",
        "direct.token has 5 characters",
    ];
    for sentence in expected {
        assert!(problems.contains(sentence), "{sentence} is not in:\n{problems}");
    }
    assert_eq!(problems.lines().count(), expected.len(), "{problems}");
}

#[test]
fn a_broken_file_is_told_by_line_without_quoting_it() {
    let problems = Scratch::new().problems("[direct]\n\ntoken = \"very-secret-token\" oops");
    assert!(problems.contains("line 3"), "{problems}");
    assert!(!problems.contains("very-secret"), "{problems}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let Err(problems) = load_file(Path::new("/nowhere/moim.toml"), Mode::Production) else {
        panic!("accepted");
    };
    assert!(problems.to_string().contains("cannot read the configuration /nowhere/moim.toml"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let loaded = load_variables(&[
        ("MOIM_LISTEN_HTTPS", "127.0.0.1:1"),
        ("MOIM_TURN_USER_QUOTA", "7"),
        ("MOIM_TURN_PEERS_ALLOW", "10.0.0.0/8, 192.0.2.1"),
        ("MOIM_TURN_USERS", "anna=p=w,ben=x"),
        ("MOIM_APP_OPEN", "true"),
        ("MOIM_CONFIG", "/somewhere"),
        ("PATH", "/bin"),
    ]);
    let settings = loaded.unwrap().settings;
    assert_eq!(settings.listen.https, Some("127.0.0.1:1".parse().unwrap()));
    let turn = settings.turn.unwrap();
    assert_eq!(turn.user_quota, 7);
    assert_eq!(turn.allow.len(), 2);
    assert_eq!(turn.users["anna"].reveal(), "p=w");
    assert!(settings.app_open);
}

#[test]
fn a_wrong_variable_is_told_without_its_value() {
    let result = load_variables(&[("MOIM_TURN_USER_QUOTA", "lots"), ("MOIM_TURN_SHARED_SEKRET", "hunter2hunter2")]);
    let Err(problems) = result else { panic!("accepted") };
    let problems = problems.to_string();
    assert!(problems.contains("MOIM_TURN_USER_QUOTA (turn.user_quota) must be a whole number"));
    assert!(problems.contains("Did you mean MOIM_TURN_SHARED_SECRET?"), "{problems}");
    assert!(!problems.contains("hunter2"));
}

#[test]
fn a_variable_of_somebody_else_is_only_warned_about_when_it_looks_like_ours() {
    let loaded = load_variables(&[("MOIM_LISTN_HTTPS", ""), ("MOIM_Q", "1")]).unwrap();
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].contains("MOIM_LISTEN_HTTPS"));
}

#[test]
fn a_file_with_secrets_must_not_be_open_to_others() {
    let scratch = Scratch::new();
    let secret = "[direct]\ntoken = \"0123456789abcdef\"";
    for mode in [0o644, 0o604, 0o620] {
        let path = scratch.file("open.toml", secret, mode);
        let Err(problems) = load_file(&path, Mode::Production) else {
            panic!("accepted with mode {mode:o}");
        };
        assert!(problems.to_string().contains("chmod 600"));
    }
    let shared = scratch.file("group.toml", secret, 0o640);
    assert!(load_file(&shared, Mode::Production).is_ok());
    let nothing_secret = scratch.file("plain.toml", "[app]\nopen = true", 0o644);
    assert!(load_file(&nothing_secret, Mode::Production).is_ok());
}

#[test]
fn secrets_come_from_files() {
    let scratch = Scratch::new();
    let token = scratch.file("token", "a-token-from-a-file\n", 0o600);
    let config = format!("[direct]\ntoken_file = {token:?}");
    let loaded = scratch.load(&config).unwrap();
    assert_eq!(loaded.settings.direct.token.unwrap().reveal(), "a-token-from-a-file");
    scratch.file("token", "a-token-from-a-file\n", 0o644);
    assert!(scratch.problems(&config).contains("holds a secret"));
    let nowhere = "[turn]\nshared_secret_file = \"/nowhere/secret\"";
    assert!(scratch.problems(nowhere).contains("cannot read turn.shared_secret_file"));
}

#[test]
fn a_half_set_certificate_is_refused() {
    let scratch = Scratch::new();
    let cases = [
        ("[tls]\nmode = \"files\"\ncert_file = \"a.pem\"", "but tls.key_file is empty"),
        ("[tls]\ncert_file = \"a.pem\"", "set tls.mode = \"files\" or take tls.cert_file out"),
        ("[tls]\nmode = \"acme\"", "is no public name"),
        (
            "[server]\npublic_host = \"meet.example\"\n[tls]\nmode = \"acme\"\nacme_directory = \"x\"",
            "begins with https://",
        ),
    ];
    for (content, expected) in cases {
        let problems = scratch.problems(content);
        assert!(problems.contains(expected), "{content}: {problems}");
    }
}

#[test]
fn a_key_file_open_to_others_is_refused() {
    let scratch = Scratch::new();
    let key = scratch.file("key.pem", "", 0o644);
    let config = format!("[tls]\nmode = \"files\"\ncert_file = \"c.pem\"\nkey_file = {key:?}");
    assert!(scratch.problems(&config).contains("holds a private key"));
}

#[test]
fn keys_of_later_features_are_warned_about_once() {
    let loaded = Scratch::new().load("[openvidu]\nsecret = \"x\"\n[kurento]\nenabled = false").unwrap();
    let expected = "openvidu.secret, kurento.enabled have no effect in this version";
    assert_eq!(loaded.warnings, [expected]);
    let problems = Scratch::new().problems("[turn]\nredis_url = \"redis://x\"");
    assert!(problems.contains("turn.redis_url is set"));
}

#[test]
fn media_is_off_without_an_address_and_tcp_without_a_port() {
    let off = Scratch::new().load("[media]\nudp_address = \"\"").unwrap();
    assert!(off.settings.media.is_none());
    let on = Scratch::new().load("[media]\nudp_address = \"::\"\ntcp_port = 0\nexternal_ip = \"203.0.113.7\"").unwrap();
    let media = on.settings.media.unwrap();
    assert!(media.address.is_ipv6() && media.tcp_port.is_none());
    assert_eq!(media.external.ipv4, Some("203.0.113.7".parse().unwrap()));
    let problems = Scratch::new().problems("[media]\nudp_address = \"0.0.0.0:1\"\nudp_port = 70000");
    assert!(problems.contains("is no address: write one without a port") && problems.contains("media.udp_port"));
}

#[test]
fn api_keys_need_secrets_that_cannot_be_guessed() {
    let problems = Scratch::new().problems("[livekit]\nkeys = { a = \"short\" }");
    assert!(problems.contains("livekit.keys.a has 5 characters"), "{problems}");
    let good = Scratch::new().load("[livekit]\nkeys = { a = \"0123456789abcdef\" }").unwrap();
    assert_eq!(good.settings.livekit.keys.keys().collect::<Vec<_>>(), ["a"]);
    let development = load_file(&Scratch::new().file("moim.toml", "", 0o600), Mode::Development).unwrap();
    assert_eq!(development.settings.livekit.keys.keys().collect::<Vec<_>>(), ["devkey"]);
}

#[test]
fn webhooks_are_signed_with_a_key_that_is_there() {
    let urls = "webhook_urls = [\"https://app.example/hook\"]";
    let problems = Scratch::new().problems(&format!("[livekit]\n{urls}"));
    assert!(problems.contains("no key to sign with"), "{problems}");
    let keys = "keys = { a = \"0123456789abcdef\", b = \"0123456789abcdef\" }";
    let problems = Scratch::new().problems(&format!("[livekit]\n{urls}\n{keys}\nwebhook_key = \"c\""));
    assert!(problems.contains("is none of livekit.keys"), "{problems}");
    let good = Scratch::new().load(&format!("[livekit]\n{urls}\n{keys}\nwebhook_key = \"b\"")).unwrap();
    assert_eq!(good.settings.livekit.webhooks.map(|webhooks| webhooks.key).as_deref(), Some("b"));
    let problems = Scratch::new().problems("[livekit]\nwebhook_urls = [\"app.example\"]");
    assert!(problems.contains("which is no https://"), "{problems}");
}

#[test]
fn turn_is_off_when_both_its_listeners_are() {
    let off = Scratch::new().load("[turn]\nlisten = \"\"\ntls_listen = \"\"").unwrap();
    assert!(off.settings.turn.is_none());
    let on = Scratch::new().load("[turn]\nlisten = \"\"").unwrap();
    assert!(on.settings.turn.is_some());
}

#[test]
fn hosts_and_origins_are_checked() {
    let scratch = Scratch::new();
    for host in ["https://meet.example", "meet.example:4443", "", "-x.example", "a b"] {
        let config = format!("[server]\npublic_host = {host:?}");
        assert!(scratch.problems(&config).contains("neither a host name"), "{host}");
    }
    for host in ["meet.example", "192.0.2.1", "2001:db8::1", "moim"] {
        let loaded = scratch.load(&format!("[server]\npublic_host = {host:?}")).unwrap();
        assert_eq!(loaded.settings.public_host.as_deref(), Some(host));
    }
    for origin in ["meet.example", "https://meet.example/", "https://meet.example/x", "ftp://x"] {
        let config = format!("[direct]\nallowed_origins = [{origin:?}]");
        assert!(scratch.problems(&config).contains("is no origin"), "{origin}");
    }
    let one = scratch.load("[direct]\nallowed_origins = [\"https://meet.example:8443\"]").unwrap();
    let expected = Origins::Only(vec!["https://meet.example:8443".to_owned()]);
    assert_eq!(one.settings.direct.origins, expected);
}

#[test]
fn the_debug_view_of_settings_shows_no_secret() {
    let loaded = Scratch::new()
        .load("[direct]\ntoken = \"0123456789abcdef\"\n[turn]\nshared_secret = \"fedcba9876543210\"\nusers = { anna = \"hunter2\" }")
        .unwrap();
    let shown = format!("{:?}", loaded.settings);
    for secret in ["0123456789abcdef", "fedcba9876543210", "hunter2"] {
        assert!(!shown.contains(secret));
    }
}
