//! The numbers that a forwarded packet carries, and the reasons for not forwarding one.

use std::sync::Arc;

use super::Description;
use super::picture_ids::PictureIds;
pub use super::picture_ids::Vp8Rewrite;
use super::renumber::Renumber;
use super::timeline::Timeline;
use super::window::Window;
use crate::MediaPacket;

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send it under these numbers.
    Send(Rewritten),
    /// Do not send it.
    Drop(DropReason),
}

/// What differs between viewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// Extended sequence number. The first one of a subscription is below 2¹⁵.
    pub sequence: u64,
    /// The timestamp.
    pub timestamp: u32,
    /// The marker bit: the picture ends here for this viewer.
    pub marker: bool,
    /// Ids to write over those in a VP8 payload; `None` leaves the payload as it came.
    pub vp8: Option<Vp8Rewrite>,
    /// The dependency descriptor to send instead of the one that came; `None` keeps that.
    pub dependency_descriptor: Option<Arc<[u8]>>,
}

/// Why a packet is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The viewer wants nothing of the publication now.
    Paused,
    /// Nothing can be shown before the next key frame.
    WaitingForKeyFrame,
    /// Another encoding is forwarded.
    OtherEncoding,
    /// A spatial layer that the viewer does without.
    SpatialLayer,
    /// A temporal layer that the viewer does without.
    TemporalLayer,
    /// It came before.
    Duplicate,
    /// It came too late to be given a number.
    TooOld,
}

/// Renumbers what one subscription forwards, over all changes of the source.
#[derive(Debug)]
pub(super) struct Rewriter {
    sequences: Renumber,
    seen: Window,
    timeline: Timeline,
    pictures: PictureIds,
    frames: FrameNumbers,
}

impl Rewriter {
    /// `first_sequence` should be random; its lower 15 bits become the first sequence number, so
    /// that no receiver misses a wrap (RFC 3711 §3.3.1).
    #[must_use]
    pub(super) fn new(first_sequence: u16) -> Self {
        let mut sequences = Renumber::default();
        sequences.begin(0, u64::from(first_sequence & 0x7fff));
        Self {
            sequences,
            seen: Window::default(),
            timeline: Timeline::default(),
            pictures: PictureIds::default(),
            frames: FrameNumbers::default(),
        }
    }

    /// Goes on with another source, or with the same one anew. `packet` is the first to be sent;
    /// what has an earlier sequence number will not be.
    pub(super) fn begin(&mut self, packet: &MediaPacket, description: &Description) {
        let next = self.sequences.next_out();
        self.sequences.begin(packet.sequence, next);
        self.seen.restart();
        self.timeline.begin(packet);
        if let Some(ids) = &description.vp8 {
            self.pictures.begin(ids);
        }
        self.frames.begin(packet);
    }

    /// The numbers for a packet of the current source that is sent.
    ///
    /// # Errors
    /// The reason why it cannot be sent.
    pub(super) fn pass(
        &mut self,
        packet: &MediaPacket,
        description: &Description,
        ends_picture: bool,
    ) -> Result<Rewritten, DropReason> {
        let newest = self.sequences.is_new(packet.sequence);
        self.refuse(packet)?;
        let vp8 = match &description.vp8 {
            Some(ids) => {
                let rewrite = self.pictures.place(ids, newest).map_err(|_| DropReason::TooOld)?;
                let changed = rewrite.picture_id != ids.picture_id || rewrite.tl0_pic_idx != ids.tl0_pic_idx;
                changed.then_some(rewrite)
            }
            None => None,
        };
        let sequence = self.sequences.place(packet.sequence).map_err(|_| DropReason::TooOld)?;
        self.seen.insert(packet.sequence);
        Ok(Rewritten {
            sequence,
            timestamp: self.timeline.place(packet, newest),
            marker: packet.marker || ends_picture,
            vp8,
            dependency_descriptor: self.frames.place(packet, newest),
        })
    }

    /// Closes the gap that a packet of the current source leaves which is not sent.
    ///
    /// # Errors
    /// It arrived late and its number was kept for it. Better send it: otherwise the viewer asks
    /// for that number again and again, and nobody has it.
    pub(super) fn skip(&mut self, packet: &MediaPacket, description: &Description) -> Result<(), PlaceKept> {
        if self.sequences.is_new(packet.sequence) {
            self.sequences.close(packet.sequence);
            self.seen.insert(packet.sequence);
            if let Some(ids) = &description.vp8 {
                self.pictures.close(ids);
            }
            return Ok(());
        }
        let frame_kept = description.vp8.as_ref().is_none_or(|ids| self.pictures.has_place(ids));
        let kept = frame_kept && self.refuse(packet).is_ok() && self.sequences.find(packet.sequence).is_ok();
        if kept { Err(PlaceKept) } else { Ok(()) }
    }

