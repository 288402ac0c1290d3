//! What the machines and their sockets have counted.

use moim_turn::Stats;

/// What only a shell can count. All of them only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShellStats {
    /// Sends that found the socket's buffer full; the packets are lost.
    pub(super) sends_blocked: u64,
    /// Sends that the system refused, such as to an address without a route.
    pub(super) sends_failed: u64,
    /// Messages for a byte stream whose client reads too slowly; they are lost.
    pub(super) streams_full: u64,
    /// Packets for a port of this server that is no open relay.
    pub(super) not_a_relay: u64,
    /// Packets for media that found its ring full.
    pub(super) handovers_dropped: u64,
}

/// Figures of a whole TURN server, all shards together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TurnStats {
    /// What the machines counted.
    pub core: Stats,
    pub(super) shell: ShellStats,
}

impl TurnStats {
    /// Adds another shard's figures.
    pub(super) fn add(&mut self, other: &Self) {
        self.core.add(&other.core);
        self.shell.sends_blocked += other.shell.sends_blocked;
        self.shell.sends_failed += other.shell.sends_failed;
        self.shell.streams_full += other.shell.streams_full;
        self.shell.not_a_relay += other.shell.not_a_relay;
        self.shell.handovers_dropped += other.shell.handovers_dropped;
    }

    /// Every figure as (name, label value or "", count), in a fixed order. `allocations` is a gauge, the rest are counters.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let shell = [
            ("sends_blocked", self.shell.sends_blocked),
            ("sends_failed", self.shell.sends_failed),
            ("streams_full", self.shell.streams_full),
            ("not_a_relay", self.shell.not_a_relay),
            ("handovers_dropped", self.shell.handovers_dropped),
        ];
        self.core.named().chain(shell.into_iter().map(|(name, count)| (name, "", count)))
    }
}
