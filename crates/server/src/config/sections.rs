//! Section by section: what is written becomes settings.

mod direct;
mod listen;
mod livekit;
mod media;
mod server;
mod tls;
mod turn;

use std::fs;
use std::path::Path;

use moim_types::Redacted;
use tracing::Level;

use super::Mode;
use super::private_file;
use super::problems::Problems;
use super::settings::{LogFormat, LogSettings, Settings};
use super::tree::{self, Tree};
use super::values;

/// Reads the files that hold single secrets into the keys they stand for.
pub(super) fn read_secret_files(tree: &mut Tree, problems: &mut Problems) {
    let pairs = [
        ("direct.token", &mut tree.direct.token, &tree.direct.token_file),
        ("turn.shared_secret", &mut tree.turn.shared_secret, &tree.turn.shared_secret_file),
    ];
    for (key, value, file) in pairs {
        if file.is_empty() {
            continue;
        }
        if let Some(secret) = problems.take(read_secret(key, Path::new(file))) {
            *value = secret;
        }
    }
}

fn read_secret(key: &str, path: &Path) -> Result<String, String> {
    let shown = path.display();
    private_file::check(path, "holds a secret")?;
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {key}_file = \"{shown}\": {error}"))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(format!("{key}_file = \"{shown}\" is empty: put the secret into it"));
    }
    Ok(secret.to_owned())
}

/// `None` only together with a problem.
pub(super) fn understand(tree: Tree, mode: Mode, problems: &mut Problems) -> Option<Settings> {
    let server = server::understand(&tree.server, problems);
    let listen = listen::understand(&tree.listen, problems);
    let certificate = tls::understand(&tree.tls, &tree.server.public_host, problems);
    let turn = turn::understand(tree.turn, mode, problems);
    let direct = direct::understand(tree.direct, mode, problems);
    let media = media::understand(&tree.media, problems);
    let livekit = livekit::understand(tree.livekit, mode, problems);
    let log = log(&tree.log, problems);
    let server = server?;
    Some(Settings {
        public_host: server.public_host,
        data_dir: server.data_dir,
        drain_timeout: server.drain_timeout,
        listen: listen?,
        certificate: certificate?,
        app_open: tree.app.open,
        turn: turn?,
        direct: direct?,
        media: media?,
        livekit: livekit?,
        log: log?,
    })
}

fn log(log: &tree::Log, problems: &mut Problems) -> Option<LogSettings> {
    const LEVELS: [(&str, Level); 5] = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let level = problems.take(values::word("log.level", &log.level, &LEVELS));
    let format = problems.take(values::word("log.format", &log.format, &FORMATS));
    Some(LogSettings { level: level?, format: format? })
}

/// A secret that is set; one that is too short to be one is a problem, except in `--dev`.
fn secret(key: &str, text: String, mode: Mode) -> Result<Option<Redacted<String>>, String> {
    const SHORTEST: usize = 16;
    if text.is_empty() {
        return Ok(None);
    }
    if mode == Mode::Production && text.len() < SHORTEST {
        return Err(format!(
            "{key} has {} characters and can be guessed: use {SHORTEST} or more, for example from openssl rand -hex 16",
            text.chars().count()
        ));
    }
    Ok(Some(Redacted::new(text)))
}
