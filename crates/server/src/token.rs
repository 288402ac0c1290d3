//! `moim token`: tokens for doors, made where the configuration is.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use moim_door_direct::token::{Claims, sign};
use moim_door_direct::{Bounds, PeerId, RoomName};
use moim_door_livekit::token::{Grants, Keys, VideoGrant};
use moim_types::Redacted;

use crate::cli::{DirectToken, LivekitToken};
use crate::config::Settings;

/// Prints a signed token of the direct door, alone on its line, so that a script can take it.
pub(crate) fn direct(settings: &Settings, asked: &DirectToken) -> anyhow::Result<()> {
    let Some(shared) = &settings.direct.token else {
        bail!(
            "direct.token is empty, so that nothing can be signed: set it, or use --dev for a server started with --dev"
        );
    };
    let bounds = Bounds::default();
    RoomName::new(&asked.room, &bounds).context("--room cannot be used")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let mut claims = Claims::for_room(&asked.room, now.saturating_add(asked.ttl).as_secs());
    if let Some(peer_id) = &asked.peer_id {
        PeerId::new(peer_id, &bounds).context("--peer-id cannot be used")?;
        claims = claims.for_peer(peer_id);
    }
    let key = Redacted::new(shared.reveal().clone().into_bytes());
    let token = sign(&key, &claims)?;
    writeln!(io::stdout(), "{}", token.reveal()).context("cannot print the token")
}

/// Prints an access token of the LiveKit door, alone on its line.
pub(crate) fn livekit(settings: &Settings, asked: &LivekitToken) -> anyhow::Result<()> {
    let keys = &settings.livekit.keys;
    let Some(key) = asked.key.as_ref().or_else(|| keys.keys().next()) else {
        bail!(
            "livekit.keys is empty, so that nothing can be signed: set it, or use --dev for a server started with --dev"
        );
    };
    if !keys.contains_key(key) {
        bail!("--key {key} is none of livekit.keys: name one of them");
    }
    if asked.room.is_empty() || asked.identity.is_empty() {
        bail!("--room and --identity cannot be empty");
    }
    let video = VideoGrant {
        room_join: true,
        room: asked.room.clone(),
        room_admin: asked.admin,
        hidden: asked.hidden,
        can_publish: asked.view_only.then_some(false),
        can_publish_data: asked.view_only.then_some(false),
        ..VideoGrant::default()
    };
    let grants = Grants {
        identity: asked.identity.clone(),
        name: asked.name.clone(),
        metadata: asked.metadata.clone(),
        video: Some(video),
        ..Grants::default()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let token = Keys::new(keys.clone()).sign(key, &grants, now, asked.ttl)?;
    writeln!(io::stdout(), "{}", token.reveal()).context("cannot print the token")
}

/// Reads a time such as `90s`, `15m`, `1h` or `7d`.
pub(crate) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let complaint = || format!("{text} is no time: write such as 90s, 15m, 1h or 7d");
    let ttl = humantime::parse_duration(text).map_err(|_| complaint())?;
    if ttl < Duration::from_secs(1) { Err(complaint()) } else { Ok(ttl) }
}
