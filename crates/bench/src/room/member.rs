//! One participant of a load.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moim_peer::livekit::{PublishOptions, Room, RoomEvent, RoomEvents, RoomOptions};
use moim_peer::{ConnectionConfig, ConnectionState, Fleet, Media};
use moim_types::Codec;
use tokio::sync::watch;

use super::load::Load;
use super::pattern::Layer;
use super::publisher::{Publisher, Sent};
use super::token::May;
use super::viewer::{Tally, Viewer};

/// What all members of a load share.
pub(crate) struct Stage {
    pub(crate) load: Load,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) began: Instant,
    pub(crate) layers: Arc<Vec<Layer>>,
    pub(crate) sent: Arc<Sent>,
}

pub(crate) struct Member {
    room: Room,
    pub(crate) tally: Option<Arc<Mutex<Tally>>>,
    pub(crate) publishes: bool,
    state: watch::Receiver<State>,
}

/// Which of its connections stand, and whether its session does.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    legs: usize,
    over: bool,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Member {
    /// Joins, and is there when the server has said so; media follows.
    pub(crate) async fn join(stage: &Stage, room: &str, identity: &str, may: May) -> anyhow::Result<Self> {
        let joins = Instant::now();
        let token = stage.load.key.token(room, identity, may)?;
        let tally = may.view.then(|| Arc::new(Mutex::new(Tally::default())));
        let viewer = |tally| Box::new(Viewer::new(stage.began, joins, tally)) as Box<dyn Media>;
        let publisher =
            || Box::new(Publisher::new(stage.began, stage.layers.clone(), stage.sent.clone())) as Box<dyn Media>;
        let options = RoomOptions {
            auto_subscribe: may.view,
            relayed: stage.load.relayed && !may.publish,
            connection: ConnectionConfig { stats_interval: None, ..ConnectionConfig::default() },
            publisher_media: may.publish.then(publisher),
            subscriber_media: tally.clone().map(viewer),
            ..RoomOptions::new(stage.fleet.clone())
        };
        let connecting = tokio::time::timeout(PATIENCE, Room::connect(&stage.load.url, &token, options));
        let (room, events) = connecting.await??;
        let (tell, state) = watch::channel(State::default());
        tokio::spawn(follow(events, tell));
        let member = Self { room, tally, publishes: may.publish, state };
        if may.publish {
            tokio::time::timeout(PATIENCE, member.publish(&stage.load)).await??;
        }
        Ok(member)
    }

    /// Connections that stand.
    pub(crate) fn legs(&self) -> usize {
        self.state.borrow().legs
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state.borrow().over
    }

    pub(crate) fn has_key_frame(&self) -> bool {
        self.first_key_frame().is_some()
    }

    pub(crate) fn first_key_frame(&self) -> Option<Duration> {
        let tally = self.tally.as_ref()?;
        tally.lock().unwrap_or_else(PoisonError::into_inner).first_key_frame
    }

    pub(crate) async fn leave(self) {
        self.room.leave().await;
    }

    async fn publish(&self, load: &Load) -> anyhow::Result<()> {
        if !load.no_video {
            let camera = PublishOptions::camera(Codec::Vp8, 1280, 720);
            let camera = if load.no_simulcast { camera } else { camera.with_simulcast() };
            self.room.publish(camera).await?;
        }
        if !load.no_audio {
            self.room.publish(PublishOptions::microphone()).await?;
        }
        Ok(())
    }
}

async fn follow(mut events: RoomEvents, tell: watch::Sender<State>) {
    while let Some(event) = events.next().await {
        match event {
            RoomEvent::Connection(_, ConnectionState::Connected) => tell.send_modify(|state| state.legs += 1),
            RoomEvent::Connection(_, ConnectionState::Disconnected | ConnectionState::Failed) => {
                tell.send_modify(|state| state.legs = state.legs.saturating_sub(1));
            }
            RoomEvent::Disconnected(_) => tell.send_modify(|state| state.over = true),
            _ => {}
        }
    }
}
