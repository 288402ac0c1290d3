//! What flows from whom to whom.
//!
//! [`Media`] routes between the publications with their subscriptions, the viewers' bandwidth, and
//! who is heard. It reaches legs and the outside only over the [`Floor`] that it is handed.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use moim_types::{Bitrate, LegId, MediaKind, ParticipantId, Source, TrackId, View};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::RngCore;

use super::legs::Legs;
use super::publications::{Home, Publications};
use super::subscription::{Fate, Passage, Subscription};
use super::timers::Timers;
use super::viewers::{self, Viewers};
use crate::forward::{Forwarder, Speakers, TrackNeed};
use crate::leg::Arrival;
use crate::{
    DropReason, Event, MediaPacket, Output, PublicationConfig, PublicationEvent, RelayInput, RelayOutput, ShardId,
    Stats, SubscriptionEvent, SubscriptionRefusal,
};

/// What flows from whom to whom.
#[derive(Debug)]
pub(super) struct Media {
    shard: ShardId,
    most_publications: usize,
    publications: Publications,
    viewers: Viewers,
    speakers: Speakers,
    timers: Timers<Wake>,
    random: ChaCha12Rng,
}

/// What has to be done at a certain time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    /// Share out the bandwidth of a viewer.
    ShareOut(LegId),
    /// Ask for a key frame again.
    KeyFrame(TrackId),
    /// See who is heard.
    Speakers,
}

/// What [`Media`] works on.
pub(super) struct Floor<'a> {
    pub(super) legs: &'a mut Legs,
    pub(super) outputs: &'a mut VecDeque<Output>,
    pub(super) stats: &'a mut Stats,
}

/// A subscription, as it is asked for.
pub(super) struct Wish {
    pub(super) leg: LegId,
    pub(super) track: TrackId,
    pub(super) known_as: TrackId,
    pub(super) home: ShardId,
    pub(super) publisher: ParticipantId,
    pub(super) source: Source,
    pub(super) kind: MediaKind,
    pub(super) view: View,
}

impl Floor<'_> {
    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn tell(&mut self, shard: ShardId, relay: RelayOutput) {
        self.outputs.push_back(Output::Relay(shard, relay));
    }

    fn subscription_event(&mut self, leg: LegId, track: TrackId, event: SubscriptionEvent) {
        self.event(Event::Subscription(leg, track, event));
    }
}

impl Media {
    pub(super) fn new(shard: ShardId, most_publications: usize, random: ChaCha12Rng) -> Self {
        Self {
            shard,
            most_publications,
            publications: Publications::default(),
            viewers: Viewers::default(),
            speakers: Speakers::default(),
            timers: Timers::default(),
            random,
        }
    }

    pub(super) fn publish(
        &mut self,
        (leg, mid): (LegId, &str),
        track: TrackId,
        config: PublicationConfig,
        floor: &mut Floor<'_>,
    ) {
        let known = self.publications.of_leg(leg).any(|published| published == track);
        if !floor.legs.contains(leg) || (!known && self.publications.of_leg(leg).count() >= self.most_publications) {
            return floor.stats.count_drop(DropReason::BadCommand);
        }
        for shard in self.publications.wanting(track) {
            floor.tell(shard, RelayOutput::Described(track, config.clone()));
        }
        self.publications.publish(track, leg, mid.into(), config);
        floor.stats.publications = self.publications.len() as u64;
    }

    pub(super) fn unpublish(&mut self, now: Instant, track: TrackId, floor: &mut Floor<'_>) {
        match self.publications.get(track).map(|publication| publication.home) {
            None => return,
            Some(Home::There(home)) => floor.tell(home, RelayOutput::NotWanted(track)),
            Some(Home::Here { .. }) => {
                for shard in self.publications.wanting(track) {
                    floor.tell(shard, RelayOutput::Ended(track));
                }
                self.publications.forget_wants(track);
            }
        }
        self.end(now, track, floor);
    }

