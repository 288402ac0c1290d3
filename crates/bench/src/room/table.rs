//! The project's own figures: moim is started, loaded in the ways that matter, and stopped.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};
use moim_types::Redacted;

use super::figures::Figures;
use super::load::Load;
use super::token::ApiKey;
use crate::process::{Running, start};

#[derive(Debug, Args)]
pub(crate) struct Table {
    /// The `moim` binary.
    #[arg(long)]
    moim: PathBuf,
    /// Which rows; all when there is none.
    #[arg(long, value_enum)]
    row: Vec<Row>,
    /// How often each is counted.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each time, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Viewers of the one publisher.
    #[arg(long, default_value_t = 50)]
    viewers: usize,
    /// Rooms of six; fifty are the 300 people.
    #[arg(long, default_value_t = 10)]
    rooms: usize,
    /// Connections without media.
    #[arg(long, default_value_t = 100)]
    idle: usize,
    /// Threads that drive the connections.
    #[arg(long, default_value_t = 1)]
    client_threads: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Row {
    /// One publisher, many viewers.
    Broadcast,
    /// The same, where the viewers reach nothing but TURN, in turns with viewers who reach media.
    Relayed,
    /// Rooms of six, where everybody publishes and views.
    Rooms,
    /// Nobody publishes.
    Idle,
}

const API_KEY: &str = "bench";
const API_SECRET: &str = "not-a-secret-but-long-enough-for-one";
const HTTP: ([u8; 4], u16) = ([127, 0, 0, 1], 34_790);
const TURN: ([u8; 4], u16) = ([127, 0, 0, 1], 34_789);

impl Table {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let rows = if self.row.is_empty() { Row::value_variants() } else { &self.row };
        for row in rows {
            let folder = std::env::temp_dir().join(format!("moim-bench-{}", std::process::id()));
            fs::create_dir_all(&folder)?;
            let server = self.start(&folder)?;
            std::thread::sleep(Duration::from_secs(2));
            let load = self.load(*row, &server);
            println!("## {}", self.title(*row));
            match row {
                Row::Relayed => self.compare(&load)?,
                Row::Broadcast | Row::Rooms | Row::Idle => println!("{}", load.run()?),
            }
            drop(server);
            fs::remove_dir_all(&folder)?;
        }
        Ok(())
    }

    /// The load with viewers of both kinds, one kind after the other, so that the machine's moods meet both.
    fn compare(&self, load: &Load) -> anyhow::Result<()> {
        let (mut direct, mut relayed) = (Figures::default(), Figures::default());
        for _ in 0..self.rounds {
            direct.add(Load { relayed: false, rounds: 1, ..load.clone() }.run()?);
            relayed.add(Load { relayed: true, rounds: 1, ..load.clone() }.run()?);
        }
        println!("direct: {direct}\nthrough TURN: {relayed}");
        if let Some((relayed, direct)) = relayed.cpu_per_packet_ns().zip(direct.cpu_per_packet_ns()) {
            println!("server: a packet through TURN costs {:.2} times one that goes directly\n", relayed / direct);
        }
        Ok(())
    }

    fn title(&self, row: Row) -> String {
        match row {
            Row::Broadcast => format!("1 publisher, {} viewers, 2.5 Mbit/s", self.viewers),
            Row::Relayed => format!("1 publisher, {} viewers through TURN over UDP, 2.5 Mbit/s", self.viewers),
            Row::Rooms => format!("{} people in rooms of 6, voice and three sizes of picture", self.rooms * 6),
            Row::Idle => format!("{} connections without media", self.idle),
        }
    }

    fn load(&self, row: Row, server: &Running) -> Load {
        let load = Load {
            url: format!("ws://{}", server.address),
            key: ApiKey { api_key: API_KEY.to_owned(), api_secret: Redacted::new(API_SECRET.to_owned()) },
            rooms: 1,
            room_prefix: "bench".to_owned(),
            publishers: 1,
            publishers_view: false,
            viewers: self.viewers,
            duration: self.seconds,
            rounds: self.rounds,
            warm_up: 5.0,
            video_bitrate: 2_500_000,
            no_simulcast: true,
            no_audio: true,
            no_video: false,
            churn: 0.0,
            joins_per_second: 20.0,
            relayed: false,
            client_threads: self.client_threads,
            server_pid: Some(server.process.id()),
            floor: true,
        };
        match row {
            Row::Broadcast => load,
            Row::Relayed => Load { floor: false, ..load },
            Row::Rooms => Load {
                rooms: self.rooms,
                publishers: 6,
                publishers_view: true,
                viewers: 0,
                no_simulcast: false,
                no_audio: false,
                floor: false,
                ..load
            },
            Row::Idle => Load { rooms: 1, publishers: 0, viewers: self.idle, floor: false, ..load },
        }
    }

    fn start(&self, folder: &Path) -> anyhow::Result<Running> {
        let address = SocketAddr::from(HTTP);
        let turn = SocketAddr::from(TURN);
        let config = folder.join("moim.toml");
        let text = format!(
            "[server]\ndata_dir = {folder:?}\n[listen]\nhttps = \"\"\nhttp = \"{address}\"\nkurento = \"\"\n\
             metrics = \"127.0.0.1:0\"\n[media]\nudp_address = \"127.0.0.1\"\nudp_port = 34800\ntcp_port = 0\n\
             [turn]\nlisten = \"{turn}\"\ntls_listen = \"\"\n[livekit]\nkeys = {{ {API_KEY} = \"{API_SECRET}\" }}\n"
        );
        fs::write(&config, text)?;
        let private = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
        fs::set_permissions(&config, private)?;
        let mut command = Command::new(&self.moim);
        command.arg("serve").arg("--config").arg(config);
        start(command, &folder.join("moim.log"), address)
    }
}
