//! Where log lines go and which are kept.

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, LogSettings};

/// Starts logging to stderr. A second call, in a test, changes nothing.
pub(crate) fn start(settings: LogSettings) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal() && !colourless()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(kept(settings.level))).try_init();
}

/// See <https://no-color.org>.
fn colourless() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Our own lines by the level that was asked for. Libraries say no more than warnings: at `trace` some of them
/// write out what they receive, passwords among it. The STUN codec warns of each malformed message, which anybody can
/// send a million of: those are counted, not logged.
fn kept(level: Level) -> Targets {
    let libraries = LevelFilter::WARN.min(LevelFilter::from_level(level));
    Targets::new()
        .with_default(libraries)
        .with_target("stun_types", LevelFilter::ERROR)
        .with_target("turn_types", LevelFilter::ERROR)
        .with_target("moim", level)
}
