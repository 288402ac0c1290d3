//! Which SSRCs media may arrive under.
//!
//! The library believes the section and the encoding that an RTP header names before it knows the
//! packet to be authentic, and gives the stream of that section over to the SSRC in the header; the
//! way back is barred. Whoever can write the remote side's address into one datagram could so
//! silence a publisher. Therefore a packet of an SSRC that has not proven itself is a trial: there
//! are few of them, and what a failed one changed is undone.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{MediaKind, Mid, Rid};
use str0m::rtp::Ssrc;

/// Which SSRCs media may arrive under.
#[derive(Debug)]
pub(super) struct Latch {
    proven: BTreeSet<Ssrc>,
    /// The streams that the remote side may send.
    streams: Vec<(Mid, Option<Rid>)>,
    trials: u32,
    since: Instant,
}

/// Whether a packet may be handed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Its SSRC has been authentic before, or was named in the SDP: it takes nothing over.
    Proven,
    /// It is the first one under its SSRC. These hold the streams now.
    Trial(Held),
    /// There were too many trials lately.
    TooManyTrials,
    /// There are too many SSRCs.
    TooManyStreams,
}

/// A stream of the library: its SSRC and that of its repair.
type Holder = Option<(Ssrc, Option<Ssrc>)>;

/// Who holds the streams, in the order of [`Latch::streams`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held(Vec<Holder>);

/// A publisher who starts a camera needs six trials.
const TRIALS_A_SECOND: u32 = 64;
/// The library keeps something for each SSRC as long as the connection lives.
const MOST_SSRCS: usize = 4096;

impl Latch {
    pub(super) const fn new(now: Instant) -> Self {
        Self { proven: BTreeSet::new(), streams: Vec::new(), trials: TRIALS_A_SECOND, since: now }
    }

    /// These sections have been agreed on, with these encodings.
    pub(super) fn expect(&mut self, sections: impl Iterator<Item = (Mid, Vec<Rid>)>) {
        self.streams.clear();
        for (mid, rids) in sections {
            self.streams.push((mid, None));
            self.streams.extend(rids.into_iter().map(|rid| (mid, Some(rid))));
        }
    }

    pub(super) fn admit(&mut self, now: Instant, rtc: &mut Rtc, ssrc: Ssrc) -> Admission {
        if self.proven.contains(&ssrc) {
            return Admission::Proven;
        }
        let held = Held(self.streams.iter().map(|stream| holder(rtc, *stream)).collect());
        if held.has(ssrc) {
            return Admission::Proven;
        }
        self.try_out(now, held)
    }

    fn try_out(&mut self, now: Instant, held: Held) -> Admission {
        if self.proven.len() >= MOST_SSRCS {
            return Admission::TooManyStreams;
        }
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.trials = TRIALS_A_SECOND;
        }
        if self.trials == 0 {
            return Admission::TooManyTrials;
        }
        self.trials -= 1;
        Admission::Trial(held)
    }

    /// A packet under this SSRC was authentic.
    pub(super) fn prove(&mut self, ssrc: Ssrc) {
        self.proven.insert(ssrc);
    }

    /// Gives the streams back to who held them.
    pub(super) fn undo(&self, rtc: &mut Rtc, Held(before): Held) {
        for (stream, before) in self.streams.iter().zip(before) {
            let after = holder(rtc, *stream);
            if after == before {
                continue;
            }
            if let Some((ssrc, _)) = after {
                rtc.direct_api().remove_stream_rx(ssrc);
            }
            if let Some((ssrc, repair)) = before {
                give(rtc, *stream, ssrc, repair);
            }
        }
    }
}

impl Held {
    fn has(&self, ssrc: Ssrc) -> bool {
        self.0.iter().flatten().any(|(main, repair)| *main == ssrc || *repair == Some(ssrc))
    }
}

fn holder(rtc: &mut Rtc, (mid, rid): (Mid, Option<Rid>)) -> Holder {
    rtc.direct_api().stream_rx_by_mid(mid, rid).map(|stream| (stream.ssrc(), stream.rtx()))
}

fn give(rtc: &mut Rtc, (mid, rid): (Mid, Option<Rid>), ssrc: Ssrc, repair: Option<Ssrc>) {
    // Sound is not sent again.
    let Some(is_sound) = rtc.media(mid).map(|media| media.kind() == MediaKind::Audio) else { return };
    rtc.direct_api().expect_stream_rx(ssrc, repair, mid, rid).suppress_nack(is_sound && repair.is_none());
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn strangers_have_few_trials_a_second() {
        let now = VirtualClock::new().now().instant;
        let mut latch = Latch::new(now);
        let trial = |latch: &mut Latch, now| latch.try_out(now, Held(Vec::new()));
        let trials = (0..10_000).filter(|_| matches!(trial(&mut latch, now), Admission::Trial(_))).count();
        assert_eq!(trials, TRIALS_A_SECOND as usize);
        assert_eq!(trial(&mut latch, now), Admission::TooManyTrials);
        assert!(matches!(trial(&mut latch, now + Duration::from_secs(1)), Admission::Trial(_)));
    }

    #[test]
    fn the_number_of_ssrcs_is_bounded() {
        let now = VirtualClock::new().now().instant;
        let mut latch = Latch::new(now);
        for ssrc in 0..MOST_SSRCS as u32 {
            latch.prove(ssrc.into());
        }
        assert_eq!(latch.try_out(now, Held(Vec::new())), Admission::TooManyStreams);
    }
}
