//! Negotiation where the remote side offers.

use std::time::{Duration, Instant};

use moim_types::{MediaKind, TrackId};
use str0m::change::SdpOffer;
use str0m::media::Mid;

use super::answer_text::{self, Plan, SectionPlan, Sends};
use super::connection::{Connection, Drained};
use super::intake::Intake;
use super::offer_text::{RemoteSection, RemoteText};
use super::payload_types;
use super::sections::Sections;
use super::streams;
use crate::{CodecPreference, Msid, OfferedSection, SectionDirection};

/// Negotiation where the remote side offers.
#[derive(Debug, Default)]
pub(super) struct RemoteOffers {
    sections: Sections,
    /// An offer has been accepted.
    begun: bool,
    /// The remote side was asked for an offer that has not come.
    asked: bool,
    ask_at: Option<Instant>,
    /// The last offer agrees to transport-wide congestion control.
    transport_cc: bool,
}

/// An offer was accepted.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) sdp: String,
    pub(super) sections: Vec<OfferedSection>,
    pub(super) subscriptions: Vec<(String, TrackId)>,
    pub(super) candidates_dropped: u64,
}

/// Several subscriptions tend to come at once: one question for all.
const ASK_DELAY: Duration = Duration::from_millis(10);

impl RemoteOffers {
    pub(super) fn accept(
        &mut self,
        connection: &mut Connection,
        drained: &mut Drained,
        now: Instant,
        offer: (&str, &[CodecPreference]),
        intake: &mut Intake,
    ) -> Result<Answered, String> {
        let (sdp, preferences) = offer;
        let read = RemoteText::read(sdp, intake).map_err(|error| error.to_string())?;
        let offer = SdpOffer::from_sdp_string(&read.text).map_err(|error| error.to_string())?;
        let answer = connection
            .mutate(now, drained, |rtc| rtc.sdp_api().accept_offer(offer))
            .map_err(|error| error.to_string())?;
        for mid in self.sections.offered(&read.sections) {
            connection.mutate(now, drained, |rtc| streams::renumber(rtc, mid.as_str().into()));
        }
        self.transport_cc = read.transport_cc;
        (self.begun, self.asked) = (true, false);
        self.ask_soon(now);
        let plan = self.plan(&read.sections, preferences);
        Ok(Answered {
            sdp: answer_text::rewrite(&answer.to_sdp_string(), &plan),
            sections: read.sections.iter().filter_map(|section| offered_section(connection, section, &plan)).collect(),
            subscriptions: self.sections.carried().map(|(mid, track)| (mid.to_owned(), track)).collect(),
            candidates_dropped: read.candidates_dropped,
        })
    }

    pub(super) fn subscribe(&mut self, now: Instant, track: TrackId, kind: MediaKind, msid: Msid) {
        self.sections.subscribe(track, kind, msid);
        self.ask_soon(now);
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, track: TrackId) {
        self.sections.unsubscribe(track);
        self.ask_soon(now);
    }

    /// Which subscription each section carries.
    pub(super) fn carried(&self) -> Vec<(Mid, TrackId)> {
        self.sections.carried().map(|(mid, track)| (mid.into(), track)).collect()
    }

    pub(super) const fn next_wake(&self) -> Option<Instant> {
        self.ask_at
    }

    /// How many more sections to ask for, if it is time to ask.
    pub(super) fn tick(&mut self, now: Instant) -> Option<(u32, u32)> {
        self.ask_at.take_if(|at| *at <= now)?;
        let missing = self.sections.missing()?;
        self.asked = true;
        Some(missing)
    }

    /// The publisher cannot measure how much it may send.
    pub(super) const fn is_without_transport_cc(&self) -> bool {
        self.begun && !self.transport_cc
    }

    fn ask_soon(&mut self, now: Instant) {
        if self.begun && !self.asked && self.sections.missing().is_some() {
            self.ask_at.get_or_insert(now + ASK_DELAY);
        }
    }

    fn plan(&self, offered: &[RemoteSection], preferences: &[CodecPreference]) -> Plan {
        let mut plan = Plan::new();
        for section in offered {
            let wish = preferences.iter().find(|wish| section.track.as_ref() == Some(&wish.track));
            let track = self.sections.carried().find(|(mid, _)| *mid == section.mid).map(|(_, track)| track);
            let sends = track.and_then(|track| self.sections.msid(track)).cloned().map_or(Sends::Nothing, Sends::Named);
            let section_plan = SectionPlan {
                sends,
                first: wish.and_then(|wish| wish.codec),
                dtx: wish.is_some_and(|wish| wish.dtx),
                stereo: wish.is_some_and(|wish| wish.stereo),
            };
            plan.insert(section.mid.clone(), section_plan);
        }
        plan
    }
}

fn offered_section(connection: &Connection, section: &RemoteSection, plan: &Plan) -> Option<OfferedSection> {
    let kind = section.kind?;
    let mut codecs = payload_types::agreed(connection.rtc(), section.mid.as_str().into());
    let first = plan.get(&section.mid).and_then(|plan| plan.first);
    codecs.sort_by_key(|codec| Some(*codec) != first);
    Some(OfferedSection {
        mid: section.mid.clone(),
        kind,
        direction: match (section.rejected, section.sends, section.receives) {
            (true, _, _) | (_, false, false) => SectionDirection::Inactive,
            (_, true, _) => SectionDirection::Sends,
            (_, false, true) => SectionDirection::Receives,
        },
        stream: section.stream.clone(),
        track: section.track.clone(),
        rids: section.rids.clone(),
        codecs,
    })
}
