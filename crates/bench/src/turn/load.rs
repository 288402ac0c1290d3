//! Relays packets through one server for a while.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use moim_turn::client::Client;
use moim_types::Redacted;

use super::caller::{CHANNEL, Caller};
use crate::cpu;
use crate::pipe::{Buffers, Pipe};

/// Which way the packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// From clients to a peer.
    Up,
    /// From a peer to clients.
    Down,
    /// From client to client, both relayed by this server.
    Between,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    /// The server's UDP address.
    #[arg(long)]
    pub(crate) server: SocketAddr,
    /// A user of the server.
    #[arg(long)]
    pub(crate) user: String,
    /// His password.
    #[arg(long)]
    pub(crate) password: String,
    /// Allocations.
    #[arg(long, default_value_t = 50)]
    pub(crate) clients: usize,
    /// Payload of one packet, in bytes.
    #[arg(long, default_value_t = 1200)]
    pub(crate) bytes: usize,
    /// Packets that one sender sends at once.
    #[arg(long, default_value_t = 1)]
    pub(crate) burst: usize,
    /// How long, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    #[arg(long, value_enum, default_value_t = Direction::Up)]
    pub(crate) direction: Direction,
    /// The server's process, for its processor time and memory.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) elapsed: Duration,
    /// Processor time of the server for each delivered packet, in nanoseconds.
    pub(crate) cpu_per_packet_ns: Option<f64>,
    /// Memory that the allocations took, in bytes each.
    pub(crate) memory_per_allocation_bytes: Option<f64>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = 100.0 * (1.0 - self.delivered as f64 / self.sent.max(1) as f64);
        let rate = self.delivered as f64 / self.elapsed.as_secs_f64();
        write!(f, "{} packets, {lost:.2} % lost, {rate:.0} packets/s", self.delivered)?;
        if let Some(ns) = self.cpu_per_packet_ns {
            write!(f, ", {ns:.0} ns of the server's CPU each")?;
        }
        if let Some(bytes) = self.memory_per_allocation_bytes {
            write!(f, ", {bytes:.0} bytes for each allocation")?;
        }
        Ok(())
    }
}

impl Load {
    pub(crate) fn run(&self) -> anyhow::Result<Figures> {
        let memory_before = self.server_pid.map(cpu::memory_of).transpose()?;
        let peer = Pipe::open()?;
        let callers = self.callers(&peer)?;
        let memory_after = self.server_pid.map(cpu::memory_of).transpose()?;
        let cpu_before = self.server_pid.map(cpu::used_by).transpose()?;
        let began = Instant::now();
        let (sent, delivered) = self.relay(&callers, &peer)?;
        let elapsed = began.elapsed();
        let cpu_after = self.server_pid.map(cpu::used_by).transpose()?;
        for caller in callers {
            caller.end()?;
        }
        let cpu = cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
        let memory = memory_after.zip(memory_before).map(|(after, before)| after.saturating_sub(before));
        Ok(Figures {
            sent,
            delivered,
            elapsed,
            cpu_per_packet_ns: cpu.map(|cpu| cpu.as_nanos() as f64 / delivered.max(1) as f64),
            memory_per_allocation_bytes: memory.map(|memory| memory as f64 / self.clients as f64),
        })
    }

    fn callers(&self, peer: &Pipe) -> anyhow::Result<Vec<Caller>> {
        let password = Redacted::new(self.password.clone());
        let allocate = |_| Caller::allocate(self.server, &self.user, &password);
        let mut callers = (0..self.clients).map(allocate).collect::<Result<Vec<_>, _>>()?;
        let relayed: Vec<_> = callers.iter().map(|caller| caller.relayed).collect();
        for (index, caller) in callers.iter_mut().enumerate() {
            let partner = relayed.get(index ^ 1).copied();
            let peer = match (self.direction, partner) {
                (Direction::Between, Some(partner)) => partner,
                _ => peer.address()?,
            };
            caller.bind_channel(peer)?;
        }
        Ok(callers)
    }

    /// Sends a round of bursts, waits for it, and begins again: as fast as the server goes, without
    /// losing more than it must.
    fn relay(&self, callers: &[Caller], peer: &Pipe) -> anyhow::Result<(u64, u64)> {
        let payload = vec![7; self.bytes];
        let message = Client::channel_data(CHANNEL, &payload);
        let (up, down) = (message.repeat(self.burst), payload.repeat(self.burst));
        let mut buffers = Buffers::new();
        let (mut sent, mut delivered) = (0, 0);
        let end = Instant::now() + Duration::from_secs_f64(self.seconds);
        while Instant::now() < end {
            for caller in callers {
                match self.direction {
                    Direction::Up | Direction::Between => caller.send(&up, message.len())?,
                    Direction::Down => peer.send(caller.relayed, &down, payload.len())?,
                }
            }
            let round = (callers.len() * self.burst) as u64;
            sent += round;
            delivered += self.collect(callers, peer, &mut buffers, round)?;
        }
        Ok((sent, delivered))
    }

    fn collect(&self, callers: &[Caller], peer: &Pipe, buffers: &mut Buffers, wanted: u64) -> anyhow::Result<u64> {
        let until = Instant::now() + Duration::from_millis(20);
        let mut count = 0;
        while count < wanted && Instant::now() < until {
            count += match self.direction {
                Direction::Up => peer.drain(buffers)?,
                Direction::Down | Direction::Between => {
                    let mut arrived = 0;
                    for caller in callers {
                        arrived += caller.pipe.drain(buffers)?;
                    }
                    arrived
                }
            };
        }
        Ok(count)
    }
}
