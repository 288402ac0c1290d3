//! From the room's words to the shards', and back.

use moim_room::{Command, MediaOrder};
use moim_sfu::{Command as ShardCommand, Event, LegCommand, LegEvent, PublicationConfig, ShardId};
use moim_sfu::{SubscriptionEvent, SubscriptionRefusal};

use super::legs::Legs;
use super::quality::score;

/// Who is told an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Addressee {
    One(ShardId),
    All,
}

/// What a shard is told. `None` when a leg that the order is about has closed: the room hears of it.
pub(super) fn shard_command(order: MediaOrder, legs: &Legs) -> Option<(Addressee, ShardCommand)> {
    let at = |leg| legs.shard(leg).map(Addressee::One);
    let ordered = match order {
        MediaOrder::Publish { leg, mid, track, encodings, resolutions } => {
            let config = PublicationConfig { encodings, resolutions };
            (at(leg)?, ShardCommand::Publish { leg, mid, track, config })
        }
        // Shards with viewers of it hear of it from its own; should that have broken, from here.
        MediaOrder::Unpublish { leg: _, track } => (Addressee::All, ShardCommand::Unpublish(track)),
        MediaOrder::Subscribe { leg, publisher_leg, publisher, track, known_as, source, kind, view } => {
            let home = legs.shard(publisher_leg)?;
            (at(leg)?, ShardCommand::Subscribe { leg, track, known_as, home, publisher, source, kind, view })
        }
        MediaOrder::SetView { leg, track, view } => (at(leg)?, ShardCommand::SetView { leg, track, view }),
        MediaOrder::Unsubscribe { leg, track } => (at(leg)?, ShardCommand::Unsubscribe { leg, track }),
        MediaOrder::CloseLeg(leg) => (at(leg)?, ShardCommand::Leg(leg, LegCommand::Close)),
    };
    Some(ordered)
}

/// What the room is told of something that happened on a shard.
pub(super) fn room_command(event: &Event) -> Option<Command> {
    match event {
        Event::Leg(leg, event) => match event {
            LegEvent::Connected => Some(Command::LegConnected(*leg)),
            LegEvent::Disconnected => Some(Command::LegDisconnected(*leg)),
            LegEvent::Closed(_) => Some(Command::LegClosed(*leg)),
            LegEvent::Quality { ingress_loss, egress_loss, rtt_ms } => {
                Some(Command::LegQuality(*leg, score(*ingress_loss, *egress_loss, *rtt_ms)))
            }
            LegEvent::Answer { .. }
            | LegEvent::OfferRefused { .. }
            | LegEvent::Offer { .. }
            | LegEvent::NegotiationFailed(_)
            | LegEvent::SectionsNeeded { .. }
            | LegEvent::ChannelOpen(_)
            | LegEvent::Message { .. }
            | LegEvent::ChannelOverflow(_) => None,
        },
        Event::Subscription(leg, track, event) => {
            let (leg, track) = (*leg, *track);
            match event {
                SubscriptionEvent::Paused(reason) => Some(Command::StreamState { leg, track, paused: Some(*reason) }),
                SubscriptionEvent::Resumed => Some(Command::StreamState { leg, track, paused: None }),
                SubscriptionEvent::Refused(SubscriptionRefusal::CodecUnsupported) => {
                    Some(Command::CodecUnsupported { leg, track })
                }
                // The publication has ended meanwhile, and the room knows.
                SubscriptionEvent::Refused(SubscriptionRefusal::UnknownTrack) => None,
            }
        }
        Event::Speakers(speakers) => Some(Command::Speakers(
            speakers.iter().map(|speaker| (speaker.track, speaker.level, speaker.active)).collect(),
        )),
        Event::Publication(..) => None,
    }
}
