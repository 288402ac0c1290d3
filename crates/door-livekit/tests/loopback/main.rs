//! The door over loopback: real media shards, the rooms' task, a server on port 0, real sockets.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod abuse;
mod api;
mod bombs;
mod joining;
mod permissions;
mod signal;
mod slow_reader;
mod tokens;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moim_door_livekit::token::{Grants, VideoGrant};
use moim_door_livekit::{Bounds, LivekitConfig, LivekitDoor};
use moim_net::listen::Limits;
use moim_net::media::{ExternalAddresses, Loopback, Media, MediaOptions};
use moim_net::rooms::{self, RoomsHandle, RoomsOptions};
use moim_room::RoomOptions;
use moim_turn::IceConfig;
use moim_types::Redacted;
use tokio::sync::mpsc;

pub(crate) const KEY: &str = "key";
pub(crate) const SECRET: &str = "a secret of these tests, and of nothing else";
/// Nothing takes this long unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A door that is served until the test is over.
pub(crate) struct Served {
    pub(crate) door: LivekitDoor,
    pub(crate) address: SocketAddr,
    pub(crate) rooms: RoomsHandle,
    _media: Media,
}

pub(crate) async fn serve(bounds: Bounds) -> Served {
    serve_with(bounds, true).await
}

pub(crate) async fn serve_with(bounds: Bounds, auto_create: bool) -> Served {
    let (events, reported) = mpsc::channel(1000);
    let media = Media::start(media_options(), events).unwrap();
    let (rooms, _) = rooms::start(RoomsOptions::default(), media.handle(), reported).unwrap();
    let ice = IceConfig {
        stun_port: None,
        turn_udp_port: None,
        turn_tcp_port: None,
        turns_port: None,
        secret: Redacted::new("turn secret".to_owned()),
        public_host: None,
        lifetime: Duration::from_secs(3600),
    };
    let keys = [(KEY.to_owned(), Redacted::new(SECRET.to_owned()))].into();
    let room_defaults = RoomOptions::default();
    let config =
        LivekitConfig { keys, rooms: rooms.clone(), ice, auto_create, room_defaults, bounds, data_blobs: true };
    let door = LivekitDoor::new(config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = door.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Served { door, address, rooms, _media: media }
}

fn media_options() -> MediaOptions {
    MediaOptions {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        udp_port: 0,
        tcp_port: None,
        external: ExternalAddresses::default(),
        loopback: Loopback::Offered,
        shards: 1,
        tcp_limits: Limits { total: 100, per_address: 100 },
    }
}

pub(crate) fn unix_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// What lets somebody into a room.
pub(crate) fn guest(room: &str, identity: &str) -> Grants {
    let video = VideoGrant { room_join: true, room: room.into(), ..VideoGrant::default() };
    Grants { identity: identity.into(), video: Some(video), ..Grants::default() }
}

/// What lets the application's server manage a room.
pub(crate) fn admin(room: &str) -> Grants {
    let video = VideoGrant { room_admin: true, room_create: true, room: room.into(), ..VideoGrant::default() };
    Grants { video: Some(video), ..Grants::default() }
}

impl Served {
    pub(crate) fn token(&self, grants: &Grants) -> String {
        let signed = self.door.authority().keys().sign(KEY, grants, unix_now(), Duration::from_secs(600));
        signed.unwrap().reveal().clone()
    }

    pub(crate) fn count(&self, counter: &str, label: &str) -> u64 {
        let stats = self.door.stats();
        let found = stats.named().find(|(name, value, _)| *name == counter && *value == label);
        found.unwrap_or_else(|| panic!("no counter {counter} {label}")).2
    }

    /// Waits until a counter has a value.
    pub(crate) async fn until(&self, counter: &str, label: &str, value: u64) {
        let arrived = async {
            while self.count(counter, label) != value {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, arrived).await;
        assert!(waited.is_ok(), "{counter} {label} is {}, not {value}", self.count(counter, label));
    }
}
