//! Rooms through the server: media shards, the rooms' task, the livekit door, webhooks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use moim_door_direct::IceConfig;
use moim_door_livekit::token::Keys;
use moim_door_livekit::webhooks::{WebhookConfig, WebhookStats, Webhooks};
use moim_door_livekit::{Bounds, LivekitConfig, LivekitDoor};
use moim_net::media::{Loopback, Media, MediaError, MediaOptions};
use moim_net::rooms::{self, RoomsHandle, RoomsOptions};
use moim_room::{Command, Config, RoomOptions};
use moim_types::Redacted;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::warn;

use super::listeners;
use super::secrets::random_secret;
use crate::config::{LivekitSettings, MediaSettings, Mode, Settings};
use crate::operations::RoomFacts;

/// Everything for rooms, while it runs.
pub(super) struct Rooms {
    pub(super) media: Media,
    handle: RoomsHandle,
    pub(super) door: LivekitDoor,
    webhooks: WebhooksCell,
    /// The API key that signs the app's own tokens.
    pub(super) app_key: String,
    task: JoinHandle<()>,
}

/// Webhooks, until they are drained.
#[derive(Clone)]
pub(crate) struct WebhooksCell(Arc<Mutex<Option<Webhooks>>>);

impl WebhooksCell {
    fn new(webhooks: Webhooks) -> Self {
        Self(Arc::new(Mutex::new(Some(webhooks))))
    }

    /// The counters; nothing once they are drained.
    pub(crate) fn stats(&self) -> WebhookStats {
        let webhooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        webhooks.as_ref().map(Webhooks::stats).unwrap_or_default()
    }

    async fn drain(&self) {
        let webhooks = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(webhooks) = webhooks {
            webhooks.drain(LAST_WEBHOOKS).await;
        }
    }
}

/// Starts all of it; `None` where it is switched off.
pub(super) fn start(settings: &Settings, mode: Mode, ice: IceConfig) -> anyhow::Result<Option<Rooms>> {
    let Some(media) = &settings.media else { return Ok(None) };
    let (events, reported) = mpsc::channel(EVENTS);
    let media = Media::start(media_options(media, settings, mode), events).map_err(in_words)?;
    let (handle, task) = rooms::start(rooms_options(&settings.livekit), media.handle(), reported)
        .context("the rooms cannot be started")?;
    let (keys, app_key) = keys(&settings.livekit)?;
    let webhooks = webhooks(settings, &keys, &handle)?;
    let door = LivekitDoor::new(LivekitConfig {
        keys,
        rooms: handle.clone(),
        ice,
        auto_create: settings.livekit.auto_create,
        data_blobs: settings.livekit.data_blobs,
        room_defaults: room_defaults(&settings.livekit),
        bounds: Bounds { connections: settings.listen.limits.total as usize, ..Bounds::default() },
    });
    Ok(Some(Rooms { media, handle, door, webhooks: WebhooksCell::new(webhooks), app_key, task }))
}

impl RoomFacts {
    /// Of these.
    pub(super) fn of(rooms: &Rooms) -> Self {
        Self {
            media: rooms.media.handle(),
            rooms: rooms.handle.clone(),
            door: rooms.door.clone(),
            webhooks: rooms.webhooks.clone(),
        }
    }
}

impl Rooms {
    /// Sends everybody away and tells the last of it to those outside.
    pub(super) async fn stop(mut self) {
        // An error says that the task has ended already.
        let _ = self.handle.tell(Command::Shutdown).await;
        if timeout(LAST_FAREWELLS, &mut self.task).await.is_err() {
            warn!("not everybody heard that the server stops");
        }
        self.webhooks.drain().await;
        self.media.stop();
    }
}

fn media_options(media: &MediaSettings, settings: &Settings, mode: Mode) -> MediaOptions {
    MediaOptions {
        address: media.address,
        udp_port: media.udp_port,
        tcp_port: media.tcp_port,
        external: media.external,
        loopback: if mode == Mode::Development { Loopback::Offered } else { Loopback::LastResort },
        shards: media.shards,
        tcp_limits: settings.listen.limits,
    }
}

fn rooms_options(livekit: &LivekitSettings) -> RoomsOptions {
    let core = Config { rooms: livekit.max_rooms, remote_unmute: livekit.remote_unmute, ..Config::default() };
    RoomsOptions { core, ..RoomsOptions::default() }
}

fn room_defaults(livekit: &LivekitSettings) -> RoomOptions {
    RoomOptions {
        empty_timeout: livekit.empty_timeout,
        departure_timeout: livekit.departure_timeout,
        max_participants: livekit.max_participants,
        ..RoomOptions::default()
    }
}

/// The keys, and the one for the app: without any, one that only this process knows.
fn keys(livekit: &LivekitSettings) -> anyhow::Result<(BTreeMap<String, Redacted<String>>, String)> {
    let mut keys = livekit.keys.clone();
    if let Some(first) = keys.keys().next().cloned() {
        return Ok((keys, first));
    }
    keys.insert(OWN_KEY.to_owned(), random_secret()?);
    Ok((keys, OWN_KEY.to_owned()))
}

fn webhooks(
    settings: &Settings,
    keys: &BTreeMap<String, Redacted<String>>,
    handle: &RoomsHandle,
) -> anyhow::Result<Webhooks> {
    let (urls, key) = match &settings.livekit.webhooks {
        Some(webhooks) => (webhooks.urls.clone(), webhooks.key.clone()),
        None => Default::default(),
    };
    let folder = settings.data_dir.join("webhooks");
    let config = WebhookConfig::new(urls, key, Keys::new(keys.clone()), folder);
    Ok(Webhooks::start(&config, &handle.journal())?)
}

/// A port in use is told by name, with the key that moves it.
fn in_words(error: MediaError) -> anyhow::Error {
    match error {
        MediaError::Udp(address, error) => {
            listeners::refused("media over UDP", "media.udp_port", address, error).into()
        }
        MediaError::Tcp(address, error) => {
            listeners::refused("media over TCP", "media.tcp_port", address, error).into()
        }
        other => anyhow::Error::new(other).context("media cannot be started"),
    }
}

/// The key of the app's own tokens where nobody configured any.
const OWN_KEY: &str = "moim-app";
/// Events of all shards that may wait for the rooms.
const EVENTS: usize = 16_384;
/// How long everybody has to hear that the server stops.
const LAST_FAREWELLS: Duration = Duration::from_secs(3);
/// How long receivers of webhooks have to take what is left; the rest is told after the next start.
const LAST_WEBHOOKS: Duration = Duration::from_secs(3);
