//! The running server: started, kept, drained and stopped.

mod certificate;
mod direct;
mod dispatch;
mod drain;
mod http_connection;
mod listeners;
mod openings;
mod phase;
mod rooms;
mod running;
mod secrets;
mod signals;
mod summary;
mod turn;

pub(crate) use openings::Openings;
pub(crate) use phase::{Phase, PhaseCell};
pub(crate) use rooms::WebhooksCell;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use tracing::{info, warn};

use crate::config::{Loaded, Mode};
use running::Running;

/// Runs the server until it is told to stop.
pub(crate) fn run(loaded: Loaded, mode: Mode) -> anyhow::Result<ExitCode> {
    for warning in &loaded.warnings {
        warn!("{warning}");
    }
    raise_file_limit(loaded.settings.listen.limits.total);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let result = runtime.block_on(serve(loaded, mode));
    // What is left are connections that did not end in time.
    runtime.shutdown_background();
    result.map(|()| ExitCode::SUCCESS)
}

async fn serve(loaded: Loaded, mode: Mode) -> anyhow::Result<()> {
    let mut signals = signals::Signals::new().context("cannot listen for signals")?;
    let running = Running::start(&loaded.settings, mode)?;
    let summary = summary::write(&loaded, mode, &running);
    if io::stdout().lock().write_all(summary.as_bytes()).is_err() {
        info!("nobody reads the start-up summary");
    }
    info!(version = env!("CARGO_PKG_VERSION"), "ready");
    running.until_stopped(&mut signals).await;
    drain::drain(running, &mut signals, loaded.settings.drain_timeout).await;
    Ok(())
}

/// Every connection and every relay takes a file descriptor; the usual soft limit of 1024 is soon used up.
fn raise_file_limit(connections: u32) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < u64::from(connections) + OTHER_FILES => warn!(
            limit,
            "the limit of open files is lower than listen.max_connections needs; raise it (ulimit -n, LimitNOFILE=)"
        ),
        Ok(_) => {}
        Err(error) => warn!(%error, "the limit of open files cannot be raised"),
    }
}

const OTHER_FILES: u64 = 256;
