//! What the shards and their sockets have counted.

use moim_sfu::Stats;

use super::tcp::TcpCounters;

/// What only a shell can count. All of them only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShellStats {
    /// Calls of the system that sent datagrams.
    pub(super) sends: u64,
    /// Sends that found the socket's buffer full; the packets are lost.
    pub(super) sends_blocked: u64,
    /// Sends that the system refused, such as to an address without a route.
    pub(super) sends_failed: u64,
    /// Packets for a TCP connection whose other side reads too slowly.
    pub(super) tcp_dropped: u64,
    /// Packets for a TCP connection that has ended.
    pub(super) tcp_gone: u64,
    /// Packets for another shard that found its ring full.
    pub(super) relays_dropped: u64,
    /// Packets that TURN handed over.
    pub(super) packets_from_turn: u64,
    /// Packets handed over to TURN.
    pub(super) packets_to_turn: u64,
    /// Packets for TURN that found its ring full.
    pub(super) handovers_dropped: u64,
    /// Media that grew old while the process stood still.
    pub(super) stale: u64,
    /// Events that nobody took.
    pub(super) events_lost: u64,
    /// Times the shard broke and began anew.
    pub(super) restarts: u64,
}

/// Figures of all media shards together.
#[derive(Debug, Clone)]
pub struct MediaStats {
    /// What the machines counted.
    pub core: Stats,
    pub(super) shell: ShellStats,
    pub(super) tcp: [(&'static str, u64); 3],
}

impl Default for MediaStats {
    fn default() -> Self {
        Self { core: Stats::default(), shell: ShellStats::default(), tcp: TcpCounters::default().named() }
    }
}

impl ShellStats {
    fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("sends", self.sends),
            ("sends_blocked", self.sends_blocked),
            ("sends_failed", self.sends_failed),
            ("tcp_dropped", self.tcp_dropped),
            ("tcp_gone", self.tcp_gone),
            ("relays_dropped", self.relays_dropped),
            ("packets_from_turn", self.packets_from_turn),
            ("packets_to_turn", self.packets_to_turn),
            ("handovers_dropped", self.handovers_dropped),
            ("stale", self.stale),
            ("events_lost", self.events_lost),
            ("restarts", self.restarts),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.sends += other.sends;
        self.sends_blocked += other.sends_blocked;
        self.sends_failed += other.sends_failed;
        self.tcp_dropped += other.tcp_dropped;
        self.tcp_gone += other.tcp_gone;
        self.relays_dropped += other.relays_dropped;
        self.packets_from_turn += other.packets_from_turn;
        self.packets_to_turn += other.packets_to_turn;
        self.handovers_dropped += other.handovers_dropped;
        self.stale += other.stale;
        self.events_lost += other.events_lost;
        self.restarts += other.restarts;
    }
}

impl MediaStats {
    /// Adds another shard's figures.
    pub(super) fn add(&mut self, other: &Self) {
        self.core.add(&other.core);
        self.shell.add(&other.shell);
    }

    /// Every figure as (name, label value or "", count), in a fixed order.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let shell = self.shell.named().into_iter().chain(self.tcp);
        self.core.named().chain(shell.map(|(name, count)| (name, "", count)))
    }
}
