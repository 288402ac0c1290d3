//! moim and coturn side by side: the same load on each by turns, and the ratio of the medians.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;

use super::load::{Direction, Load};
use crate::process::{Running, start};

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The `moim` binary.
    #[arg(long)]
    moim: PathBuf,
    /// coturn's server.
    #[arg(long, default_value = "turnserver")]
    coturn: PathBuf,
    /// How often each load is put on each server.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each time, in seconds.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

impl Compare {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("moim-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let (moim, coturn) = (self.start_moim(&folder)?, self.start_coturn(&folder)?);
        std::thread::sleep(Duration::from_secs(2));
        println!("CPU of the server for each relayed packet, in ns: medians of {} rounds by turns", self.rounds);
        println!("{:<44} {:>8} {:>8} {:>14}", "", "moim", "coturn", "coturn / moim");
        for (name, direction, burst) in [
            ("up, single packets", Direction::Up, 1),
            ("down, single packets", Direction::Down, 1),
            ("up, bursts of 4", Direction::Up, 4),
            ("up, bursts of 8", Direction::Up, 8),
            ("down, bursts of 8", Direction::Down, 8),
            ("client to client", Direction::Between, 1),
        ] {
            let mut costs = (Vec::new(), Vec::new());
            for _ in 0..self.rounds {
                costs.0.extend(self.measure(&moim, direction, burst)?);
                costs.1.extend(self.measure(&coturn, direction, burst)?);
            }
            let (ours, theirs) = (median(&mut costs.0), median(&mut costs.1));
            println!("{name:<44} {ours:>8.0} {theirs:>8.0} {:>14.2}", theirs / ours);
        }
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    fn measure(&self, server: &Running, direction: Direction, burst: usize) -> anyhow::Result<Option<f64>> {
        let load = Load {
            server: server.address,
            user: "bench".to_owned(),
            password: "bench-password".to_owned(),
            clients: 50,
            bytes: 1200,
            burst,
            seconds: self.seconds,
            direction,
            server_pid: Some(server.process.id()),
        };
        Ok(load.run()?.cpu_per_packet_ns)
    }

    fn start_moim(&self, folder: &Path) -> anyhow::Result<Running> {
        let address: SocketAddr = ([127, 0, 0, 1], 34_780).into();
        let config = folder.join("moim.toml");
        let text = format!(
            "[server]\ndata_dir = {folder:?}\n[listen]\nhttps = \"\"\nhttp = \"\"\nkurento = \"\"\nmetrics = \"127.0.0.1:0\"\n\
             [turn]\nlisten = \"{address}\"\ntls_listen = \"\"\nexternal_ip = \"127.0.0.1\"\nrelay_ports = \"41000-44999\"\n\
             user_quota = 100000\nusers = {{ bench = \"bench-password\" }}\n[turn.peers]\nallow = [\"127.0.0.0/8\"]\n"
        );
        fs::write(&config, text)?;
        let private = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
        fs::set_permissions(&config, private)?;
        let mut command = Command::new(&self.moim);
        command.arg("serve").arg("--config").arg(config);
        start(command, &folder.join("moim.log"), address)
    }

    fn start_coturn(&self, folder: &Path) -> anyhow::Result<Running> {
        let address: SocketAddr = ([127, 0, 0, 1], 34_790).into();
        let mut command = Command::new(&self.coturn);
        command.args(["-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "-p", "34790", "--allow-loopback-peers", "-a"]);
        command.args(["-u", "bench:bench-password", "-r", "bench", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp"]);
        command.args(["--no-rfc5780", "--log-file", "/dev/null", "--no-stdout-log", "--simple-log"]);
        command.args(["--min-port", "45000", "--max-port", "48999", "--userdb"]).arg(folder.join("turndb"));
        start(command, &folder.join("coturn.log"), address)
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
