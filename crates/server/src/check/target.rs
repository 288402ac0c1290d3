//! Where the server is, seen from here.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::config::Settings;

/// The host to look at.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) host: String,
    /// Whether the host was named on the command line: then what listens on loopback only is not for us.
    pub(super) is_named: bool,
}

impl Target {
    pub(super) fn new(settings: &Settings, named: Option<&str>) -> Self {
        let configured = settings.public_host.clone();
        let host = named.map(str::to_owned).or(configured).unwrap_or_else(|| "localhost".to_owned());
        Self { host, is_named: named.is_some() }
    }

    /// The addresses at which a listener should answer.
    pub(super) async fn addresses(&self, listener: SocketAddr) -> Result<Vec<SocketAddr>, String> {
        if !self.is_named && is_only_local(listener.ip()) {
            return Ok(vec![listener]);
        }
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let found = lookup_host((host, listener.port())).await;
        let found = found.map_err(|error| format!("{host} cannot be found: {error}. Check the name and the DNS"))?;
        let all: Vec<SocketAddr> = found.filter(|address| listener.is_ipv6() || address.is_ipv4()).collect();
        if all.is_empty() {
            return Err(format!("{host} has no address of the family that {listener} listens on"));
        }
        Ok(all)
    }

    /// The first address that takes a TCP connection.
    pub(super) async fn connect(&self, listener: SocketAddr) -> Result<TcpStream, String> {
        let mut reason = String::new();
        for address in self.addresses(listener).await? {
            match timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => reason = refusal(address, &error),
                Err(_) => {
                    reason = format!(
                        "{address} (TCP) does not answer. Open the port in the firewall between here and there"
                    );
                }
            }
        }
        Err(reason)
    }
}

fn is_only_local(ip: IpAddr) -> bool {
    ip.is_loopback()
}

fn refusal(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("nothing listens on {address} (TCP). Is the server running?"),
        _ => format!("{address} (TCP) cannot be reached: {error}"),
    }
}

/// How long anything may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
