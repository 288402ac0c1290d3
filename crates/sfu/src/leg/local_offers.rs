//! Negotiation where this side offers: a subscription becomes a section.

use std::time::{Duration, Instant};

use moim_types::{MediaKind, TrackId};
use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig as DataChannel, Reliability};
use str0m::media::{Direction, Mid};

use super::answer_text::{self, Plan, SectionPlan, Sends};
use super::connection::{Connection, Drained};
use super::intake::Intake;
use super::offer_text::RemoteText;
use super::streams;
use crate::{Bounds, ChannelConfig, DropReason, Msid};

/// Negotiation where this side offers.
pub(super) struct LocalOffers {
    sections: Vec<Section>,
    /// Subscriptions that are in no offer yet.
    waiting: Vec<Waiting>,
    /// Data channels that are in no offer yet.
    channels: Vec<ChannelConfig>,
    outstanding: Option<Outstanding>,
    last_exchange: u32,
    /// When the next offer is due.
    offer_at: Option<Instant>,
    restart: bool,
}

struct Section {
    mid: Mid,
    kind: MediaKind,
    msid: Msid,
    state: State,
    /// It has been agreed on once, for this or another track.
    established: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In an offer that is not answered yet.
    Offered(TrackId),
    /// Agreed on.
    Live(TrackId),
    /// Its track went while its offer was not answered yet.
    Abandoned,
    /// Its track went; no offer says so yet.
    Ending,
    /// An offer that is not answered yet says that it is inactive.
    EndOffered,
    /// Inactive, agreed on: another track may have it.
    Idle,
}

struct Waiting {
    track: TrackId,
    kind: MediaKind,
    msid: Msid,
}

struct Outstanding {
    pending: SdpPendingOffer,
    until: Instant,
}

/// An offer to give out.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) sdp: String,
    pub(super) exchange: u32,
    pub(super) subscriptions: Vec<(String, TrackId)>,
}

/// Why there is no agreement.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAgreement {
    #[error("there is no offer that this could answer")]
    NothingOffered,
    #[error("the answer is to offer {0}, the last one was {1}")]
    OtherExchange(u32, u32),
    #[error("no answer came in 15 seconds")]
    NoAnswer,
    #[error("{0}")]
    Refused(String),
}

