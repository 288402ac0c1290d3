//! Packets on their way out, gathered while they go to one place and have one size.
//!
//! One kernel call is nearly all that relaying a packet costs, so a run of packets for one
//! destination leaves in one call. Whoever fills this must [`Egress::flush`] at the end of a batch.

/// A run of packets that is ready to leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'e, D> {
    pub(crate) destination: D,
    pub(crate) contents: &'e [u8],
    pub(crate) segment: usize,
}

/// The kernel takes no more than this in one call.
const LONGEST_RUN: usize = 65_000;

/// Gathers packets for one destination at a time. `D` is whatever tells destinations apart.
#[derive(Debug)]
pub(crate) struct Egress<D> {
    contents: Vec<u8>,
    destination: Option<D>,
    segment: usize,
    packets: usize,
    most_packets: usize,
    /// A shorter packet ends a run: only the last one may be shorter (`UDP_SEGMENT`).
    complete: bool,
}

impl<D: Copy + PartialEq> Egress<D> {
    pub(crate) fn new(most_packets: usize) -> Self {
        Self {
            contents: Vec::with_capacity(LONGEST_RUN + 1),
            destination: None,
            segment: 0,
            packets: 0,
            most_packets,
            complete: false,
        }
    }

    /// Changes how many packets may leave together.
    pub(crate) const fn set_most_packets(&mut self, most_packets: usize) {
        self.most_packets = most_packets;
    }

    /// Appends a packet made of `parts`. Where it cannot join the run, the run is given to `send` first.
    pub(crate) fn push(&mut self, destination: D, parts: &[&[u8]], send: impl FnOnce(Run<'_, D>)) {
        let length = parts.iter().map(|part| part.len()).sum();
        if !self.takes(destination, length) {
            self.flush(send);
        }
        if self.packets == 0 {
            self.destination = Some(destination);
            self.segment = length;
        }
        for part in parts {
            self.contents.extend_from_slice(part);
        }
        self.packets += 1;
        self.complete = length < self.segment || length == 0;
    }

    /// Gives what is gathered to `send`.
    pub(crate) fn flush(&mut self, send: impl FnOnce(Run<'_, D>)) {
        if let Some(destination) = self.destination.take() {
            send(Run { destination, contents: &self.contents, segment: self.segment.max(1) });
        }
        self.contents.clear();
        self.packets = 0;
        self.complete = false;
    }

    fn takes(&self, destination: D, length: usize) -> bool {
        self.packets > 0
            && self.destination == Some(destination)
            && !self.complete
            && length <= self.segment
            && self.packets < self.most_packets
            && self.contents.len() + length <= LONGEST_RUN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds packets of these (port, length) and returns the runs as (port, bytes, segment).
    fn runs(packets: &[(u16, usize)], most: usize) -> Vec<(u16, usize, usize)> {
        let mut egress = Egress::new(most);
        let mut runs = Vec::new();
        for &(port, length) in packets {
            let packet = vec![7; length];
            egress.push(port, &[&packet], |run| {
                runs.push((run.destination, run.contents.len(), run.segment));
            });
        }
        egress.flush(|run| runs.push((run.destination, run.contents.len(), run.segment)));
        runs
    }

    #[test]
    fn packets_of_one_size_to_one_place_leave_together() {
        assert_eq!(runs(&[(1, 100), (1, 100), (1, 100)], 64), [(1, 300, 100)]);
    }

    #[test]
    fn a_shorter_packet_ends_the_run_and_a_longer_one_starts_another() {
        assert_eq!(runs(&[(1, 100), (1, 40), (1, 40)], 64), [(1, 140, 100), (1, 40, 40)]);
        assert_eq!(runs(&[(1, 100), (1, 101)], 64), [(1, 100, 100), (1, 101, 101)]);
    }

    #[test]
    fn another_place_starts_another_run() {
        assert_eq!(runs(&[(1, 100), (2, 100), (1, 100)], 64), [(1, 100, 100), (2, 100, 100), (1, 100, 100)]);
    }

    #[test]
    fn a_run_stays_within_the_kernels_limits() {
        assert_eq!(runs(&[(1, 10); 5], 2), [(1, 20, 10), (1, 20, 10), (1, 10, 10)]);
        assert_eq!(runs(&[(1, 40_000), (1, 40_000)], 64), [(1, 40_000, 40_000), (1, 40_000, 40_000)]);
    }

    #[test]
    fn an_empty_packet_travels_alone() {
        assert_eq!(runs(&[(1, 0), (1, 0)], 64), [(1, 0, 1), (1, 0, 1)]);
    }
}
