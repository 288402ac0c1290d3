//! `[server]`.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::problems::Problems;
use crate::config::tree;
use crate::config::values;

pub(super) struct Server {
    pub(super) public_host: Option<String>,
    pub(super) data_dir: PathBuf,
    pub(super) drain_timeout: Duration,
}

pub(super) fn understand(section: &tree::Server, problems: &mut Problems) -> Option<Server> {
    let host = problems.take(values::host("server.public_host", &section.public_host));
    let drain = problems.take(values::number("server.drain_timeout_s", section.drain_timeout_s, 0..=86_400));
    if section.data_dir.is_empty() {
        problems.add("server.data_dir is empty: name a directory that the server may write to");
    }
    Some(Server {
        // The default says nothing about how others reach this machine.
        public_host: host.map(|host| (host != tree::Server::default().public_host).then_some(host))?,
        data_dir: PathBuf::from(&section.data_dir),
        drain_timeout: Duration::from_secs(drain?),
    })
}
