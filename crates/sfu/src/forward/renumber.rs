//! Maps the numbers of a stream to numbers without the gaps that dropping leaves.
//!
//! Numbers that were never seen keep their place: what is missing may arrive late, and a viewer who
//! sees the gap asks for it. Numbers that were dropped lose their place, so that nobody asks.

use std::collections::VecDeque;

/// Runs of dropped numbers that are remembered, for what arrives late.
const MOST_RUNS: usize = 128;

/// Why a number has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// It lies before all that is known.
    TooOld,
    /// It was dropped, and its place was closed.
    Closed,
}

/// A mapping that goes on over changes of the source.
#[derive(Debug, Default)]
pub(super) struct Renumber {
    /// The newest number of the source, or the one before its first.
    newest: u64,
    /// Incoming minus outgoing number, for numbers after the last run. It wraps.
    offset: u64,
    runs: VecDeque<Run>,
    /// Numbers below it have no place.
    horizon: u64,
}

/// Numbers dropped one after the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u64,
    /// The number after the last one.
    end: u64,
    /// The offset for the numbers before.
    offset: u64,
}

impl Renumber {
    /// Goes on with another source: `number` becomes `out`, and what is before it has no place.
    pub(super) fn begin(&mut self, number: u64, out: u64) {
        self.newest = number.wrapping_sub(1);
        self.offset = number.wrapping_sub(out);
        self.runs.clear();
        self.horizon = number;
    }

    /// The outgoing number that a source would begin with which takes over now.
    pub(super) fn next_out(&self) -> u64 {
        self.newest.wrapping_add(1).wrapping_sub(self.offset)
    }

    /// Whether `number` comes after all that was seen of the source.
    pub(super) fn is_new(&self, number: u64) -> bool {
        number >= self.horizon && number > self.newest || number == self.newest.wrapping_add(1)
    }

    /// The outgoing number. The same one again for the same number.
    pub(super) fn place(&mut self, number: u64) -> Result<u64, Misplaced> {
        if self.is_new(number) {
            self.newest = number;
            return Ok(number.wrapping_sub(self.offset));
        }
        self.find(number)
    }

    /// The outgoing number of one that is not new.
    pub(super) fn find(&self, number: u64) -> Result<u64, Misplaced> {
        if number < self.horizon {
            return Err(Misplaced::TooOld);
        }
        let mut offset = self.offset;
        for run in self.runs.iter().rev() {
            if number >= run.end {
                break;
            }
            if number >= run.first {
                return Err(Misplaced::Closed);
            }
            offset = run.offset;
        }
        Ok(number.wrapping_sub(offset))
    }

    /// Closes the place of a new number that is dropped. Does nothing to others: their place has
    /// been given out, or kept.
    pub(super) fn close(&mut self, number: u64) {
        if !self.is_new(number) {
            return;
        }
        self.newest = number;
        match self.runs.back_mut() {
            Some(run) if run.end == number => run.end = number + 1,
            _ => self.push(Run { first: number, end: number.saturating_add(1), offset: self.offset }),
        }
        self.offset = self.offset.wrapping_add(1);
    }

    fn push(&mut self, run: Run) {
        if self.runs.len() == MOST_RUNS
            && let Some(oldest) = self.runs.pop_front()
        {
            self.horizon = oldest.end;
        }
        self.runs.push_back(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Renumber {
        let mut numbers = Renumber::default();
        numbers.begin(100, 1);
        numbers
    }

    #[test]
    fn dropped_numbers_leave_no_gap_and_missing_ones_do() {
        let mut numbers = begun();
        assert_eq!([100, 101].map(|number| numbers.place(number)), [Ok(1), Ok(2)]);
        numbers.close(102);
        numbers.close(103);
        assert_eq!(numbers.place(104), Ok(3));
        assert_eq!(numbers.place(106), Ok(5), "105 may still come");
        assert_eq!(numbers.next_out(), 6);
    }

    #[test]
    fn late_numbers_find_their_place() {
        let mut numbers = begun();
        for number in [100, 102, 105, 107] {
            numbers.place(number).unwrap();
            numbers.close(number + 1);
        }
        // In: 100 -101 102 -103 (104) 105 -106 107 -108. Out: 1, 2, (3), 4, 5.
        let found: Vec<_> = (99..=108).map(|number| numbers.find(number)).collect();
        let (old, closed) = (Err(Misplaced::TooOld), Err(Misplaced::Closed));
        assert_eq!(found, [old, Ok(1), closed, Ok(2), closed, Ok(3), Ok(4), closed, Ok(5), closed]);
    }

    #[test]
    fn another_source_goes_on_where_the_last_one_was() {
        let mut numbers = begun();
        numbers.place(100).unwrap();
        numbers.close(101);
        let next = numbers.next_out();
        numbers.begin(7, next);
        assert_eq!((numbers.place(7), numbers.place(8), numbers.find(6)), (Ok(2), Ok(3), Err(Misplaced::TooOld)));
    }

    #[test]
    fn only_so_many_runs_are_remembered() {
        let mut numbers = begun();
        for number in 0..1000 {
            numbers.place(100 + number * 2).unwrap();
            numbers.close(101 + number * 2);
        }
        assert!(numbers.runs.len() <= MOST_RUNS);
        assert_eq!(numbers.find(100), Err(Misplaced::TooOld));
        assert_eq!(numbers.find(2098), Ok(1000));
    }

    #[test]
    fn the_first_number_of_all_has_a_place() {
        let mut numbers = Renumber::default();
        numbers.begin(0, 5);
        assert_eq!((numbers.place(0), numbers.place(1)), (Ok(5), Ok(6)));
    }
}
