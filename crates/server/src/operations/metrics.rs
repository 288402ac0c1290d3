//! The one place that names metrics. Every part counts for itself; here the counts get names, units and help when
//! somebody asks. Labels are closed lists, never ids.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_process::Collector;

use super::{Facts, RoomFacts};
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
            self.rooms();
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

    fn rooms(&self) {
        let Some(RoomFacts { media, rooms, door, webhooks }) = &self.facts.rooms else { return };
        for (name, label, value) in media.stats().named() {
            publish(MEDIA, name, label, value);
        }
        for (name, label, value) in rooms.stats().named() {
            publish(ROOMS, name, label, value);
        }
        for (name, label, value) in door.stats().named() {
            publish(LIVEKIT, name, label, value);
        }
        for (name, value) in webhooks.stats().named() {
            publish(WEBHOOKS, name, "", value);
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
    shown(
        "packets_to_media",
        "moim_turn_packets_to_media_total",
        Counter,
        "Packets from clients handed to media, without a socket.",
    ),
    shown(
        "packets_from_media",
        "moim_turn_packets_from_media_total",
        Counter,
        "Packets that media handed over for clients, without a socket.",
    ),
    shown(
        "handovers_dropped",
        "moim_turn_handovers_dropped_total",
        Counter,
        "Packets for media dropped: its ring was full.",
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

const MEDIA: &[Shown] = &[
    shown("legs", "moim_sfu_legs", Gauge, "WebRTC connections alive."),
    shown(
        "publications",
        "moim_sfu_publications",
        Gauge,
        "Publications on all shards; one watched from another shard counts there too.",
    ),
    shown("subscriptions", "moim_sfu_subscriptions", Gauge, "Subscriptions on all shards."),
    shown("legs_opened", "moim_sfu_legs_opened_total", Counter, "WebRTC connections opened."),
    shown("legs_closed", "moim_sfu_legs_closed_total", By("reason"), "WebRTC connections ended."),
    shown("datagrams_in", "moim_sfu_datagrams_received_total", Counter, "Datagrams and frames received."),
    shown("datagrams_out", "moim_sfu_datagrams_sent_total", Counter, "Datagrams and frames sent."),
    shown("bytes_in", "moim_sfu_received_bytes_total", Counter, "Bytes received, without UDP and IP headers."),
    shown("bytes_out", "moim_sfu_sent_bytes_total", Counter, "Bytes sent, without UDP and IP headers."),
    shown("packets_in", "moim_sfu_packets_received_total", Counter, "Media packets of publications."),
    shown("packets_forwarded", "moim_sfu_packets_forwarded_total", Counter, "Media packets handed to viewers."),
    shown("packets_relayed", "moim_sfu_packets_relayed_total", Counter, "Media packets handed to other shards."),
    shown("key_frame_requests", "moim_sfu_key_frame_requests_total", Counter, "Key frames asked of publishers."),
    shown("messages_in", "moim_sfu_messages_received_total", Counter, "Messages received over data channels."),
    shown("messages_out", "moim_sfu_messages_sent_total", Counter, "Messages sent over data channels."),
    shown(
        "negotiation_failures",
        "moim_sfu_negotiation_failures_total",
        Counter,
        "Offers and answers that could not be accepted.",
    ),
    shown("dropped", "moim_sfu_dropped_total", By("reason"), "What was dropped without an answer."),
    shown("sends", "moim_media_sends_total", Counter, "Calls of the system that sent datagrams."),
    shown("sends_blocked", "moim_media_sends_blocked_total", Counter, "Sends lost: the socket's buffer was full."),
    shown("sends_failed", "moim_media_sends_failed_total", Counter, "Sends that the system refused."),
    shown(
        "tcp_dropped",
        "moim_media_tcp_dropped_total",
        Counter,
        "Packets dropped: a viewer over TCP reads too slowly.",
    ),
    shown("tcp_gone", "moim_media_tcp_gone_total", Counter, "Packets dropped: their TCP connection has ended."),
    shown("tcp_opened", "moim_media_tcp_opened_total", Counter, "TCP connections that belong to a participant."),
    shown("tcp_refused", "moim_media_tcp_refused_total", Counter, "TCP connections closed: nobody's, or silent."),
    shown("tcp_broken", "moim_media_tcp_broken_total", Counter, "TCP connections that ended by an error."),
    shown(
        "relays_dropped",
        "moim_media_relays_dropped_total",
        Counter,
        "Packets dropped between two shards: the ring was full.",
    ),
    shown("packets_from_turn", "moim_media_packets_from_turn_total", Counter, "Packets that TURN handed over."),
    shown("packets_to_turn", "moim_media_packets_to_turn_total", Counter, "Packets handed over to TURN."),
    shown(
        "handovers_dropped",
        "moim_media_handovers_dropped_total",
        Counter,
        "Packets for TURN dropped: its ring was full.",
    ),
    shown("stale", "moim_media_stale_dropped_total", Counter, "Media that grew old while the process stood still."),
    shown("events_lost", "moim_media_events_lost_total", Counter, "Events of media shards that nobody took in time."),
    shown("restarts", "moim_media_shard_restarts_total", Counter, "Times a media shard broke and began anew."),
];

const ROOMS: &[Shown] = &[
    shown("rooms", "moim_rooms", Gauge, "Rooms open."),
    shown("participants", "moim_rooms_participants", Gauge, "Participants in rooms."),
    shown("publications", "moim_rooms_publications", Gauge, "Tracks published."),
    shown("subscriptions", "moim_rooms_subscriptions", Gauge, "Tracks sent to somebody, once for each viewer."),
    shown("sessions", "moim_rooms_sessions", Gauge, "Sessions open, over all doors."),
    shown("rooms_opened", "moim_rooms_opened_total", Counter, "Rooms opened."),
    shown("participants_joined", "moim_rooms_joined_total", Counter, "Participants let in."),
    shown("participants_connected", "moim_rooms_connected_total", Counter, "Participants whose connection came up."),
    shown("sessions_resumed", "moim_rooms_resumed_total", Counter, "Lost sessions that went on."),
    shown("tracks_published", "moim_rooms_tracks_published_total", Counter, "Tracks published, ever."),
    shown("messages_delivered", "moim_rooms_messages_delivered_total", Counter, "Messages handed to a receiver."),
    shown(
        "frames_delivered",
        "moim_rooms_frames_delivered_total",
        Counter,
        "Pieces of data tracks handed to a receiver.",
    ),
    shown("left", "moim_rooms_left_total", By("reason"), "Participants gone."),
    shown("refused", "moim_rooms_refused_total", By("reason"), "Commands and requests refused."),
    shown("dropped", "moim_rooms_dropped_total", By("reason"), "What was dropped without an answer."),
    shown("sessions_too_slow", "moim_rooms_sessions_too_slow_total", Counter, "Sessions ended: they read too slowly."),
    shown(
        "sessions_abandoned",
        "moim_rooms_sessions_abandoned_total",
        Counter,
        "Sessions ended: their connection broke.",
    ),
];

const LIVEKIT: &[Shown] = &[
    shown("connections", "moim_livekit_connections", Gauge, "Signaling connections that are in."),
    shown("joins_total", "moim_livekit_joins_total", Counter, "Joins that came in."),
    shown("resumes_total", "moim_livekit_resumes_total", Counter, "Lost sessions that went on."),
    shown("messages_received_total", "moim_livekit_messages_received_total", Counter, "Messages from clients."),
    shown("messages_sent_total", "moim_livekit_messages_sent_total", Counter, "Messages to clients."),
    shown("refused_total", "moim_livekit_refused_total", By("reason"), "Connections refused."),
    shown("closed_total", "moim_livekit_closed_total", By("reason"), "Connections ended."),
];

const WEBHOOKS: &[Shown] = &[
    shown("told", "moim_webhooks_told_total", Counter, "Events that receivers have taken."),
    shown("failed_attempts", "moim_webhooks_failed_attempts_total", Counter, "Attempts that have to be repeated."),
    shown("refused", "moim_webhooks_refused_total", Counter, "Events that receivers have turned down."),
    shown("dropped_old", "moim_webhooks_dropped_old_total", Counter, "Events dropped: too old."),
    shown("dropped_full", "moim_webhooks_dropped_full_total", Counter, "Events dropped: too much waits."),
    shown("missed", "moim_webhooks_missed_total", Counter, "Events lost: webhooks fell behind the rooms."),
    shown("waiting", "moim_webhooks_waiting", Gauge, "Events that wait."),
    shown("file_errors", "moim_webhooks_file_errors_total", Counter, "Failures to write a queue down."),
];

/// All tables.
const ALL: [&[Shown]; 6] = [DIRECT, TURN, MEDIA, ROOMS, LIVEKIT, WEBHOOKS];

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
    for Shown { name, kind, help, .. } in ALL.into_iter().flatten() {
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
        let media = moim_net::media::MediaStats::default();
        let rooms = moim_net::rooms::RoomsStats::default();
        let livekit = moim_door_livekit::LivekitStats::default();
        let webhooks = moim_door_livekit::webhooks::WebhookStats::default();
        for (part, _, _) in media.named() {
            assert!(named(MEDIA, part), "{part}");
        }
        assert!(rooms.named().all(|(part, _, _)| named(ROOMS, part)));
        assert!(livekit.named().all(|(part, _, _)| named(LIVEKIT, part)));
        assert!(webhooks.named().iter().all(|(part, _)| named(WEBHOOKS, part)));
    }

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for Shown { name, kind, .. } in ALL.into_iter().flatten() {
            assert_eq!(name.ends_with("_total"), !matches!(kind, Gauge), "{name}");
        }
    }
}
