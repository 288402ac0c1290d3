//! Servers that are started to be measured.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// A server that ends with this value.
pub(crate) struct Running {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server whose words go into a file.
pub(crate) fn start(mut command: Command, log: &Path, address: SocketAddr) -> anyhow::Result<Running> {
    let log = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let process = command.spawn().with_context(|| format!("{:?} could not be started", command.get_program()))?;
    Ok(Running { process, address })
}
