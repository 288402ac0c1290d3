//! Transport-wide sequence numbers that would lead the library astray.
//!
//! The library counts them in 64 bits from the first one on, and reports every number that was left
//! out. One packet that goes back beyond zero would be a gap of 2⁶⁴ packets, which no memory holds;
//! leaps that add up to more than 2¹⁶ between two reports do not fit into one.

use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::Mid;
use str0m::rtp::Extension;

/// The transport-wide sequence numbers of a remote side.
#[derive(Debug)]
pub(super) struct Numbering {
    /// The identifiers of the extension, as they were agreed on.
    ids: Vec<u8>,
    highest: Option<u64>,
    /// Where the numbers stood, and when.
    window: (u64, Instant),
}

/// The numbers of a packet are out of bounds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Astray;

const WINDOW: Duration = Duration::from_secs(1);
/// Two windows may fall into one report, which begins with the oldest number in it.
const MOST_IN_A_WINDOW: u64 = 32_000;
/// How far the network may change the order.
const MOST_BACK: i16 = 1000;

impl Numbering {
    pub(super) const fn new(now: Instant) -> Self {
        Self { ids: Vec::new(), highest: None, window: (0, now) }
    }

    /// These sections have been agreed on.
    pub(super) fn expect(&mut self, rtc: &Rtc, mids: impl Iterator<Item = Mid>) {
        let maps = mids.filter_map(|mid| rtc.media(mid)).map(|media| media.remote_extmap());
        self.ids = maps.filter_map(|map| map.id_of(Extension::TransportSequenceNumber)).collect();
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    /// The number of a packet, counted from the first one on, if it has one.
    pub(super) fn read(&mut self, now: Instant, packet: &[u8]) -> Result<Option<u64>, Astray> {
        if now.saturating_duration_since(self.window.1) >= WINDOW {
            self.window = (self.highest.unwrap_or_default(), now);
        }
        let mut last = None;
        for (_, value) in elements(packet).filter(|(id, _)| self.ids.contains(id)) {
            let Some(&[high, low]) = value.first_chunk::<2>() else { continue };
            last = Some(self.extend(u16::from_be_bytes([high, low])).ok_or(Astray)?);
        }
        Ok(last)
    }

    /// A packet with this number was authentic.
    pub(super) fn note(&mut self, number: u64) {
        if self.highest.is_none() {
            self.window.0 = number;
        }
        self.highest = self.highest.max(Some(number));
    }

    fn extend(&self, number: u16) -> Option<u64> {
        let Some(highest) = self.highest else { return Some(number.into()) };
        let ahead = number.wrapping_sub(highest as u16).cast_signed();
        let extended = highest.checked_add_signed(ahead.into())?;
        (ahead >= -MOST_BACK && extended <= self.window.0 + MOST_IN_A_WINDOW).then_some(extended)
    }
}

/// The elements of a header extension, in the one-byte and the two-byte form (RFC 8285 §4.2, §4.3).
fn elements(packet: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let (two_bytes, mut rest) = block(packet).unwrap_or_default();
    std::iter::from_fn(move || {
        // Padding.
        while let [0, after @ ..] = rest {
            rest = after;
        }
        let (id, length, after) = match (two_bytes, rest) {
            (false, [head, after @ ..]) if head >> 4 != 15 => (head >> 4, usize::from(head & 0x0f) + 1, after),
            (true, [id, length, after @ ..]) => (*id, usize::from(*length), after),
            _ => return None,
        };
        let (value, after) = after.split_at_checked(length)?;
        rest = after;
        Some((id, value))
    })
}

/// Whether the elements have the two-byte form, and the elements (RFC 3550 §5.3.1).
fn block(packet: &[u8]) -> Option<(bool, &[u8])> {
    let first = *packet.first()?;
    if first & 0x10 == 0 {
        return None;
    }
    let (head, rest) = packet.get(12 + 4 * usize::from(first & 0x0f)..)?.split_first_chunk::<4>()?;
    let [form @ .., high, low] = *head;
    let two_bytes = match form {
        [0xbe, 0xde] => false,
        [0x10, app] if app & 0xf0 == 0 => true,
        _ => return None,
    };
    Some((two_bytes, rest.get(..4 * usize::from(u16::from_be_bytes([high, low])))?))
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    fn packet(number: u16) -> Vec<u8> {
        let [high, low] = number.to_be_bytes();
        let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 2];
        packet.extend([0x10, 9, 0, 0x31, high, low, 0, 0]);
        packet
    }

    fn numbering(now: Instant) -> Numbering {
        Numbering { ids: vec![3], ..Numbering::new(now) }
    }

    fn arrives(numbering: &mut Numbering, now: Instant, number: u16) -> bool {
        match numbering.read(now, &packet(number)) {
            Ok(number) => {
                number.into_iter().for_each(|number| numbering.note(number));
                true
            }
            Err(Astray) => false,
        }
    }

    #[test]
    fn numbers_go_on_over_the_wrap_and_never_back_beyond_the_beginning() {
        let now = VirtualClock::new().now().instant;
        let mut numbering = numbering(now);
        assert!(arrives(&mut numbering, now, 5));
        assert!(arrives(&mut numbering, now, 3));
        for beyond in [65_530, 65_535, 40_000] {
            assert!(!arrives(&mut numbering, now, beyond), "{beyond}");
        }
        for (second, number) in [20_000, 40_000, 60_000, 10_000, 9_500].into_iter().enumerate() {
            let now = now + Duration::from_secs(1 + second as u64);
            assert!(arrives(&mut numbering, now, number), "{number}");
        }
        assert_eq!(numbering.highest, Some(65_536 + 10_000));
    }

    #[test]
    fn leaps_do_not_add_up() {
        let start = VirtualClock::new().now().instant;
        let mut numbering = numbering(start);
        let mut number = 0u16;
        for step in 0..1000u32 {
            number = number.wrapping_add(30_000);
            arrives(&mut numbering, start + Duration::from_millis(10) * step, number);
        }
        let highest = numbering.highest.unwrap_or_default();
        assert!(highest <= 11 * MOST_IN_A_WINDOW, "{highest}");
    }

    #[test]
    fn both_forms_are_read_and_lies_end_the_reading() {
        let found = |packet: &[u8]| elements(packet).map(|(id, value)| (id, value.to_vec())).collect::<Vec<_>>();
        assert_eq!(found(&packet(0x0102)), [(1, vec![9]), (3, vec![1, 2])]);
        let mut two = packet(0);
        two[12..14].copy_from_slice(&[0x10, 0x00]);
        two[16..].copy_from_slice(&[3, 2, 7, 8, 0, 4, 0, 0]);
        assert_eq!(found(&two), [(3, vec![7, 8]), (4, vec![])]);
        for length in 0..packet(1).len() {
            assert!(found(&packet(1)[..length]).is_empty());
        }
        let mut lie = packet(1);
        lie[16] = 0x1f;
        assert!(found(&lie).is_empty());
    }
}
