//! All parts, started and introduced to each other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use moim_door_direct::DirectDoor;
use moim_net::listen::{Acceptor, Gate, Limits};
use moim_net::media::MediaHandle;
use moim_net::tls::{ALPN_ACME, ALPN_H2, ALPN_HTTP_1_1, ALPN_STUN_TURN, CertificateSource};
use moim_net::turn::{TurnHandle, TurnServer};
use moim_types::Redacted;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::dispatch::{self, Services};
use super::listeners::{self, Bound};
use super::openings::Openings;
use super::phase::PhaseCell;
use super::rooms::{self, Rooms};
use super::secrets::random_secret;
use super::signals::{Asked, Signals};
use super::{certificate, direct, http_connection, turn};
use crate::config::{Mode, Settings, TurnSettings};
use crate::operations::{self, Facts, RoomFacts};
use crate::web::{self, GroupJoin, StrictTransport};

/// The server while it runs.
pub(super) struct Running {
    pub(super) certificate: Arc<CertificateSource>,
    /// Connections of all public listeners.
    pub(super) gate: Gate,
    pub(super) phase: PhaseCell,
    pub(super) door: DirectDoor,
    /// `None`: switched off.
    pub(super) rooms: Option<Rooms>,
    /// `None`: switched off.
    pub(super) turn: Option<TurnServer>,
    /// Ends the public listeners.
    pub(super) stop: CancellationToken,
}

impl Running {
    /// Starts everything, or says why not.
    pub(super) fn start(settings: &Settings, mode: Mode) -> anyhow::Result<Self> {
        let (certificate, renewal) = certificate::open(settings)?;
        let bound = listeners::bind_all(settings)?;
        let turn_secret = match settings.turn.as_ref().and_then(|turn| turn.shared_secret.clone()) {
            Some(secret) => secret,
            None => random_secret()?,
        };
        let ice = direct::ice(settings, turn_secret.clone());
        let rooms = rooms::start(settings, mode, ice.clone())?;
        let media = rooms.as_ref().map(|rooms| rooms.media.handle());
        let turn = settings.turn.as_ref().map(|turn| start_turn(turn, &turn_secret, media)).transpose()?;
        let running = Self {
            certificate: Arc::new(certificate),
            gate: Gate::new(settings.listen.limits),
            phase: PhaseCell::default(),
            door: direct::open(settings, mode, ice)?,
            rooms,
            turn,
            stop: CancellationToken::new(),
        };
        let openings = Arc::new(Openings::default());
        running.serve_operations(settings.listen.metrics, openings.clone())?;
        running.serve_public(bound, openings)?;
        if let Some(renewal) = renewal {
            tokio::spawn(renewal.run());
        }
        Ok(running)
    }

    fn serve_public(&self, bound: Vec<Bound>, openings: Arc<Openings>) -> anyhow::Result<()> {
        let strict = if self.certificate.is_self_signed() { StrictTransport::No } else { StrictTransport::Yes };
        let alpn = [ALPN_H2, ALPN_HTTP_1_1, ALPN_STUN_TURN, ALPN_ACME];
        let doors = self.doors();
        let services = Arc::new(Services {
            secure: web::router(doors.clone(), strict),
            plain: web::router(doors, StrictTransport::No),
            tls: TlsAcceptor::from(self.certificate.server_config(&alpn)?),
            turn: self.turn_handle(),
            openings,
            stop: self.stop.clone(),
        });
        for Bound { listener, speaks } in bound {
            let acceptor = Acceptor::new(listener, self.gate.clone());
            tokio::spawn(dispatch::accept(acceptor, speaks, services.clone()));
        }
        Ok(())
    }

    /// All doors' paths.
    fn doors(&self) -> axum::Router {
        let doors = self.door.router();
        let Some(rooms) = &self.rooms else { return doors };
        let group =
            GroupJoin { door: self.door.clone(), authority: rooms.door.authority(), key: rooms.app_key.clone() };
        doors.merge(rooms.door.router()).merge(web::group_rooms(group))
    }

    /// Metrics and health have a gate of their own: a full house can still be looked into.
    fn serve_operations(&self, address: Option<SocketAddr>, openings: Arc<Openings>) -> anyhow::Result<()> {
        let Some(address) = address else { return Ok(()) };
        let listener = listeners::bind("metrics", "listen.metrics", address)?;
        let mut acceptor = Acceptor::new(listener, Gate::new(OPERATORS));
        let router = operations::router(Facts {
            phase: self.phase.clone(),
            gate: self.gate.clone(),
            openings,
            certificate: self.certificate.clone(),
            door: self.door.clone(),
            turn: self.turn_handle(),
            rooms: self.rooms.as_ref().map(RoomFacts::of),
        });
        tokio::spawn(async move {
            while let Some(connection) = acceptor.next().await {
                let peer = connection.peer();
                tokio::spawn(http_connection::serve(connection, peer, router.clone(), CancellationToken::new()));
            }
        });
        Ok(())
    }

    fn turn_handle(&self) -> Option<TurnHandle> {
        self.turn.as_ref().map(TurnServer::handle)
    }

    /// Keeps the certificate fresh until somebody asks to stop.
    pub(super) async fn until_stopped(&self, signals: &mut Signals) {
        let mut check = tokio::time::interval(CERTIFICATE_CHECK);
        check.tick().await;
        loop {
            let asked = tokio::select! {
                asked = signals.next() => asked,
                _ = check.tick() => Asked::Reload,
            };
            match asked {
                Asked::Stop => return,
                Asked::Reload => self.reload_certificate(),
            }
        }
    }

    fn reload_certificate(&self) {
        match self.certificate.reload() {
            Ok(()) => info!("read the certificate again"),
            Err(error) => error!(%error, "the certificate was not replaced; the one in use stays"),
        }
    }
}

fn start_turn(
    settings: &TurnSettings,
    secret: &Redacted<String>,
    media: Option<MediaHandle>,
) -> anyhow::Result<TurnServer> {
    turn::start(settings, secret, media).map_err(|error| match settings.listen {
        Some(address) => listeners::refused("TURN over UDP", "turn.listen", address, error).into(),
        None => anyhow::Error::new(error).context("cannot start TURN"),
    })
}

/// Certificates from files are looked at again this often: who renews them may forget the signal.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(6 * 3600);
const OPERATORS: Limits = Limits { total: 64, per_address: 32 };