    /// A publication is gone, and its subscriptions here with it.
    fn end(&mut self, now: Instant, track: TrackId, floor: &mut Floor<'_>) {
        let Some(gone) = self.publications.remove(track) else { return };
        self.timers.clear(Wake::KeyFrame(track));
        self.speakers.remove(track);
        self.watch_speakers();
        for leg in gone.subscriptions.keys() {
            self.stop_watching(now, *leg, track, floor);
        }
        floor.stats.publications = self.publications.len() as u64;
    }

    /// The viewer's side of the end of a subscription.
    fn stop_watching(&mut self, now: Instant, leg: LegId, track: TrackId, floor: &mut Floor<'_>) {
        floor.stats.subscriptions = floor.stats.subscriptions.saturating_sub(1);
        if let Some(viewer) = self.viewers.get_mut(leg) {
            viewer.tracks.remove(&track);
            self.timers.set_earlier(Wake::ShareOut(leg), viewer.due(now));
        }
        floor.legs.touch(leg, |leg, _| leg.unsubscribe(now, track));
    }

    pub(super) fn subscribe(&mut self, now: Instant, wish: &Wish, floor: &mut Floor<'_>) {
        let Wish { leg, track, kind, view, .. } = *wish;
        if !floor.legs.contains(leg) {
            return floor.stats.count_drop(DropReason::BadCommand);
        }
        if self.publications.get(track).is_none() {
            if wish.home == self.shard {
                let refused = SubscriptionEvent::Refused(SubscriptionRefusal::UnknownTrack);
                return floor.subscription_event(leg, track, refused);
            }
            self.publications.want(track, wish.home);
            floor.stats.publications = self.publications.len() as u64;
            floor.tell(wish.home, RelayOutput::Wanted(track));
        }
        let first = u16::try_from(self.random.next_u32() & 0x7fff).unwrap_or_default();
        let Some(publication) = self.publications.get_mut(track) else { return };
        if publication.subscriptions.contains_key(&leg) {
            return self.set_view(now, leg, track, view, floor);
        }
        let named = (wish.publisher, wish.known_as, wish.source);
        let taken = floor.legs.touch(leg, |leg, _| leg.subscribe(now, track, kind, named));
        if let Some(Err(reason)) = taken {
            return floor.stats.count_drop(reason);
        }
        publication.subscriptions.insert(leg, Subscription::new(kind, view, Forwarder::new(kind, first)));
        floor.stats.subscriptions += 1;
        self.viewers.entry(leg).tracks.insert(track);
        self.share_out(now, leg, floor);
    }

    pub(super) fn set_view(&mut self, now: Instant, leg: LegId, track: TrackId, view: View, floor: &mut Floor<'_>) {
        let publication = self.publications.get_mut(track);
        let Some(subscription) = publication.and_then(|publication| publication.subscriptions.get_mut(&leg)) else {
            return floor.stats.count_drop(DropReason::BadCommand);
        };
        subscription.view = view;
        self.share_out(now, leg, floor);
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, leg: LegId, track: TrackId, floor: &mut Floor<'_>) {
        let Some(publication) = self.publications.get_mut(track) else { return };
        if publication.subscriptions.remove(&leg).is_none() {
            return;
        }
        let unwatched = publication.subscriptions.is_empty();
        let home = publication.home;
        self.stop_watching(now, leg, track, floor);
        if let (true, Home::There(home)) = (unwatched, home) {
            floor.tell(home, RelayOutput::NotWanted(track));
            self.end(now, track, floor);
        }
    }

    /// A leg is over: what it published, and what it watched.
    pub(super) fn leg_closed(&mut self, now: Instant, leg: LegId, floor: &mut Floor<'_>) {
        for track in self.publications.of_leg(leg).collect::<Vec<_>>() {
            self.unpublish(now, track, floor);
        }
        let watched = self.viewers.get_mut(leg).map(|viewer| std::mem::take(&mut viewer.tracks)).unwrap_or_default();
        for track in watched {
            self.unsubscribe(now, leg, track, floor);
        }
        self.viewers.remove(leg);
        self.timers.clear(Wake::ShareOut(leg));
    }

