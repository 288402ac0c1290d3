//! How many packets are sent again for one viewer: a quarter of what he gets.
//!
//! The library has such a bound too, but looks only every 50 ms at what it sent, and until then sends
//! again whatever it is asked for. So wishes that are too many are taken out of the viewer's reports
//! before the library reads them. (Reports that are authentic but not encrypted, which nobody sends
//! (RFC 3711 §3.4), meet the library's bound alone.)

use std::collections::BTreeMap;

use str0m::rtp::Ssrc;

/// How many packets may be sent again, for each stream to a viewer.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    credit: BTreeMap<u32, Credit>,
}

/// In packets sent: one repetition costs [`PRICE`].
#[derive(Debug)]
struct Credit(u32);

/// One packet may be sent again for so many that were sent.
const PRICE: u32 = 4;
/// So many may be sent again at once: a key frame that was lost.
const BURST: u32 = 64;
/// Streams remembered: a section has a new one with each track that goes onto it.
const MOST_STREAMS: usize = 1024;
/// Generic NACK (RFC 4585 §6.2.1): transport layer feedback, format 1.
const NACK: (u8, u8) = (205, 1);

impl Repairs {
    /// A packet was sent, for the first time.
    pub(super) fn sent(&mut self, stream: Ssrc) {
        if let Some(credit) = self.credit.get_mut(&*stream) {
            credit.earn();
            return;
        }
        if self.credit.len() >= MOST_STREAMS {
            self.credit.pop_first();
        }
        self.credit.insert(*stream, Credit(BURST * PRICE));
    }

    /// Takes wishes that are too many out of RTCP packets.
    pub(super) fn trim(&mut self, control: &mut [u8]) {
        let mut rest = control;
        while let Some((&mut [first, kind, high, low], _)) = rest.split_first_chunk_mut() {
            let length = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
            let Some((packet, next)) = rest.split_at_mut_checked(length) else { return };
            if (kind, first & 0x1f) == NACK {
                self.trim_nack(packet);
            }
            rest = next;
        }
    }

    fn trim_nack(&mut self, nack: &mut [u8]) {
        let Some((head, wishes)) = nack.split_first_chunk_mut::<12>() else { return };
        let stream = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        let mut none = Credit(0);
        let credit = self.credit.get_mut(&stream).unwrap_or(&mut none);
        for wish in wishes.as_chunks_mut::<4>().0 {
            let [a, b, c, d] = *wish;
            let (first, others) = credit.grant(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let ([a, b], [c, d]) = (first.to_be_bytes(), others.to_be_bytes());
            *wish = [a, b, c, d];
        }
    }
}

impl Credit {
    fn earn(&mut self) {
        self.0 = (self.0 + 1).min(BURST * PRICE);
    }

    const fn spend(&mut self) -> bool {
        let left = self.0.checked_sub(PRICE);
        if let Some(left) = left {
            self.0 = left;
        }
        left.is_some()
    }

    /// What remains of a wish for a packet and some of the sixteen after it.
    fn grant(&mut self, first: u16, others: u16) -> (u16, u16) {
        if !self.spend() {
            // Half the numbers away: nothing that is kept has this one.
            return (first.wrapping_add(0x8000), 0);
        }
        let granted = (0..16).filter(|bit| others & (1 << bit) != 0 && self.spend());
        (first, granted.fold(0, |granted, bit| granted | 1 << bit))
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::wire::{nack, pli, rtcp};

    use super::*;

    /// How many packets of a stream these packets ask for, and would find.
    fn wishes(control: &[u8], firsts: std::ops::Range<u16>) -> u32 {
        let fields: Vec<_> = control[control.len() - 4 * firsts.len().div_ceil(17)..].chunks(4).collect();
        let asked = fields.iter().filter(|field| firsts.contains(&u16::from_be_bytes([field[0], field[1]])));
        asked.map(|field| 1 + u16::from_be_bytes([field[2], field[3]]).count_ones()).sum()
    }

    fn sent(repairs: &mut Repairs, packets: usize) {
        (0..packets).for_each(|_| repairs.sent(7.into()));
    }

    #[test]
    fn a_few_wishes_are_left_alone() {
        let mut repairs = Repairs::default();
        sent(&mut repairs, 1);
        let mut control = [pli(7), nack(7, [100, 117].into_iter())].concat();
        let before = control.clone();
        repairs.trim(&mut control);
        assert_eq!(control, before);
    }

    #[test]
    fn in_the_long_run_one_packet_in_four_is_sent_again() {
        let mut repairs = Repairs::default();
        let mut granted = 0;
        for _ in 0..100 {
            sent(&mut repairs, 40);
            let mut control = [rtcp(0, 203, &[]), nack(7, (0..170).step_by(17))].concat();
            repairs.trim(&mut control);
            granted += wishes(&control, 0..170);
        }
        assert!((990..=1000 + BURST).contains(&granted), "{granted}");
    }

    #[test]
    fn what_was_never_sent_is_not_sent_again_and_nonsense_is_left_to_the_library() {
        let mut repairs = Repairs::default();
        let mut control = nack(8, std::iter::once(100));
        repairs.trim(&mut control);
        assert_eq!(wishes(&control, 100..117), 0);
        for length in 0..control.len() {
            repairs.trim(&mut control[..length].to_vec());
        }
        repairs.trim(&mut [0x81, 205, 0, 0]);
        (0..5000).for_each(|stream| repairs.sent(stream.into()));
        assert_eq!(repairs.credit.len(), MOST_STREAMS);
    }
}
