//! Rooms full of publishers and viewers, for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use moim_peer::Fleet;

use super::crowd::Crowd;
use super::figures::{Figures, Round};
use super::floor::Floor;
use super::member::Stage;
use super::pattern;
use super::publisher::Sent;
use super::token::ApiKey;
use crate::cpu;

#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    /// The server, as a LiveKit client knows it.
    #[arg(long, env = "LIVEKIT_URL", default_value = "ws://127.0.0.1:7880")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) key: ApiKey,
    /// Rooms.
    #[arg(long, default_value_t = 1)]
    pub(crate) rooms: usize,
    /// What their names begin with.
    #[arg(long, default_value = "bench")]
    pub(crate) room_prefix: String,
    /// Publishers in each room.
    #[arg(long, default_value_t = 1)]
    pub(crate) publishers: usize,
    /// Whether publishers see each other.
    #[arg(long)]
    pub(crate) publishers_view: bool,
    /// Viewers in each room.
    #[arg(long, default_value_t = 10)]
    pub(crate) viewers: usize,
    /// How long one round is, in seconds.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) duration: f64,
    /// How often it is counted.
    #[arg(long, default_value_t = 1)]
    pub(crate) rounds: usize,
    /// How long to wait before counting, in seconds.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) warm_up: f64,
    /// The rate of the largest picture, in bits per second.
    #[arg(long, default_value_t = 2_500_000)]
    pub(crate) video_bitrate: u64,
    /// One size of the picture instead of three.
    #[arg(long)]
    pub(crate) no_simulcast: bool,
    /// No voice.
    #[arg(long)]
    pub(crate) no_audio: bool,
    /// No picture.
    #[arg(long)]
    pub(crate) no_video: bool,
    /// Viewers who leave and come again, in each second.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) churn: f64,
    /// How many join in each second.
    #[arg(long, default_value_t = 20.0)]
    pub(crate) joins_per_second: f64,
    /// Viewers reach the server through its TURN server alone, over UDP.
    #[arg(long)]
    pub(crate) relayed: bool,
    /// Threads that drive the connections.
    #[arg(long, default_value_t = 1)]
    pub(crate) client_threads: usize,
    /// The server's process, for its processor time and memory.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
    /// Measure beside each round what AES-128-GCM and GSO alone cost for its packets.
    #[arg(long)]
    pub(crate) floor: bool,
}

impl Load {
    pub(crate) fn run(self) -> anyhow::Result<Figures> {
        anyhow::ensure!(self.joins_per_second > 0.0, "--joins-per-second must be more than 0");
        anyhow::ensure!(self.duration > 0.0, "--duration must be more than 0");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(self.measure())
    }

    async fn measure(self) -> anyhow::Result<Figures> {
        let memory_before = self.server_pid.map(cpu::memory_of).transpose()?;
        let floor = self.floor.then(|| Floor::prepare(&self)).transpose()?;
        let stage = Arc::new(Stage {
            fleet: Arc::new(Fleet::start(self.client_threads)?),
            began: Instant::now(),
            layers: Arc::new(pattern::layers(self.video_bitrate)?),
            sent: Arc::new(Sent::default()),
            load: self,
        });
        let load = &stage.load;
        let mut crowd = Crowd::gather(stage.clone()).await;
        if load.publishers > 0 && !load.no_video {
            crowd.settle(Duration::from_secs(10)).await;
        }
        tokio::time::sleep(Duration::from_secs_f64(load.warm_up)).await;
        let mut figures = Figures { members: crowd.members.len(), legs: crowd.legs(), ..Figures::default() };
        for _ in 0..load.rounds {
            let mut round = count(load, &mut crowd).await?;
            round.floor_ns = floor.as_ref().map(Floor::measure).transpose()?;
            figures.rounds.push(round);
        }
        let memory_after = load.server_pid.map(cpu::memory_of).transpose()?;
        figures.memory_bytes = memory_after.zip(memory_before).map(|(after, before)| after.saturating_sub(before));
        figures.lost_sessions = crowd.lost_sessions();
        figures.failures = std::mem::take(&mut crowd.failures);
        let viewers = crowd.members.iter().filter(|(_, member)| member.tally.is_some());
        let times: Vec<_> = viewers.map(|(_, member)| member.first_key_frame()).collect();
        let pictures = load.publishers > 0 && !load.no_video;
        figures.without_picture = times.iter().filter(|time| pictures && time.is_none()).count();
        figures.first_key_frame = times.into_iter().flatten().collect();
        crowd.leave().await;
        Ok(figures)
    }
}

/// Counts for one round.
async fn count(load: &Load, crowd: &mut Crowd) -> anyhow::Result<Round> {
    crowd.begin();
    let used = || load.server_pid.map(cpu::used_by).transpose();
    let (server_before, client_before) = (used()?, cpu::used_by(std::process::id())?);
    let began = Instant::now();
    crowd.stay(Duration::from_secs_f64(load.duration)).await;
    let elapsed = began.elapsed();
    let tallies = crowd.tallies();
    let (server_after, client_after) = (used()?, cpu::used_by(std::process::id())?);
    Ok(Round {
        elapsed,
        server_cpu: server_after.zip(server_before).map(|(after, before)| after.saturating_sub(before)),
        client_cpu: client_after.saturating_sub(client_before),
        ..Round::of(&tallies)
    })
}
