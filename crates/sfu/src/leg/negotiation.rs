//! Agreement on sections with the remote side, whoever offers.

use std::time::Instant;

use moim_types::{MediaKind, TrackId};
use str0m::media::Mid;

use super::connection::{Connection, Drained};
use super::intake::Intake;
use super::local_offers::{LocalOffers, NoAgreement, Offer};
use super::remote_offers::{Answered, RemoteOffers};
use crate::{Bounds, CodecPreference, DropReason, Msid};

/// Agreement on sections.
pub(super) enum Negotiation {
    /// The remote side offers.
    Remote(RemoteOffers),
    /// This side offers.
    Local(LocalOffers),
}

/// What a negotiation wants after a while.
#[derive(Debug)]
pub(super) enum Wish {
    /// Give this offer out.
    Offer(Offer),
    /// Ask for an offer with so many more sections of sound and picture.
    Sections(u32, u32),
    /// Give up.
    Failed(NoAgreement),
}

impl Negotiation {
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        subscription: (TrackId, MediaKind, Msid),
        bounds: &Bounds,
    ) -> Result<(), DropReason> {
        match self {
            Self::Remote(remote) => {
                let (track, kind, msid) = subscription;
                remote.subscribe(now, track, kind, msid);
                Ok(())
            }
            Self::Local(local) => local.subscribe(now, subscription, bounds),
        }
    }

    pub(super) fn unsubscribe(&mut self, now: Instant, track: TrackId) {
        match self {
            Self::Remote(remote) => remote.unsubscribe(now, track),
            Self::Local(local) => local.unsubscribe(now, track),
        }
    }

    /// Which subscription each section carries, as far as agreed on.
    pub(super) fn carried(&self) -> Vec<(Mid, TrackId)> {
        match self {
            Self::Remote(remote) => remote.carried(),
            Self::Local(local) => local.carried(),
        }
    }

    pub(super) fn accept_offer(
        &mut self,
        connection: &mut Connection,
        drained: &mut Drained,
        now: Instant,
        offer: (&str, &[CodecPreference]),
        intake: &mut Intake,
    ) -> Result<Answered, String> {
        match self {
            Self::Remote(remote) => remote.accept(connection, drained, now, offer, intake),
            Self::Local(_) => Err("on this connection the server offers".to_owned()),
        }
    }

    pub(super) fn accept_answer(
        &mut self,
        connection: &mut Connection,
        drained: &mut Drained,
        now: Instant,
        answer: (&str, u32),
        intake: &mut Intake,
    ) -> Result<(), NoAgreement> {
        match self {
            Self::Remote(_) => Err(NoAgreement::NothingOffered),
            Self::Local(local) => local.accept(connection, drained, now, answer, intake),
        }
    }

    /// Returns whether this side may restart ICE.
    pub(super) fn restart(&mut self, now: Instant) -> bool {
        match self {
            Self::Remote(_) => false,
            Self::Local(local) => {
                local.restart(now);
                true
            }
        }
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        match self {
            Self::Remote(remote) => remote.next_wake(),
            Self::Local(local) => local.next_wake(),
        }
    }

    pub(super) fn tick(&mut self, connection: &mut Connection, drained: &mut Drained, now: Instant) -> Option<Wish> {
        match self {
            Self::Remote(remote) => remote.tick(now).map(|(audio, video)| Wish::Sections(audio, video)),
            Self::Local(local) => match local.tick(now) {
                Ok(()) => local.offer(connection, drained, now).map(Wish::Offer),
                Err(why) => Some(Wish::Failed(why)),
            },
        }
    }

    /// Whether the publisher must be told how much it may send (REMB), since it does not measure.
    pub(super) const fn needs_remb(&self) -> bool {
        match self {
            Self::Remote(remote) => remote.is_without_transport_cc(),
            Self::Local(_) => false,
        }
    }
}
