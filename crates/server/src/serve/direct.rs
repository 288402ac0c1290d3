//! The direct door that the configuration asks for.

use std::time::Duration;

use moim_door_direct::{AllowedOrigins, Bounds, DirectConfig, DirectDoor, IceConfig};
use moim_types::Redacted;

use super::secrets::random_key;
use crate::config::{DirectSettings, Mode, Origins, Settings};

/// Makes it.
pub(super) fn open(settings: &Settings, mode: Mode, ice: IceConfig) -> anyhow::Result<DirectDoor> {
    let direct = &settings.direct;
    let signing_key = match &direct.token {
        Some(token) => Redacted::new(token.reveal().clone().into_bytes()),
        None => random_key()?,
    };
    Ok(DirectDoor::new(DirectConfig {
        token: direct.token.clone(),
        signing_key,
        dev: mode == Mode::Development,
        open_join: settings.app_open,
        ice,
        bounds: bounds(direct),
        allowed_origins: match &direct.origins {
            Origins::Any => AllowedOrigins::Any,
            Origins::Only(origins) => AllowedOrigins::Only(origins.clone()),
        },
    }))
}

/// What clients are told about STUN and TURN. `secret` makes their credentials.
pub(super) fn ice(settings: &Settings, secret: Redacted<String>) -> IceConfig {
    let turn = settings.turn.as_ref();
    let plain = turn.and_then(|turn| turn.listen).map(|address| address.port());
    let tls = turn.and_then(|turn| turn.tls_listen);
    // The port of HTTPS is open where a browser could load the page; the usual port of TURN over TLS often is not.
    let turns = turn.and_then(|_| settings.listen.https.or(tls)).map(|address| address.port());
    IceConfig {
        stun_port: plain,
        turn_udp_port: plain,
        turn_tcp_port: plain,
        turns_port: turns,
        secret,
        public_host: settings.public_host.clone(),
        lifetime: CREDENTIAL_LIFETIME,
    }
}

fn bounds(direct: &DirectSettings) -> Bounds {
    Bounds {
        message_bytes: direct.max_message_bytes,
        messages_per_second: direct.messages_per_second,
        message_burst: direct.messages_per_second.saturating_mul(4),
        peers_per_room: direct.max_peers_per_room,
        rooms: direct.max_rooms,
        arrivals_per_second: direct.arrivals_per_second,
        arrival_burst: direct.arrivals_per_second.saturating_mul(10),
        ..Bounds::default()
    }
}

const CREDENTIAL_LIFETIME: Duration = Duration::from_secs(3600);
