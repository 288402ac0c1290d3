//! VP8's picture ids and TL0PICIDX (RFC 7741 §4.2), without a jump where frames are dropped or the
//! source changes. Firefox freezes at a jump.

use super::codec::Vp8Ids;
use super::renumber::{Misplaced, Renumber};

/// The ids to write over those in the payload. `None` leaves what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vp8Rewrite {
    /// `PictureID`, already as narrow as the payload's field.
    pub picture_id: Option<u16>,
    /// `TL0PICIDX`.
    pub tl0_pic_idx: Option<u8>,
}

#[derive(Debug, Default)]
pub(super) struct PictureIds {
    /// Picture ids of the source, unwrapped, to outgoing ones.
    pictures: Renumber,
    /// The newest picture id, unwrapped.
    newest: Option<u64>,
    /// Incoming minus outgoing TL0PICIDX. It wraps.
    tl0_offset: u8,
    /// The latest outgoing TL0PICIDX.
    tl0: Option<u8>,
}

/// Unwrapped picture ids of a new source begin here, so that earlier ones stay positive.
const BASE: u64 = 1 << 32;

impl PictureIds {
    /// Goes on with another source whose first frame has these ids.
    pub(super) fn begin(&mut self, ids: &Vp8Ids) {
        if let Some(id) = ids.picture_id {
            let number = BASE + u64::from(id);
            let out = if self.newest.is_some() { self.pictures.next_out() } else { u64::from(id) };
            self.pictures.begin(number, out);
            self.newest = Some(number);
        }
        if let Some(id) = ids.tl0_pic_idx {
            self.tl0_offset = self.tl0.map_or(0, |last| id.wrapping_sub(last.wrapping_add(1)));
        }
    }

    /// What to write, for a packet that is forwarded. `newest` says that the packet comes after all
    /// others of its source.
    pub(super) fn place(&mut self, ids: &Vp8Ids, newest: bool) -> Result<Vp8Rewrite, Misplaced> {
        let picture_id = match self.unwrap(ids) {
            Some(number) => Some(self.place_picture(number, ids, newest)?),
            None => None,
        };
        let tl0_pic_idx = ids.tl0_pic_idx.map(|id| id.wrapping_sub(self.tl0_offset));
        if newest {
            self.tl0 = tl0_pic_idx.or(self.tl0);
        }
        Ok(Vp8Rewrite { picture_id, tl0_pic_idx })
    }

    fn place_picture(&mut self, number: u64, ids: &Vp8Ids, newest: bool) -> Result<u16, Misplaced> {
        let placed = if newest { self.pictures.place(number) } else { self.pictures.find(number) };
        let out = match placed {
            // The sender's counter went back although time went on: a source of its own.
            Err(_) if newest => {
                let out = self.pictures.next_out();
                self.pictures.begin(number, out);
                self.pictures.place(number)?
            }
            placed => placed?,
        };
        if newest {
            self.newest = Some(number);
        }
        Ok((out & mask(ids)) as u16)
    }

    /// Closes the place of a frame that is dropped.
    pub(super) fn close(&mut self, ids: &Vp8Ids) {
        let Some(number) = self.unwrap(ids) else { return };
        if self.pictures.is_new(number) {
            self.pictures.close(number);
            self.newest = Some(number);
        }
    }

    /// Whether the frame of a late packet has a place.
    pub(super) fn has_place(&self, ids: &Vp8Ids) -> bool {
        self.unwrap(ids).is_none_or(|number| !self.pictures.is_new(number) && self.pictures.find(number).is_ok())
    }

    /// The number nearest to the newest that has these low bits. Example with 7 bits: 127 then 1 is
    /// two further.
    fn unwrap(&self, ids: &Vp8Ids) -> Option<u64> {
        let id = u64::from(ids.picture_id?);
        let Some(newest) = self.newest else { return Some(BASE + id) };
        let (mask, half) = (mask(ids), mask(ids).div_ceil(2));
        let forward = id.wrapping_sub(newest) & mask;
        Some(if forward < half { newest + forward } else { newest.saturating_sub(mask + 1 - forward) })
    }
}

fn mask(ids: &Vp8Ids) -> u64 {
    if ids.picture_id_bits == 7 { 0x7f } else { 0x7fff }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(picture_id: u16, tl0: u8) -> Vp8Ids {
        Vp8Ids { picture_id: Some(picture_id), picture_id_bits: 15, tl0_pic_idx: Some(tl0) }
    }

    fn rewrite(picture_id: u16, tl0: u8) -> Result<Vp8Rewrite, Misplaced> {
        Ok(Vp8Rewrite { picture_id: Some(picture_id), tl0_pic_idx: Some(tl0) })
    }

    #[test]
    fn the_first_source_keeps_its_ids_and_the_next_goes_on() {
        let mut pictures = PictureIds::default();
        pictures.begin(&ids(32_767, 255));
        assert_eq!(pictures.place(&ids(32_767, 255), true), rewrite(32_767, 255));
        assert_eq!(pictures.place(&ids(0, 0), true), rewrite(0, 0));
        pictures.begin(&ids(500, 77));
        assert_eq!(pictures.place(&ids(500, 77), true), rewrite(1, 1));
        assert_eq!(pictures.place(&ids(500, 77), true), rewrite(1, 1), "more packets of the frame");
        assert_eq!(pictures.place(&ids(501, 77), true), rewrite(2, 1));
    }

    #[test]
    fn dropped_frames_leave_no_gap() {
        let mut pictures = PictureIds::default();
        pictures.begin(&ids(100, 1));
        pictures.place(&ids(100, 1), true).unwrap();
        pictures.close(&ids(101, 1));
        pictures.close(&ids(101, 1));
        assert_eq!(pictures.place(&ids(102, 1), true), rewrite(101, 1));
        assert!(!pictures.has_place(&ids(101, 1)) && pictures.has_place(&ids(100, 1)));
        assert_eq!(pictures.place(&ids(100, 1), false), rewrite(100, 1), "late");
        assert_eq!(pictures.place(&ids(101, 1), false), Err(Misplaced::Closed));
    }

    #[test]
    fn seven_bits_wrap_as_seven_bits() {
        let short = |picture_id| Vp8Ids { picture_id: Some(picture_id), picture_id_bits: 7, tl0_pic_idx: None };
        let mut pictures = PictureIds::default();
        pictures.begin(&short(126));
        let out: Vec<_> = [126, 127, 0, 1].map(|id| pictures.place(&short(id), true).unwrap().picture_id).into();
        assert_eq!(out, [Some(126), Some(127), Some(0), Some(1)]);
    }

    #[test]
    fn a_counter_that_goes_back_begins_anew() {
        let mut pictures = PictureIds::default();
        pictures.begin(&ids(1000, 1));
        pictures.place(&ids(1000, 1), true).unwrap();
        assert_eq!(pictures.place(&ids(3, 2), true), rewrite(1001, 2));
        assert_eq!(pictures.place(&ids(4, 2), true), rewrite(1002, 2));
    }

    #[test]
    fn payloads_without_ids_stay_as_they_are() {
        let mut pictures = PictureIds::default();
        pictures.begin(&Vp8Ids::default());
        assert_eq!(pictures.place(&Vp8Ids::default(), true), Ok(Vp8Rewrite::default()));
        pictures.close(&Vp8Ids::default());
        assert!(pictures.has_place(&Vp8Ids::default()));
    }
}
