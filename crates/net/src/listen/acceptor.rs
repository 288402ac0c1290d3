//! Takes connections from one listener.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tracing::{debug, warn};

use super::connection::Connection;
use super::gate::Gate;

/// Accepts from one listener, one connection per call, under a permit of a [`Gate`].
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    gate: Gate,
    /// Kept open so that it can be given up when the process has no file descriptor left.
    reserve: Option<File>,
}

impl Acceptor {
    /// Accepts from `listener`; the connections count against `gate`.
    #[must_use]
    pub fn new(listener: TcpListener, gate: Gate) -> Self {
        Self { listener, gate, reserve: reserve() }
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection. Dropping the future loses none. `None` never comes while the gate lives.
    pub async fn next(&mut self) -> Option<Connection> {
        loop {
            let seat = self.gate.seat().await?;
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.recover(&error).await;
                    continue;
                }
            };
            let peer = canonical(peer);
            let Some(permit) = self.gate.admit(seat, peer.ip()) else {
                debug!("a connection was closed: too many are open from its address");
                continue;
            };
            match tune(&stream).and_then(|()| stream.local_addr()) {
                Ok(local) => return Some(Connection::new(stream, peer, canonical(local), permit)),
                // The peer is already gone.
                Err(error) => debug!(%error, "a connection ended before it was served"),
            }
        }
    }

    /// An accept error is either about one connection that is already gone, or about us running out of
    /// descriptors or memory. The second kind comes back at once, for ever, unless the connection is taken.
    async fn recover(&mut self, error: &io::Error) {
        if is_about_one_connection(error) {
            return;
        }
        self.gate.count_accept_failure();
        warn!(%error, "a connection could not be accepted; is the limit of open files too low?");
        drop(self.reserve.take());
        // With the reserve's descriptor free, the waiting connection can be taken and closed: its client
        // learns at once that it must look elsewhere, and the queue moves.
        if let Ok(Ok(refused)) = tokio::time::timeout(Duration::from_millis(1), self.listener.accept()).await {
            drop(refused);
        }
        self.reserve = reserve();
        tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
    }
}

fn reserve() -> Option<File> {
    File::open("/dev/null").ok()
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Small frames leave at once; a peer that vanished is noticed although nothing is sent to it.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15)).with_retries(4);
    let socket = SockRef::from(stream);
    // A client that stops reading is given up by the system, whoever is stuck writing to it.
    socket.set_tcp_user_timeout(Some(UNREAD_FOR))?;
    socket.set_tcp_keepalive(&keepalive)
}

/// A client of IPv4 on a listener of both families is shown by its IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// How long sent bytes may stay unacknowledged, or unread (TCP_USER_TIMEOUT).
const UNREAD_FOR: Duration = Duration::from_secs(30);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);