    /// A media packet came to a leg of this shard.
    pub(super) fn arrived(&mut self, now: Instant, leg: LegId, arrival: Arrival, floor: &mut Floor<'_>) {
        let Some(track) = self.publications.track_of(leg, arrival.mid) else {
            return floor.stats.count_drop(DropReason::NotPublished);
        };
        let Some(publication) = self.publications.get_mut(track) else { return };
        let Some(encoding) = publication.encoding(arrival.rid) else {
            return floor.stats.count_drop(DropReason::UnknownEncoding);
        };
        if publication.codec.replace(arrival.codec).is_none() {
            let started = PublicationEvent::Started { codec: arrival.codec };
            floor.event(Event::Publication(track, started));
        }
        let packet = Arc::new(into_packet(track, encoding, arrival));
        self.speakers.hear(now, &packet);
        self.watch_speakers();
        for shard in self.publications.wanting(track) {
            floor.stats.packets_relayed += 1;
            floor.tell(shard, RelayOutput::Packet(Arc::clone(&packet)));
        }
        self.fan_out(now, &packet, floor);
    }

    /// Another shard says something.
    pub(super) fn relay(&mut self, now: Instant, RelayInput { from, relay }: RelayInput, floor: &mut Floor<'_>) {
        match relay {
            RelayOutput::Packet(packet) => {
                let theirs = |home| matches!(home, Home::There(shard) if shard == from);
                if self.publications.get(packet.track).is_some_and(|publication| theirs(publication.home)) {
                    self.fan_out(now, &packet, floor);
                } else {
                    floor.stats.count_drop(DropReason::NotWanted);
                }
            }
            RelayOutput::Described(track, config) => {
                if let Some(publication) = self.publications.get_mut(track) {
                    publication.config = config;
                }
            }
            RelayOutput::Ended(track) => self.end(now, track, floor),
            RelayOutput::Wanted(track) => {
                if !self.publications.wanted(track, from) {
                    floor.stats.count_drop(DropReason::OverBound);
                } else if let Some(publication) = self.publications.get(track) {
                    floor.tell(from, RelayOutput::Described(track, publication.config.clone()));
                }
            }
            RelayOutput::NotWanted(track) => self.publications.not_wanted(track, from),
            RelayOutput::KeyFrameWanted(track, encoding) => self.ask_key_frame(now, track, encoding, floor),
        }
    }

