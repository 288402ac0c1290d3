//! Every TCP listener, bound before anything is served: a port in use is told at once and by name.

use std::io;
use std::net::SocketAddr;

use moim_net::listen;
use tokio::net::TcpListener;

use crate::config::Settings;

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// HTTPS, and TURN over TLS and TCP.
    HttpsAndTurn,
    /// HTTP without TLS.
    Http,
    /// TURN over TCP and TLS.
    Turn,
}

/// A bound listener.
pub(super) struct Bound {
    pub(super) listener: TcpListener,
    pub(super) speaks: Speaks,
}

/// Why a listener could not be bound: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({name}): {}", advice(.error, .key))]
pub(super) struct ListenError {
    address: SocketAddr,
    name: &'static str,
    key: &'static str,
    error: io::Error,
}

/// Binds all public listeners that are switched on.
pub(super) fn bind_all(settings: &Settings) -> Result<Vec<Bound>, ListenError> {
    let turn = settings.turn.as_ref();
    let wanted = [
        ("HTTPS", "listen.https", settings.listen.https, Speaks::HttpsAndTurn),
        ("HTTP", "listen.http", settings.listen.http, Speaks::Http),
        ("TURN over TCP", "turn.listen", turn.and_then(|turn| turn.listen), Speaks::Turn),
        ("TURN over TLS", "turn.tls_listen", turn.and_then(|turn| turn.tls_listen), Speaks::Turn),
    ];
    let mut bound = Vec::new();
    for (name, key, address, speaks) in wanted {
        if let Some(address) = address {
            bound.push(Bound { listener: bind(name, key, address)?, speaks });
        }
    }
    Ok(bound)
}

/// Binds one listener.
pub(super) fn bind(name: &'static str, key: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    listen::bind(address).map_err(|error| ListenError { address, name, key, error })
}

/// The same sentence for a listener that somebody else bound.
pub(super) const fn refused(
    name: &'static str,
    key: &'static str,
    address: SocketAddr,
    error: io::Error,
) -> ListenError {
    ListenError { address, name, key, error }
}

fn advice(error: &io::Error, key: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("the port is in use. Stop the other program, or set {key} to another port")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine does not have that address. Set {key} to one of its own, or to 0.0.0.0")
        }
        io::ErrorKind::PermissionDenied => format!(
            "a port below 1024 needs a privilege. Give the program CAP_NET_BIND_SERVICE, or set {key} to a higher port"
        ),
        _ => format!("{error}. Correct {key}, or switch it off with \"\""),
    }
}
