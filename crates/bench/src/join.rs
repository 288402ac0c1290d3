//! One participant who plays a file into a room, or writes what the room sends to one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use moim_peer::Fleet;
use moim_peer::livekit::{PublishOptions, Room, RoomEvent, RoomEvents, RoomOptions};
use moim_peer::webm::{Player, Recorder, TrackInFile};
use moim_types::MediaKind;

use crate::room::token::{ApiKey, May};

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The room's name.
    room: String,
    /// The server, as a LiveKit client knows it.
    #[arg(long, env = "LIVEKIT_URL", default_value = "ws://127.0.0.1:7880")]
    url: String,
    #[command(flatten)]
    key: ApiKey,
    /// Who joins.
    #[arg(long, default_value = "moim")]
    identity: String,
    /// A WebM file with VP8, VP9 or Opus to play, as it is encoded.
    #[arg(long)]
    play: Option<PathBuf>,
    /// A WebM file to write what arrives to.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Leave after so many seconds; without it, when the file is over or by Ctrl-C.
    #[arg(long)]
    seconds: Option<f64>,
}

impl Join {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.play.is_some() || self.record.is_some(), "give --play FILE, --record FILE, or both");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(self.stay())
    }

    async fn stay(&self) -> anyhow::Result<()> {
        let may = May { publish: self.play.is_some(), view: self.record.is_some() };
        let token = self.key.token(&self.room, &self.identity, may)?;
        let player = self.play.as_deref().map(Player::open).transpose()?;
        let recorder = self.record.as_deref().map(Recorder::create).transpose()?;
        let tracks = player.as_ref().map(Player::tracks).unwrap_or_default();
        let length = player.as_ref().and_then(Player::length);
        let options = RoomOptions {
            auto_subscribe: may.view,
            publisher_media: player.map(|player| Box::new(player) as _),
            subscriber_media: recorder.map(|recorder| Box::new(recorder) as _),
            ..RoomOptions::new(Arc::new(Fleet::start(1)?))
        };
        let (room, events) = Room::connect(&self.url, &token, options).await?;
        for track in tracks {
            room.publish(how(track)).await?;
        }
        let until = self.seconds.map(Duration::from_secs_f64).or(length).unwrap_or(Duration::MAX);
        tokio::select! {
            () = tokio::time::sleep(until) => {}
            signal = tokio::signal::ctrl_c() => signal?,
            why = over(events) => anyhow::bail!("the session is over: {why}"),
        }
        room.leave().await;
        // The last of it leaves, and the file is closed, on another thread.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(())
    }
}

fn how(track: TrackInFile) -> PublishOptions {
    match track.codec.kind() {
        MediaKind::Audio => PublishOptions::microphone(),
        MediaKind::Video => PublishOptions::camera(track.codec, track.size.0, track.size.1),
    }
}

async fn over(mut events: RoomEvents) -> String {
    while let Some(event) = events.next().await {
        if let RoomEvent::Disconnected(why) = event {
            return format!("{why:?}");
        }
    }
    "nothing comes any more".to_owned()
}
