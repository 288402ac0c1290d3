//! The one place that names metrics. Every part counts for itself; here the counts get names, units and help when
//! somebody asks. Labels are closed lists, never ids.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;

use super::Facts;
use Kind::{By, Counter, Gauge};

/// Everything that can be scraped.
pub(super) struct Metrics {
    facts: Facts,
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: Collector,
}

impl Metrics {
    pub(super) fn new(facts: Facts) -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let process = Collector::default();
        with_local_recorder(&recorder, || {
            process.describe();
            describe();
        });
        Self { facts, recorder, handle, process }
    }

    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The Prometheus text of this moment.
    pub(super) fn render(&self) -> String {
        with_local_recorder(&self.recorder, || {
            self.process.collect();
            self.connections();
            self.direct();
            self.turn();
            gauge!("moim_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        });
        self.handle.render()
    }

    fn direct(&self) {
        for (name, label, value) in self.facts.door.stats().named() {
            publish(DIRECT, name, label, value);
        }
    }

    fn turn(&self) {
        let Some(turn) = &self.facts.turn else { return };
        for (name, label, value) in turn.stats().named() {
            publish(TURN, name, label, value);
        }
    }

    fn connections(&self) {
        let gate = self.facts.gate.stats();
        counter!("moim_connections_accepted_total").absolute(gate.accepted);
        counter!("moim_connections_refused_total", "reason" => "too_many_from_address")
            .absolute(gate.too_many_from_address);
        counter!("moim_accept_failures_total").absolute(gate.accept_failures);
        set(&gauge!("moim_connections_open"), gate.open);
        for (opening, count) in self.facts.openings.stats() {
            counter!("moim_connections_opened_total", "as" => opening).absolute(count);
        }
        if let Some(expires) = self.facts.certificate.expires_unix() {
            set(&gauge!("moim_certificate_expires_timestamp_seconds"), expires.unsigned_abs());
        }
    }
}

/// Counts stay far below 2^52, where a float begins to round.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats, see above")]
fn set(gauge: &metrics::Gauge, value: u64) {
    gauge.set(value as f64);
}

/// How a part's own count is shown.
struct Shown {
    /// What the part calls it.
    part: &'static str,
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Gauge,
    Counter,
    /// A counter with one label of this name.
    By(&'static str),
}

const fn shown(part: &'static str, name: &'static str, kind: Kind, help: &'static str) -> Shown {
    Shown { part, name, kind, help }
}

const DIRECT: &[Shown] = &[
    shown("connections", "moim_direct_connections", Gauge, "Signaling connections that are in."),
    shown("peers", "moim_direct_peers", Gauge, "Registered peers."),
    shown("rooms", "moim_direct_rooms", Gauge, "Rooms with somebody in them."),
    shown("connections_total", "moim_direct_connections_total", Counter, "Signaling connections that came in."),
    shown("registrations_total", "moim_direct_registrations_total", Counter, "Peers registered."),
    shown("replacements_total", "moim_direct_replacements_total", Counter, "Registrations that replaced an older one."),
    shown(
        "uniqueness_errors_total",
        "moim_direct_uniqueness_errors_total",
        Counter,
        "Peers refused: the name was taken.",
    ),
    shown("messages_received_total", "moim_direct_messages_received_total", Counter, "Messages taken in."),
    shown("events_sent_total", "moim_direct_events_sent_total", Counter, "Events handed to connections."),
    shown(
        "unknown_targets_total",
        "moim_direct_unknown_targets_total",
        Counter,
        "Messages to a peer that is not there.",
    ),
    shown(
        "rewritten_senders_total",
        "moim_direct_rewritten_senders_total",
        Counter,
        "Messages under another's name, put right.",
    ),
    shown("joins_total", "moim_direct_joins_total", Counter, "Tokens given to the app."),
    shown("refused_total", "moim_direct_refused_total", By("reason"), "Connections and requests refused."),
    shown("limit_hits_total", "moim_direct_limit_hits_total", By("limit"), "Bounds passed."),
    shown("disconnected_total", "moim_direct_disconnected_total", By("reason"), "Connections closed by the server."),
];

const TURN: &[Shown] = &[
    shown("allocations", "moim_turn_allocations", Gauge, "Allocations alive."),
    shown("allocations_created", "moim_turn_allocations_created_total", Counter, "Allocations made."),
    shown("allocations_expired", "moim_turn_allocations_expired_total", Counter, "Allocations nobody refreshed."),
    shown("bindings", "moim_turn_bindings_total", Counter, "STUN Binding requests answered."),
    shown("packets_to_peers", "moim_turn_packets_to_peers_total", Counter, "Packets relayed from a client to a peer."),
    shown(
        "packets_to_clients",
        "moim_turn_packets_to_clients_total",
        Counter,
        "Packets relayed from a peer to a client.",
    ),
    shown("relayed_bytes", "moim_turn_relayed_bytes_total", Counter, "Payload relayed, both directions."),
    shown(
        "packets_handed_over",
        "moim_turn_packets_handed_over_total",
        Counter,
        "Packets between two clients here, without a socket.",
    ),
    shown("relay_failures", "moim_turn_relay_failures_total", Counter, "Relay ports that could not be bound."),
    shown("dropped", "moim_turn_dropped_total", By("reason"), "Packets dropped without an answer."),
    shown("errors_answered", "moim_turn_errors_answered_total", By("code"), "Requests answered with an error."),
    shown("sends_blocked", "moim_turn_sends_blocked_total", Counter, "Packets lost: the socket's buffer was full."),
    shown("sends_failed", "moim_turn_sends_failed_total", Counter, "Packets that the system refused to send."),
    shown(
        "streams_full",
        "moim_turn_streams_full_total",
        Counter,
        "Messages lost: a client of TCP or TLS reads too slowly.",
    ),
    shown(
        "not_a_relay",
        "moim_turn_not_a_relay_total",
        Counter,
        "Packets dropped: for a port of this server that is no open relay.",
    ),
];

fn publish(table: &[Shown], part: &str, label: &'static str, value: u64) {
    let Some(shown) = table.iter().find(|shown| shown.part == part) else {
        debug_assert!(false, "the figure {part} has no name for the outside");
        return;
    };
    match shown.kind {
        Gauge => set(&gauge!(shown.name), value),
        Counter => counter!(shown.name).absolute(value),
        By(by) => counter!(shown.name, by => label).absolute(value),
    }
}

fn describe() {
    for Shown { name, kind, help, .. } in DIRECT.iter().chain(TURN) {
        match kind {
            Gauge => describe_gauge!(*name, *help),
            Counter | By(_) => describe_counter!(*name, *help),
        }
    }
    use Unit::{Count, Seconds};
    describe_gauge!("moim_build_info", Count, "Always 1; the version is a label.");
    describe_counter!("moim_connections_accepted_total", Count, "TCP connections let in by all public listeners.");
    describe_counter!("moim_connections_refused_total", Count, "TCP connections closed at once, by reason.");
    describe_counter!(
        "moim_accept_failures_total",
        Count,
        "Times no connection could be accepted, mostly for want of file descriptors."
    );
    describe_gauge!("moim_connections_open", Count, "TCP connections open on all public listeners.");
    describe_counter!(
        "moim_connections_opened_total",
        Count,
        "What connections turned out to be after their first bytes."
    );
    describe_gauge!(
        "moim_certificate_expires_timestamp_seconds",
        Seconds,
        "When the certificate expires, in seconds since 1970; missing with ACME."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_every_part_has_a_name() {
        let direct = moim_door_direct::DirectStats::default();
        let turn = moim_net::turn::TurnStats::default();
        let named = |table: &[Shown], part: &str| table.iter().any(|shown| shown.part == part);
        assert!(direct.named().all(|(part, _, _)| named(DIRECT, part)));
        assert!(turn.named().all(|(part, _, _)| named(TURN, part)));
    }

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for Shown { name, kind, .. } in DIRECT.iter().chain(TURN) {
            assert_eq!(name.ends_with("_total"), !matches!(kind, Gauge), "{name}");
        }
    }
}
