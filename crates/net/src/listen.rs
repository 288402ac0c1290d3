//! TCP listeners: bound with sane options, accepted from under permits.

mod acceptor;
mod connection;
mod gate;

pub use acceptor::Acceptor;
pub use connection::Connection;
pub use gate::{Gate, GateStats, Limits, Permit};

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Binds a TCP listener, ready to be accepted from. An IPv6 address listens for IPv6 alone unless it is `[::]`,
/// which takes both families.
///
/// # Errors
/// What the system says, above all that the port is in use or needs a privilege.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    // A restart must not wait for the last connections' TIME-WAIT; a second living listener is still refused.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Connections that the kernel completes before we take them: a burst of reconnects after an outage fits.
const BACKLOG: i32 = 4096;

#[cfg(test)]
mod tests;
