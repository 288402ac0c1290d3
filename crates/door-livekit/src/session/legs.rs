//! The client's WebRTC connections: which there are, and what waits for them.

use std::collections::VecDeque;

use livekit_protocol as proto;
use moim_room::ParticipantCommand;
use moim_sfu::{ChannelConfig, Directions, LegCommand, LegConfig, Msid, Offerer, Paths};
use moim_types::{Codec, LegId, MediaKind, ParticipantId, Source, TrackId};

use super::client::{Client, Connections};
use super::data::{DATA_TRACK, LOSSY, RELIABLE};
use super::output::{LegRole, Output, Outputs};
use crate::wire::ids::{participant_sid, track_sid};

/// The legs of one participant. A leg for which the client offers is made when it does: many never publish.
#[derive(Debug)]
pub(crate) struct Legs {
    connections: Connections,
    /// Codecs that the server lets through at all.
    enabled: Vec<Codec>,
    /// The client's connection counts as up when the one it views over is.
    subscriber_primary: bool,
    publisher: Place,
    subscriber: Place,
}

/// Where a leg is or will be.
#[derive(Debug, Default)]
struct Place {
    leg: Option<LegId>,
    is_opening: bool,
    /// What came before the leg was there.
    waiting: VecDeque<LegCommand>,
}

impl Legs {
    pub(crate) fn new(connections: Connections, enabled: &[Codec], subscriber_primary: bool) -> Self {
        Self {
            connections,
            enabled: enabled.to_vec(),
            subscriber_primary,
            publisher: Place::default(),
            subscriber: Place::default(),
        }
    }

    pub(crate) const fn connections(&self) -> Connections {
        self.connections
    }

    /// The leg over which the client views, and over which messages go to it.
    pub(crate) const fn to_client(&self) -> Option<LegId> {
        match self.connections {
            Connections::Dual => self.subscriber.leg,
            Connections::Single => self.publisher.leg,
        }
    }

    /// The leg over which the client publishes.
    pub(crate) const fn ingress(&self) -> Option<LegId> {
        self.publisher.leg
    }

    /// The leg for which this side offers; none where one connection serves both ways.
    pub(crate) const fn offered_by_us(&self) -> Option<LegId> {
        self.subscriber.leg
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = LegId> {
        [self.publisher.leg, self.subscriber.leg].into_iter().flatten()
    }

    pub(crate) fn owns(&self, leg: LegId) -> bool {
        self.all().any(|own| own == leg)
    }

    /// Makes the leg for which this side offers.
    pub(crate) fn open_subscriber(&mut self, client: &Client, out: &mut Outputs) {
        if self.connections == Connections::Dual {
            self.open(LegRole::Subscriber, client, out);
        }
    }

    /// Hands a command to the leg that the client offers for, which is made for the first offer.
    pub(crate) fn tell_publisher(&mut self, command: LegCommand, client: &Client, out: &mut Outputs) {
        if matches!(command, LegCommand::AcceptOffer { .. }) {
            let role = match self.connections {
                Connections::Dual => LegRole::Publisher,
                Connections::Single => LegRole::Single,
            };
            self.open(role, client, out);
        }
        self.publisher.hand(command, out);
    }

    /// Hands a command to the leg that this side offers for.
    pub(crate) fn tell_subscriber(&mut self, command: LegCommand, out: &mut Outputs) {
        self.subscriber.hand(command, out);
    }

    /// A leg has been made.
    pub(crate) fn opened(&mut self, role: LegRole, leg: LegId, out: &mut Outputs) {
        let primary = match role {
            LegRole::Publisher => !self.subscriber_primary,
            LegRole::Subscriber => self.subscriber_primary,
            LegRole::Single => true,
        };
        out.tell(ParticipantCommand::AttachLeg {
            leg,
            ingress: role != LegRole::Subscriber,
            egress: role != LegRole::Publisher,
            primary,
        });
        self.place(role).opened(leg, out);
    }

    fn open(&mut self, role: LegRole, client: &Client, out: &mut Outputs) {
        let config = config(role, client, &self.enabled);
        let place = self.place(role);
        if place.leg.is_none() && !place.is_opening {
            place.is_opening = true;
            out.push(Output::OpenLeg(role, Box::new(config)));
        }
    }

    const fn place(&mut self, role: LegRole) -> &mut Place {
        match role {
            LegRole::Publisher | LegRole::Single => &mut self.publisher,
            LegRole::Subscriber => &mut self.subscriber,
        }
    }
}

impl Place {
    fn hand(&mut self, command: LegCommand, out: &mut Outputs) {
        match self.leg {
            Some(leg) => out.leg(leg, command),
            None if self.waiting.len() < MAX_WAITING => self.waiting.push_back(command),
            None => tracing::debug!("livekit: too much waits for a connection that is not there yet"),
        }
    }

    fn opened(&mut self, leg: LegId, out: &mut Outputs) {
        self.leg = Some(leg);
        self.is_opening = false;
        // A candidate means nothing before the offer that it belongs to.
        let (offers, rest): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|command| matches!(command, LegCommand::AcceptOffer { .. }));
        for command in offers.into_iter().chain(rest) {
            out.leg(leg, command);
        }
    }
}

fn config(role: LegRole, client: &Client, enabled: &[Codec]) -> LegConfig {
    let (directions, offerer) = match role {
        LegRole::Publisher => (Directions::Ingress, Offerer::Remote),
        LegRole::Subscriber => (Directions::Egress, Offerer::Local),
        LegRole::Single => (Directions::Both, Offerer::Remote),
    };
    LegConfig {
        directions,
        offerer,
        ice: client.ice_mode(),
        paths: if client.avoids_udp { Paths::TcpOnly } else { Paths::All },
        codecs: client.codecs(enabled, directions),
        channels: if role == LegRole::Subscriber { channels() } else { Vec::new() },
        naming: msid,
    }
}

fn channels() -> Vec<ChannelConfig> {
    let channel =
        |label: &str, ordered, max_retransmits| ChannelConfig { label: label.into(), ordered, max_retransmits };
    vec![channel(RELIABLE, true, None), channel(LOSSY, false, Some(0)), channel(DATA_TRACK, false, Some(0))]
}

/// How a client learns what incoming media is: it cuts the stream's name at `|`.
fn msid(publisher: ParticipantId, track: TrackId, kind: MediaKind, source: Source) -> Msid {
    let track = track_sid(track, kind, source);
    Msid { stream: format!("{}|{track}", participant_sid(publisher)), track }
}

/// Which of the client's connections a message is about.
pub(crate) fn is_for_subscriber(connections: Connections, target: i32) -> bool {
    connections == Connections::Dual && target == i32::from(proto::SignalTarget::Subscriber)
}

/// Candidates may come before their offer; a client has a dozen.
const MAX_WAITING: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_is_named_so_that_clients_find_the_publisher() {
        let msid = msid(
            ParticipantId::from_random([0; 12]),
            TrackId::from_random([1; 10]),
            MediaKind::Audio,
            Source::Microphone,
        );
        assert_eq!(msid, Msid { stream: "PA_AAAAAAAAAAAA|TR_AMBBBBBBBBBB".into(), track: "TR_AMBBBBBBBBBB".into() });
    }
}
