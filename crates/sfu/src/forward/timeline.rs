//! Timestamps that go on as if there were one source.

use std::time::Instant;

use crate::MediaPacket;

/// Maps the timestamps of one source after the other to one line.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Incoming minus outgoing timestamp. It wraps.
    offset: u64,
    last: Option<Last>,
    /// How many ticks the line is ahead of the sender's clock, because a frame may not have the
    /// time of the frame before. Taken back at the next change of source.
    ahead: i64,
}

/// The latest frame of the outgoing line.
#[derive(Debug, Clone, Copy)]
struct Last {
    encoding: u8,
    received: Instant,
    incoming: u64,
    sender_clock: Option<(Instant, u64)>,
    out: u64,
}

impl Timeline {
    /// Goes on with another source, or with the same one after a pause. `packet` is its first.
    pub(super) fn begin(&mut self, packet: &MediaPacket) {
        let Some(last) = self.last else { return };
        let rate = i64::from(packet.codec.clock_rate());
        let elapsed = elapsed(&last, packet, rate) - self.ahead;
        // A new frame needs a new timestamp, even where two encodings show the same moment.
        let step = elapsed.max(rate / 1000);
        self.ahead = (step - elapsed).min(rate);
        self.offset = packet.timestamp.wrapping_sub(last.out.wrapping_add(step as u64));
    }

    /// The outgoing timestamp. `newest` says that the packet comes after all others.
    pub(super) fn place(&mut self, packet: &MediaPacket, newest: bool) -> u32 {
        let out = packet.timestamp.wrapping_sub(self.offset);
        // A timestamp that goes back is a frame that is shown before the one it needs.
        let later = self.last.is_none_or(|last| out.wrapping_sub(last.out) as i64 > 0);
        if newest && later {
            self.last = Some(Last {
                encoding: packet.encoding,
                received: packet.received,
                incoming: packet.timestamp,
                sender_clock: packet.sender_clock,
                out,
            });
        }
        out as u32
    }
}

/// How many ticks lie between two frames: by the encoding's own timestamps where it is the same one,
/// else by the sender's clock. Whatever is further from the time of arrival than the network can
/// explain is not believed.
fn elapsed(last: &Last, packet: &MediaPacket, rate: i64) -> i64 {
    let by_arrival = ticks(last.received, packet.received, rate).max(0);
    let believable = |ticks: &i64| ticks.saturating_sub(by_arrival).saturating_abs() <= rate * 2;
    let own = (last.encoding == packet.encoding).then(|| packet.timestamp.wrapping_sub(last.incoming) as i64);
    own.filter(believable).or_else(|| by_sender_clock(last, packet, rate).filter(believable)).unwrap_or(by_arrival)
}

/// Example: two encodings whose clocks read 1000 and 501000 at the same moment; a frame at 4000 of
/// the first and one at 507000 of the second are 3000 ticks apart.
fn by_sender_clock(last: &Last, packet: &MediaPacket, rate: i64) -> Option<i64> {
    let ((then, at_then), (now, at_now)) = (last.sender_clock?, packet.sender_clock?);
    let before = last.incoming.wrapping_sub(at_then) as i64;
    let after = packet.timestamp.wrapping_sub(at_now) as i64;
    Some(ticks(then, now, rate).saturating_add(after).saturating_sub(before))
}

fn ticks(from: Instant, to: Instant, rate: i64) -> i64 {
    let count = |duration: std::time::Duration| (duration.as_micros() * rate as u128 / 1_000_000) as i64;
    match to.checked_duration_since(from) {
        Some(later) => count(later),
        None => -count(from.duration_since(to)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::forward::testing::{Stream, epoch};

    fn at(milliseconds: u64) -> Instant {
        epoch() + Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_first_source_keeps_its_timestamps() {
        let mut line = Timeline::default();
        let mut stream = Stream::video(0);
        stream.timestamp = 0x1_2345_6789;
        let packet = stream.packet();
        line.begin(&packet);
        assert_eq!(line.place(&packet, true), 0x2345_6789);
    }

    #[test]
    fn the_sender_clock_aligns_encodings() {
        let mut line = Timeline::default();
        let (mut low, mut high) = (Stream::video(0).packet(), Stream::video(1).packet());
        (low.timestamp, low.sender_clock, low.received) = (4000, Some((at(0), 1000)), at(140));
        (high.timestamp, high.sender_clock, high.received) = (507_000, Some((at(0), 501_000)), at(190));
        line.begin(&low);
        assert_eq!(line.place(&low, true), 4000);
        line.begin(&high);
        assert_eq!(line.place(&high, true), 7000, "not the 50 ms between the arrivals");
    }

    #[test]
    fn without_sender_clocks_arrival_decides() {
        let mut line = Timeline::default();
        let (mut low, mut high) = (Stream::video(0).packet(), Stream::video(1).packet());
        (low.timestamp, low.received) = (4000, at(100));
        (high.timestamp, high.received) = (900_000, at(150));
        line.place(&low, true);
        line.begin(&high);
        assert_eq!(line.place(&high, true), 4000 + 50 * 90);
    }

    #[test]
    fn a_sender_clock_out_of_reason_is_not_believed() {
        let mut line = Timeline::default();
        let (mut low, mut high) = (Stream::video(0).packet(), Stream::video(1).packet());
        (low.timestamp, low.sender_clock, low.received) = (4000, Some((at(0), u64::MAX / 3)), at(100));
        (high.timestamp, high.sender_clock, high.received) = (5000, Some((at(999_999), 7)), at(150));
        line.place(&low, true);
        line.begin(&high);
        assert_eq!(line.place(&high, true), 4000 + 50 * 90);
    }

    #[test]
    fn the_same_moment_again_becomes_a_little_later_and_is_made_good() {
        let mut line = Timeline::default();
        let (mut low, mut high) = (Stream::video(0).packet(), Stream::video(1).packet());
        (low.timestamp, low.sender_clock, low.received) = (9000, Some((at(0), 0)), at(100));
        (high.timestamp, high.sender_clock, high.received) = (9000, Some((at(0), 0)), at(100));
        line.place(&low, true);
        line.begin(&high);
        assert_eq!(line.place(&high, true), 9090);
        (low.timestamp, low.received) = (12_000, at(133));
        line.begin(&low);
        assert_eq!(line.place(&low, true), 12_000, "back on the sender's clock");
    }

    #[test]
    fn a_pause_takes_as_long_as_it_took() {
        let mut line = Timeline::default();
        let mut packet = Stream::video(0).packet();
        (packet.timestamp, packet.received) = (9000, at(100));
        line.place(&packet, true);
        (packet.timestamp, packet.received) = (9000 + 900_000, at(10_120));
        line.begin(&packet);
        assert_eq!(line.place(&packet, true), 909_000, "by its own timestamps");
        (packet.timestamp, packet.received) = (55, at(11_120));
        line.begin(&packet);
        assert_eq!(line.place(&packet, true), 909_000 + 90_000, "started anew: by arrival");
    }
}
