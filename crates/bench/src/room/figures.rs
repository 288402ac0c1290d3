//! What a load came to.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::viewer::Tally;

/// One round of counting.
#[derive(Debug, Clone, Default)]
pub(crate) struct Round {
    pub(crate) elapsed: Duration,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) lost: u64,
    pub(crate) streams: usize,
    pub(crate) latency_us: Option<(u64, u64)>,
    pub(crate) server_cpu: Option<Duration>,
    pub(crate) client_cpu: Duration,
    /// What AES-GCM and GSO alone cost for one of these packets.
    pub(crate) floor_ns: Option<f64>,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) rounds: Vec<Round>,
    pub(crate) members: usize,
    pub(crate) legs: usize,
    pub(crate) failures: Vec<String>,
    pub(crate) lost_sessions: usize,
    pub(crate) without_picture: usize,
    pub(crate) first_key_frame: Vec<Duration>,
    pub(crate) memory_bytes: Option<u64>,
}

impl Round {
    /// Adds up what all viewers have got.
    pub(crate) fn of(tallies: &[Tally]) -> Self {
        let mut round = Self::default();
        let mut latency: Option<Histogram<u64>> = None;
        for tally in tallies {
            round.packets += tally.packets;
            round.bytes += tally.bytes;
            round.lost += tally.lost();
            round.streams += tally.streams();
            match (&mut latency, tally.latency()) {
                (Some(all), Some(one)) => {
                    // The same bounds everywhere.
                    let _ = all.add(one);
                }
                (None, Some(one)) => latency = Some(one.clone()),
                (_, None) => {}
            }
        }
        round.latency_us = latency.map(|all| (all.value_at_quantile(0.5), all.value_at_quantile(0.99)));
        round
    }

    pub(crate) fn cpu_per_packet_ns(&self) -> Option<f64> {
        let cpu = self.server_cpu?;
        (self.packets > 0).then(|| cpu.as_nanos() as f64 / self.packets as f64)
    }

    fn cpu_share(&self, cpu: Duration) -> f64 {
        100.0 * cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

impl Figures {
    /// The median of the rounds.
    pub(crate) fn median(&self, of: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.rounds.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// Counts another run of the same load too.
    pub(crate) fn add(&mut self, run: Self) {
        let rounds = [std::mem::take(&mut self.rounds), run.rounds].concat();
        let failures = [std::mem::take(&mut self.failures), run.failures].concat();
        let first_key_frame = [std::mem::take(&mut self.first_key_frame), run.first_key_frame].concat();
        let (lost_sessions, without_picture) =
            (self.lost_sessions + run.lost_sessions, self.without_picture + run.without_picture);
        *self = Self { rounds, failures, first_key_frame, lost_sessions, without_picture, ..run };
    }

    pub(crate) fn cpu_per_packet_ns(&self) -> Option<f64> {
        self.median(Round::cpu_per_packet_ns)
    }

    /// Microseconds of processor time for each connection in each second.
    pub(crate) fn cpu_per_leg_us(&self) -> Option<f64> {
        let legs = self.legs.max(1) as f64;
        self.median(|round| Some(round.server_cpu?.as_micros() as f64 / round.elapsed.as_secs_f64() / legs))
    }

    pub(crate) fn memory_per_leg_bytes(&self) -> Option<f64> {
        Some(self.memory_bytes? as f64 / self.legs.max(1) as f64)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} participants, {} connections", self.members, self.legs)?;
        self.problems(f)?;
        for round in &self.rounds {
            writeln!(f, "{round}")?;
        }
        self.joins(f)?;
        if let Some(ns) = self.cpu_per_packet_ns() {
            write!(f, "server: {ns:.0} ns of CPU for each forwarded packet ({:.0} packets per CPU-second)", 1e9 / ns)?;
            if let Some(floor) = self.median(|round| round.floor_ns) {
                write!(f, "; AES-128-GCM and GSO alone: {floor:.0} ns; ratio {:.1}", ns / floor)?;
            }
            writeln!(f)?;
        }
        if let Some(us) = self.cpu_per_leg_us() {
            writeln!(f, "server: {us:.0} µs of CPU for each connection in each second")?;
        }
        if let Some(bytes) = self.memory_per_leg_bytes() {
            writeln!(f, "server: {:.0} kB of memory for each connection", bytes / 1000.0)?;
        }
        Ok(())
    }
}

impl Figures {
    fn problems(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.failures.first() {
            writeln!(f, "{} could not join; the first: {first}", self.failures.len())?;
        }
        if self.lost_sessions > 0 {
            writeln!(f, "{} lost their session", self.lost_sessions)?;
        }
        if self.without_picture > 0 {
            writeln!(f, "{} viewers never got a key frame", self.without_picture)?;
        }
        Ok(())
    }

    fn joins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.first_key_frame.clone();
        times.sort_unstable();
        let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
        if let Some((p50, p99)) = at(0.5).zip(at(0.99)) {
            let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
            writeln!(f, "join to first key frame: p50 {:.0} ms, p99 {:.0} ms", ms(p50), ms(p99))?;
        }
        Ok(())
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let lost = 100.0 * self.lost as f64 / (self.lost + self.packets).max(1) as f64;
        write!(
            f,
            "  {:.0} packets/s, {:.1} Mbit/s in {} streams, {lost:.3} % lost",
            self.packets as f64 / seconds,
            self.bytes as f64 * 8.0 / seconds / 1e6,
            self.streams,
        )?;
        if let Some((p50, p99)) = self.latency_us {
            write!(f, ", p50 {:.2} ms, p99 {:.2} ms", p50 as f64 / 1000.0, p99 as f64 / 1000.0)?;
        }
        if let Some(cpu) = self.server_cpu {
            write!(f, ", server {:.0} % of a core", self.cpu_share(cpu))?;
        }
        write!(f, ", client {:.0} %", self.cpu_share(self.client_cpu))
    }
}