    fn refuse(&self, packet: &MediaPacket) -> Result<(), DropReason> {
        if self.seen.contains(packet.sequence) {
            return Err(DropReason::Duplicate);
        }
        if self.seen.forgot(packet.sequence) {
            return Err(DropReason::TooOld);
        }
        Ok(())
    }
}

/// A late packet has a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlaceKept;

/// Frame numbers in dependency descriptors. They may have gaps, since frames refer to each other by
/// their distance, but a receiver takes a number that goes back for an old frame.
#[derive(Debug, Default)]
struct FrameNumbers {
    /// Incoming minus outgoing number. It wraps.
    offset: u16,
    last: Option<u16>,
}

impl FrameNumbers {
    fn begin(&mut self, packet: &MediaPacket) {
        if let (Some(number), Some(last)) = (frame_number(packet), self.last) {
            self.offset = number.wrapping_sub(last.wrapping_add(1));
        }
    }

    fn place(&mut self, packet: &MediaPacket, newest: bool) -> Option<Arc<[u8]>> {
        let out = frame_number(packet)?.wrapping_sub(self.offset);
        if newest {
            self.last = Some(out);
        }
        if self.offset == 0 {
            return None;
        }
        // Bits 8 to 23 of the mandatory fields.
        let mut bytes = packet.extensions.dependency_descriptor.as_deref()?.to_vec();
        bytes.get_mut(1..3)?.copy_from_slice(&out.to_be_bytes());
        Some(bytes.into())
    }
}

fn frame_number(packet: &MediaPacket) -> Option<u16> {
    match packet.extensions.dependency_descriptor.as_deref()? {
        [_, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::Describer;
    use crate::forward::testing::Stream;

    fn begun(stream: &mut Stream) -> (Rewriter, Describer) {
        let (mut rewriter, mut describer) = (Rewriter::new(0x8007), Describer::new());
        let packet = stream.packet();
        let description = describer.describe(&packet);
        rewriter.begin(&packet, &description);
        assert_eq!(rewriter.pass(&packet, &description, false).unwrap().sequence, 7);
        (rewriter, describer)
    }

    #[test]
    fn a_packet_is_sent_once() {
        let mut stream = Stream::video(0);
        let (mut rewriter, mut describer) = begun(&mut stream);
        let packet = stream.packet();
        let description = describer.describe(&packet);
        assert!(rewriter.pass(&packet, &description, false).is_ok());
        assert_eq!(rewriter.pass(&packet, &description, false), Err(DropReason::Duplicate));
        let mut early = packet.clone();
        early.sequence -= 2;
        assert_eq!(rewriter.pass(&early, &description, false), Err(DropReason::TooOld));
    }

    #[test]
    fn a_number_that_was_kept_is_told() {
        let mut stream = Stream::video(0);
        let (mut rewriter, mut describer) = begun(&mut stream);
        let [late, dropped, sent] = [(); 3].map(|()| stream.packet());
        let mut describe = |packet: &MediaPacket| describer.describe(packet);
        assert_eq!(rewriter.skip(&dropped, &describe(&dropped)), Ok(()));
        assert_eq!(rewriter.pass(&sent, &describe(&sent), false).unwrap().sequence, 9);
        assert_eq!(rewriter.skip(&dropped, &describe(&dropped)), Ok(()), "its place was closed");
        assert_eq!(rewriter.skip(&late, &describe(&late)), Err(PlaceKept));
        assert_eq!(rewriter.pass(&late, &describe(&late), false).unwrap().sequence, 8);
        assert_eq!(rewriter.skip(&late, &describe(&late)), Ok(()), "it was sent");
    }

    #[test]
    fn frame_numbers_go_on_with_another_encoding() {
        let mut rewriter = Rewriter::new(1);
        let description = Description::default();
        let mut low = Stream::video(0).packet();
        low.extensions.dependency_descriptor = Some([0xc0, 0xff, 0xff].into());
        rewriter.begin(&low, &description);
        assert_eq!(rewriter.pass(&low, &description, false).unwrap().dependency_descriptor, None);
        let mut high = Stream::video(1).packet();
        high.extensions.dependency_descriptor = Some([0xc1, 0x12, 0x34, 0x80].into());
        rewriter.begin(&high, &description);
        let sent = rewriter.pass(&high, &description, false).unwrap().dependency_descriptor.unwrap();
        assert_eq!(*sent, [0xc1, 0x00, 0x00, 0x80]);
    }
}