    fn fan_out(&mut self, now: Instant, packet: &Arc<MediaPacket>, floor: &mut Floor<'_>) {
        let track = packet.track;
        let Some(publication) = self.publications.get_mut(track) else { return };
        floor.stats.packets_in += 1;
        let read = catch_unwind(AssertUnwindSafe(|| {
            let description = publication.describer.describe(packet);
            publication.meter.count(now, packet, &description);
            description
        }));
        // The panic's message has gone through the process's panic hook.
        let Ok(description) = read else { return self.give_up(now, track, floor) };
        if description.key_frame && description.start_of_frame {
            publication.key_frames.answered(now, packet.encoding);
        }
        let mut passage = Passage::new(packet, &description);
        let mut wanted = Vec::new();
        let mut refused = Vec::new();
        for (&id, subscription) in &mut publication.subscriptions {
            let passed = floor.legs.write(id, |leg| subscription.pass(now, &mut passage, leg));
            match passed {
                Some(Fate::Sent) => floor.stats.packets_forwarded += 1,
                Some(Fate::Dropped(reason)) => floor.stats.count_drop(reason),
                Some(Fate::Unsupported) => refused.push(id),
                None => {}
            }
            if !matches!(passed, Some(Fate::Dropped(DropReason::NotNegotiated))) {
                wanted.extend(subscription.forwarder.key_frame_wanted());
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        for encoding in wanted {
            self.ask_key_frame(now, track, encoding, floor);
        }
        for leg in refused {
            let refusal = SubscriptionEvent::Refused(SubscriptionRefusal::CodecUnsupported);
            floor.subscription_event(leg, track, refusal);
            self.unsubscribe(now, leg, track, floor);
        }
    }

    /// A defect meets what a publisher sends: he goes, and nobody else.
    fn give_up(&mut self, now: Instant, track: TrackId, floor: &mut Floor<'_>) {
        match self.publications.get(track).map(|publication| publication.home) {
            Some(Home::Here { leg, .. }) => floor.legs.give_up(leg),
            Some(Home::There(home)) => {
                floor.tell(home, RelayOutput::NotWanted(track));
                self.end(now, track, floor);
            }
            None => {}
        }
    }

    /// A viewer says that he needs a key frame of what he gets.
    pub(super) fn key_frame_wanted(&mut self, now: Instant, leg: LegId, track: TrackId, floor: &mut Floor<'_>) {
        let Some(publication) = self.publications.get(track) else { return };
        let Some(subscription) = publication.subscriptions.get(&leg) else { return };
        let current = subscription.forwarder.current().map(|layer| layer.spatial);
        // Spatial layers inside one encoding have their key frames together.
        let encoding = current.filter(|spatial| publication.rid(*spatial).is_some()).unwrap_or(0);
        self.ask_key_frame(now, track, subscription.forwarder.key_frame_wanted().unwrap_or(encoding), floor);
    }

    /// Asks for a key frame, unless that was done a moment ago.
    fn ask_key_frame(&mut self, now: Instant, track: TrackId, encoding: u8, floor: &mut Floor<'_>) {
        let Some(publication) = self.publications.get_mut(track) else { return };
        if publication.key_frames.ask(now, encoding) {
            self.send_key_frame_request(now, track, encoding, floor);
        }
        self.watch_key_frames(track);
    }

    fn send_key_frame_request(&self, now: Instant, track: TrackId, encoding: u8, floor: &mut Floor<'_>) {
        let Some(publication) = self.publications.get(track) else { return };
        floor.stats.key_frame_requests += 1;
        match publication.home {
            Home::Here { leg, mid } => {
                let rid = publication.rid(encoding);
                floor.legs.touch(leg, |leg, out| leg.ask_key_frame(now, mid, rid, out));
            }
            Home::There(shard) => floor.tell(shard, RelayOutput::KeyFrameWanted(track, encoding)),
        }
    }

    fn watch_key_frames(&mut self, track: TrackId) {
        match self.publications.get(track).and_then(|publication| publication.key_frames.next_wake()) {
            Some(at) => self.timers.set(Wake::KeyFrame(track), at),
            None => self.timers.clear(Wake::KeyFrame(track)),
        }
    }

    /// What the way to a viewer carries has changed.
    pub(super) fn estimated(&mut self, now: Instant, leg: LegId, estimate: Bitrate) {
        if let Some(viewer) = self.viewers.get_mut(leg) {
            viewer.set_estimate(estimate);
            self.timers.set_earlier(Wake::ShareOut(leg), viewer.due(now));
        }
    }

    /// The way to a leg was dark: what was learnt of it counts no more. Neither side of it can go on
    /// where it was, and a browser waits for three seconds before it says so: key frames come at once.
    pub(super) fn way_renewed(&mut self, now: Instant, leg: LegId, estimate: Bitrate, floor: &mut Floor<'_>) {
        if let Some(viewer) = self.viewers.get_mut(leg) {
            viewer.forget(estimate);
            self.timers.set_earlier(Wake::ShareOut(leg), viewer.due(now));
        }
        for (viewer, track) in self.pictures_over(leg) {
            self.key_frame_wanted(now, viewer, track, floor);
        }
    }

    /// Who gets which pictures over a leg, as its viewer or from its publisher.
    fn pictures_over(&mut self, leg: LegId) -> Vec<(LegId, TrackId)> {
        let watched = self.viewers.get_mut(leg).into_iter().flat_map(|viewer| viewer.tracks.iter().copied());
        let tracks: BTreeSet<TrackId> = watched.chain(self.publications.of_leg(leg)).collect();
        let over = |track: TrackId| {
            let publication = self.publications.get(track)?;
            let published = matches!(publication.home, Home::Here { leg: from, .. } if from == leg);
            let pictures = publication.subscriptions.iter().filter(|(_, s)| s.kind == MediaKind::Video);
            let sent =
                pictures.filter(move |(viewer, s)| s.forwarder.current().is_some() && (published || **viewer == leg));
            Some(sent.map(|(viewer, _)| (*viewer, track)).collect::<Vec<_>>())
        };
        tracks.into_iter().filter_map(over).flatten().collect()
    }

    /// No more than this is to be assumed.
    pub(super) fn limit(&mut self, now: Instant, leg: LegId, limit: Option<Bitrate>) {
        let viewer = self.viewers.entry(leg);
        viewer.set_limit(limit);
        self.timers.set_earlier(Wake::ShareOut(leg), viewer.due(now));
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub(super) fn wake_up(&mut self, now: Instant, floor: &mut Floor<'_>) {
        for wake in self.timers.take_due(now) {
            match wake {
                Wake::ShareOut(leg) => self.share_out(now, leg, floor),
                Wake::KeyFrame(track) => self.repeat_key_frame_requests(now, track, floor),
                Wake::Speakers => {
                    let changes = self.speakers.changes(now);
                    if !changes.is_empty() {
                        floor.event(Event::Speakers(changes));
                    }
                    self.watch_speakers();
                }
            }
        }
    }

    fn watch_speakers(&mut self) {
        if let Some(at) = self.speakers.next_wake() {
            self.timers.set(Wake::Speakers, at);
        }
    }

    /// Shares out what a viewer's connection carries.
    fn share_out(&mut self, now: Instant, leg: LegId, floor: &mut Floor<'_>) {
        let Some(viewer) = self.viewers.get_mut(leg) else { return };
        let need = |track: &TrackId| Some((*track, self.publications.get_mut(*track)?.need(now, leg)?));
        let (watched, needs): (Vec<TrackId>, Vec<TrackNeed>) = viewer.tracks.iter().filter_map(need).unzip();
        let allocation = viewer.allocator.allocate(now, viewer.budget(), &needs);
        let shown = needs.iter().any(|need| need.kind == MediaKind::Video && need.wanted.is_some());
        for ((track, target), paused) in watched.iter().zip(&allocation.targets).zip(&allocation.paused) {
            let publication = self.publications.get_mut(*track);
            let Some(subscription) = publication.and_then(|p| p.subscriptions.get_mut(&leg)) else { continue };
            if let Some(event) = subscription.give(*target, *paused) {
                floor.subscription_event(leg, *track, event);
            }
        }
        if let Some(egress) = viewer.shared_out(now, &allocation) {
            floor.legs.touch(leg, |leg, out| leg.set_egress(now, egress, out));
        }
        if shown {
            let next = viewer.allocator.next_wake().filter(|at| *at > now).unwrap_or(now + viewers::EVERY);
            self.timers.set_earlier(Wake::ShareOut(leg), next.min(now + viewers::EVERY));
        }
    }

    fn repeat_key_frame_requests(&mut self, now: Instant, track: TrackId, floor: &mut Floor<'_>) {
        let Some(publication) = self.publications.get_mut(track) else { return };
        for encoding in publication.key_frames.due(now).collect::<Vec<_>>() {
            self.send_key_frame_request(now, track, encoding, floor);
        }
        self.watch_key_frames(track);
    }
}

fn into_packet(track: TrackId, encoding: u8, arrival: Arrival) -> MediaPacket {
    MediaPacket {
        track,
        encoding,
        codec: arrival.codec,
        variant: arrival.variant,
        sequence: arrival.sequence,
        timestamp: arrival.timestamp,
        marker: arrival.marker,
        payload: arrival.payload,
        extensions: arrival.extensions,
        received: arrival.received,
        sender_clock: arrival.sender_clock,
    }
}
