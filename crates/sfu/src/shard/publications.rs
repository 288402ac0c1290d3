//! What is published, and who watches it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use moim_types::{Codec, LegId, TrackId};
use str0m::media::{Mid, Rid};

use super::subscription::Subscription;
use crate::forward::{Describer, KeyFrames, Meter, TrackNeed, wanted_layer};
use crate::{PublicationConfig, ShardId};

/// Where the publisher's leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// On this shard.
    Here { leg: LegId, mid: Mid },
    /// On another.
    There(ShardId),
}

/// A publication, and its subscriptions on this shard.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) home: Home,
    pub(super) config: PublicationConfig,
    pub(super) describer: Describer,
    pub(super) meter: Meter,
    pub(super) key_frames: KeyFrames,
    /// As its last packet came.
    pub(super) codec: Option<Codec>,
    /// By the viewer's leg.
    pub(super) subscriptions: BTreeMap<LegId, Subscription>,
    /// The `rid` of each encoding, as seen in packets.
    rids: [Option<Rid>; MOST_ENCODINGS],
}

/// More would be nobody's.
const MOST_ENCODINGS: usize = 4;
/// Tracks of other shards that may be wanted before they are published.
const MOST_EARLY_WANTS: usize = 10_000;

/// All publications that this shard has to do with.
#[derive(Debug, Default)]
pub(super) struct Publications {
    by_track: BTreeMap<TrackId, Publication>,
    by_section: BTreeMap<(LegId, Mid), TrackId>,
    /// Which shards want which publication of this one, known or not yet.
    wanted_by: BTreeMap<TrackId, BTreeSet<ShardId>>,
}

impl Publication {
    fn new(home: Home, config: PublicationConfig) -> Self {
        Self {
            home,
            config,
            describer: Describer::default(),
            meter: Meter::default(),
            key_frames: KeyFrames::default(),
            codec: None,
            subscriptions: BTreeMap::new(),
            rids: [None; MOST_ENCODINGS],
        }
    }

    /// Which encoding a packet belongs to; `None` if to none that was announced.
    pub(super) fn encoding(&mut self, rid: Option<Rid>) -> Option<u8> {
        let Some(rid) = rid else { return Some(0) };
        let number = if self.config.encodings.is_empty() {
            usual_encoding(&rid)?
        } else {
            self.config.encodings.iter().position(|(name, _)| **name == *rid)?
        };
        *self.rids.get_mut(number)? = Some(rid);
        u8::try_from(number).ok()
    }

    /// The `rid` to ask for a key frame.
    pub(super) fn rid(&self, encoding: u8) -> Option<Rid> {
        self.rids.get(usize::from(encoding)).copied().flatten()
    }

    /// What a viewer needs of it.
    pub(super) fn need(&mut self, now: Instant, leg: LegId) -> Option<TrackNeed> {
        let subscription = self.subscriptions.get(&leg)?;
        let rates = self.meter.rates(now);
        Some(TrackNeed {
            kind: subscription.kind,
            wanted: wanted_layer(&subscription.view, &self.config, &rates),
            rates,
            priority: subscription.view.priority,
            current: subscription.forwarder.target(),
            paused: subscription.paused,
        })
    }
}

/// The names that browsers' libraries give: `q`, `h`, `f`, or `2`, `1`, `0`, the lowest first.
fn usual_encoding(rid: &str) -> Option<usize> {
    match rid {
        "q" | "2" => Some(0),
        "h" | "1" => Some(1),
        "f" | "0" => Some(2),
        _ => None,
    }
}

impl Publications {
    pub(super) fn len(&self) -> usize {
        self.by_track.len()
    }

    /// The publications of a leg.
    pub(super) fn of_leg(&self, leg: LegId) -> impl Iterator<Item = TrackId> {
        let sections = self.by_section.range((leg, LOWEST_MID)..).take_while(move |((id, _), _)| *id == leg);
        sections.map(|(_, track)| *track)
    }

    /// A section of a leg of this shard becomes a publication, or changes its description.
    pub(super) fn publish(&mut self, track: TrackId, leg: LegId, mid: Mid, config: PublicationConfig) {
        let home = Home::Here { leg, mid };
        if let Some(before) = self.by_section.insert((leg, mid), track).filter(|before| *before != track) {
            self.by_track.remove(&before);
        }
        match self.by_track.get_mut(&track) {
            Some(known) => {
                if let Home::Here { leg, mid } = std::mem::replace(&mut known.home, home)
                    && known.home != (Home::Here { leg, mid })
                {
                    self.by_section.remove(&(leg, mid));
                }
                known.config = config;
            }
            None => {
                self.by_track.insert(track, Publication::new(home, config));
            }
        }
    }

    /// A publication of another shard is wanted here. Returns whether it was not before.
    pub(super) fn want(&mut self, track: TrackId, home: ShardId) -> bool {
        if self.by_track.contains_key(&track) {
            return false;
        }
        self.by_track.insert(track, Publication::new(Home::There(home), PublicationConfig::default()));
        true
    }

    /// A publication is gone, here.
    pub(super) fn remove(&mut self, track: TrackId) -> Option<Publication> {
        let gone = self.by_track.remove(&track)?;
        if let Home::Here { leg, mid } = gone.home {
            self.by_section.remove(&(leg, mid));
        }
        Some(gone)
    }

    pub(super) fn get(&self, track: TrackId) -> Option<&Publication> {
        self.by_track.get(&track)
    }

    pub(super) fn get_mut(&mut self, track: TrackId) -> Option<&mut Publication> {
        self.by_track.get_mut(&track)
    }

    /// What is published of a section.
    pub(super) fn track_of(&self, leg: LegId, mid: Mid) -> Option<TrackId> {
        self.by_section.get(&(leg, mid)).copied()
    }

    /// Another shard wants a publication of this one. Returns whether there was room to note it.
    pub(super) fn wanted(&mut self, track: TrackId, by: ShardId) -> bool {
        if !self.wanted_by.contains_key(&track) && self.wanted_by.len() >= MOST_EARLY_WANTS {
            return false;
        }
        self.wanted_by.entry(track).or_default().insert(by);
        true
    }

    /// Another shard wants it no more.
    pub(super) fn not_wanted(&mut self, track: TrackId, by: ShardId) {
        if let Some(shards) = self.wanted_by.get_mut(&track) {
            shards.remove(&by);
            if shards.is_empty() {
                self.wanted_by.remove(&track);
            }
        }
    }

    /// The shards that want a publication of this one.
    pub(super) fn wanting(&self, track: TrackId) -> impl Iterator<Item = ShardId> {
        self.wanted_by.get(&track).into_iter().flatten().copied()
    }

    /// Nobody is told of this publication any more.
    pub(super) fn forget_wants(&mut self, track: TrackId) {
        self.wanted_by.remove(&track);
    }
}

const LOWEST_MID: Mid = Mid::from_array([0; 16]);