/// Several subscriptions tend to come at once: one offer for all.
const OFFER_DELAY: Duration = Duration::from_millis(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

impl LocalOffers {
    /// Offers in a moment where there are data channels, with what is subscribed to until then; else with the first
    /// subscription.
    pub(super) fn new(channels: &[ChannelConfig], first_exchange: u32, now: Instant) -> Self {
        Self {
            sections: Vec::new(),
            waiting: Vec::new(),
            channels: channels.to_vec(),
            outstanding: None,
            last_exchange: first_exchange.wrapping_sub(1),
            offer_at: (!channels.is_empty()).then_some(now + OFFER_DELAY),
            restart: false,
        }
    }

    /// A new subscription. Refused where there are too many sections already.
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        (track, kind, msid): (TrackId, MediaKind, Msid),
        bounds: &Bounds,
    ) -> Result<(), DropReason> {
        if self.sections.len() + self.waiting.len() >= bounds.local_sections {
            return Err(DropReason::OverBound);
        }
        self.waiting.push(Waiting { track, kind, msid });
        self.offer_soon(now);
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, track: TrackId) {
        self.waiting.retain(|waiting| waiting.track != track);
        for section in &mut self.sections {
            match section.state {
                State::Live(carried) if carried == track => section.state = State::Ending,
                State::Offered(carried) if carried == track => section.state = State::Abandoned,
                _ => continue,
            }
            self.offer_at.get_or_insert(now + OFFER_DELAY);
        }
    }

    /// New ICE credentials, at once: what is outstanding is given up and offered again.
    pub(super) fn restart(&mut self, now: Instant) {
        if self.outstanding.take().is_some() {
            self.take_back();
        }
        self.restart = true;
        self.offer_at = Some(now);
    }

    /// Which subscription each section carries, as far as agreed on.
    pub(super) fn carried(&self) -> Vec<(Mid, TrackId)> {
        let live = |section: &Section| match section.state {
            State::Live(track) => Some((section.mid, track)),
            _ => None,
        };
        self.sections.iter().filter_map(live).collect()
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        match &self.outstanding {
            Some(outstanding) => Some(outstanding.until),
            None => self.offer_at,
        }
    }

    /// Gives up waiting for an answer.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), NoAgreement> {
        if self.outstanding.take_if(|outstanding| outstanding.until <= now).is_some() {
            self.take_back();
            return Err(NoAgreement::NoAnswer);
        }
        Ok(())
    }

    /// The next offer, where one is due and none is outstanding.
    pub(super) fn offer(&mut self, connection: &mut Connection, drained: &mut Drained, now: Instant) -> Option<Offer> {
        if self.outstanding.is_some() || self.offer_at.is_none_or(|at| at > now) {
            return None;
        }
        self.offer_at = None;
        let Some((offer, pending)) = connection.mutate(now, drained, |rtc| self.change(rtc)) else {
            self.settle(now);
            return None;
        };
        self.last_exchange = self.last_exchange.wrapping_add(1).max(1);
        self.outstanding = Some(Outstanding { pending, until: now + ANSWER_WITHIN });
        Some(Offer {
            sdp: answer_text::rewrite(&offer.to_sdp_string(), &self.names()),
            exchange: self.last_exchange,
            subscriptions: self.subscriptions(),
        })
    }

    /// Takes an answer. What follows from it is offered right away.
    pub(super) fn accept(
        &mut self,
        connection: &mut Connection,
        drained: &mut Drained,
        now: Instant,
        (sdp, exchange): (&str, u32),
        intake: &mut Intake,
    ) -> Result<(), NoAgreement> {
        if exchange != 0 && exchange != self.last_exchange {
            return Err(NoAgreement::OtherExchange(exchange, self.last_exchange));
        }
        let refused = |why: &dyn std::fmt::Display| NoAgreement::Refused(why.to_string());
        let read = RemoteText::read(sdp, intake).map_err(|error| refused(&error))?;
        let answer = SdpAnswer::from_sdp_string(&read.text).map_err(|error| refused(&error))?;
        let outstanding = self.outstanding.take().ok_or(NoAgreement::NothingOffered)?;
        connection
            .mutate(now, drained, |rtc| rtc.sdp_api().accept_answer(outstanding.pending, answer))
            .map_err(|error| refused(&error))?;
        self.settle(now);
        Ok(())
    }

    fn settle(&mut self, now: Instant) {
        for section in &mut self.sections {
            section.established = true;
            section.state = match section.state {
                State::Offered(track) => State::Live(track),
                State::Abandoned => State::Ending,
                State::EndOffered => State::Idle,
                same => same,
            };
        }
        let unsaid = self.sections.iter().any(|section| section.state == State::Ending);
        if unsaid || !self.waiting.is_empty() || self.offer_at.is_some() {
            self.offer_soon(now);
        }
    }

    fn offer_soon(&mut self, now: Instant) {
        self.offer_at.get_or_insert(now + OFFER_DELAY);
    }

    /// An offer that nobody answered: its new sections never came to be.
    fn take_back(&mut self) {
        for section in std::mem::take(&mut self.sections) {
            match section.state {
                State::Offered(track) => {
                    let msid = section.msid.clone();
                    self.waiting.push(Waiting { track, kind: section.kind, msid });
                }
                State::Abandoned | State::EndOffered => {}
                State::Live(_) | State::Ending | State::Idle => {
                    self.sections.push(section);
                    continue;
                }
            }
            if section.established {
                self.sections.push(Section { state: State::Ending, ..section });
            }
        }
    }

    /// All that has changed since the last offer, as one change.
    fn change(&mut self, rtc: &mut Rtc) -> Option<(SdpOffer, SdpPendingOffer)> {
        let reused = self.reuse(rtc);
        let mut api = rtc.sdp_api();
        for channel in self.channels.drain(..) {
            api.add_channel_with_config(data_channel(channel));
        }
        for mid in reused {
            api.set_direction(mid, Direction::SendOnly);
        }
        for Waiting { track, kind, msid } in self.waiting.drain(..) {
            let (stream, name) = (Some(msid.stream.clone()), Some(msid.track.clone()));
            let mid = api.add_media(media_kind(kind), Direction::SendOnly, stream, name, None);
            self.sections.push(Section { mid, kind, msid, state: State::Offered(track), established: false });
        }
        for section in self.sections.iter_mut().filter(|section| section.state == State::Ending) {
            api.set_direction(section.mid, Direction::Inactive);
            section.state = State::EndOffered;
        }
        if std::mem::take(&mut self.restart) {
            api.ice_restart(true);
        }
        api.apply()
    }

    /// Puts waiting subscriptions onto sections that are idle, under new stream numbers: the
    /// sequence numbers of the old ones have been used.
    fn reuse(&mut self, rtc: &mut Rtc) -> Vec<Mid> {
        let mut reused = Vec::new();
        for section in self.sections.iter_mut().filter(|section| section.state == State::Idle) {
            let Some(index) = self.waiting.iter().position(|waiting| waiting.kind == section.kind) else { continue };
            if !streams::renumber(rtc, section.mid) {
                continue;
            }
            let Waiting { track, msid, .. } = self.waiting.remove(index);
            section.msid = msid;
            section.state = State::Offered(track);
            reused.push(section.mid);
        }
        reused
    }

    fn subscriptions(&self) -> Vec<(String, TrackId)> {
        let carried = |section: &Section| match section.state {
            State::Live(track) | State::Offered(track) => Some((section.mid.to_string(), track)),
            State::Abandoned | State::Ending | State::EndOffered | State::Idle => None,
        };
        self.sections.iter().filter_map(carried).collect()
    }

    /// The library names a section once; ours may carry another track later.
    fn names(&self) -> Plan {
        let plan = |section: &Section| {
            let sends = match section.state {
                State::Live(_) | State::Offered(_) | State::Abandoned => Sends::Named(section.msid.clone()),
                State::Ending | State::EndOffered | State::Idle => Sends::Nothing,
            };
            (section.mid.to_string(), SectionPlan { sends, ..SectionPlan::default() })
        };
        self.sections.iter().map(plan).collect()
    }
}

const fn media_kind(kind: MediaKind) -> str0m::media::MediaKind {
    match kind {
        MediaKind::Audio => str0m::media::MediaKind::Audio,
        MediaKind::Video => str0m::media::MediaKind::Video,
    }
}

fn data_channel(config: ChannelConfig) -> DataChannel {
    let reliability = match config.max_retransmits {
        None => Reliability::Reliable,
        Some(retransmits) => Reliability::MaxRetransmits { retransmits },
    };
    DataChannel { label: config.label, ordered: config.ordered, reliability, ..DataChannel::default() }
}
