//! From an accepted connection to the part that speaks its protocol.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use moim_net::listen::{Acceptor, Connection};
use moim_net::sniff;
use moim_net::tls::{ALPN_ACME, ALPN_H2, ALPN_STUN_TURN};
use moim_net::turn::TurnHandle;
use moim_turn::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::http_connection;
use super::listeners::Speaks;
use super::openings::{Opening, Openings};
use crate::web;

/// What connections are handed to.
pub(super) struct Services {
    /// Behind TLS.
    pub(super) secure: axum::Router,
    /// Without TLS.
    pub(super) plain: axum::Router,
    pub(super) tls: TlsAcceptor,
    /// `None`: switched off.
    pub(super) turn: Option<TurnHandle>,
    pub(super) openings: Arc<Openings>,
    pub(super) stop: CancellationToken,
}

/// Accepts until `stop`, and serves each connection in a task of its own.
pub(super) async fn accept(mut acceptor: Acceptor, speaks: Speaks, services: Arc<Services>) {
    let stop = services.stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = acceptor.next() => accepted,
            () = stop.cancelled() => return,
        };
        let Some(connection) = accepted else { return };
        let services = services.clone();
        tokio::spawn(async move {
            let opening = Box::pin(services.serve(connection, speaks)).await;
            debug!(?opening, "connection ended");
        });
    }
}

/// The addresses of a connection.
#[derive(Clone, Copy)]
struct Ends {
    peer: SocketAddr,
    local: SocketAddr,
}

impl Services {
    async fn serve(&self, connection: Connection, speaks: Speaks) -> Opening {
        let ends = Ends { peer: connection.peer(), local: connection.local() };
        let Ok((opening, stream)) = sniff::opening(connection, PATIENCE).await else {
            return self.note(Opening::Silent);
        };
        match (opening, speaks) {
            (sniff::Opening::Tls, Speaks::HttpsAndTurn | Speaks::Turn) => self.serve_tls(stream, speaks, ends).await,
            (sniff::Opening::Stun, Speaks::HttpsAndTurn | Speaks::Turn) => {
                self.serve_turn(stream, ends, Transport::Tcp).await
            }
            (sniff::Opening::Text, Speaks::HttpsAndTurn) => {
                self.note(Opening::Redirect);
                http_connection::answer_all(stream, web::to_https, self.stop.clone()).await;
                Opening::Redirect
            }
            (sniff::Opening::Text, Speaks::Http) => self.serve_http(stream, ends, &self.plain).await,
            _ => self.note(Opening::Unexpected),
        }
    }

    async fn serve_tls<S>(&self, stream: S, speaks: Speaks, ends: Ends) -> Opening
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Ok(stream) = self.handshake(stream).await else {
            return self.note(Opening::HandshakeFailed);
        };
        match stream.get_ref().1.alpn_protocol() {
            Some(ALPN_ACME) => return self.note(Opening::AcmeChallenge),
            Some(ALPN_STUN_TURN) => return self.serve_turn(stream, ends, Transport::Tls).await,
            Some(ALPN_H2) if speaks == Speaks::HttpsAndTurn => {
                return self.serve_http(stream, ends, &self.secure).await;
            }
            _ => {}
        }
        // Most TURN clients name no protocol, and TURN looks like HTTPS to a firewall then.
        match sniff::opening(stream, PATIENCE).await {
            Ok((sniff::Opening::Stun, stream)) => self.serve_turn(stream, ends, Transport::Tls).await,
            Ok((sniff::Opening::Text, stream)) if speaks == Speaks::HttpsAndTurn => {
                self.serve_http(stream, ends, &self.secure).await
            }
            Ok(_) => self.note(Opening::Unexpected),
            Err(_) => self.note(Opening::Silent),
        }
    }

    async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let handshake = timeout(PATIENCE, self.tls.accept(stream)).await;
        handshake.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn serve_http<S>(&self, stream: S, ends: Ends, router: &axum::Router) -> Opening
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.note(Opening::Http);
        http_connection::serve(stream, ends.peer, router.clone(), self.stop.clone()).await;
        Opening::Http
    }

    async fn serve_turn<S>(&self, stream: S, ends: Ends, transport: Transport) -> Opening
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Some(turn) = &self.turn else {
            return self.note(Opening::Unexpected);
        };
        let opening = self.note(if transport == Transport::Tls { Opening::TurnTls } else { Opening::TurnTcp });
        turn.serve_stream(stream, ends.peer, ends.local, transport).await;
        opening
    }

    fn note(&self, opening: Opening) -> Opening {
        self.openings.count(opening);
        opening
    }
}

/// How long a connection may take for its first byte, and for its handshake.
const PATIENCE: Duration = Duration::from_secs(10);
