//! Remembers which of the last numbers were seen.

/// How far back.
pub(super) const REACH: u64 = 1024;

/// A bit for each of the last [`REACH`] numbers.
#[derive(Debug)]
pub(super) struct Window {
    bits: [u64; (REACH / 64) as usize],
    newest: Option<u64>,
}

impl Default for Window {
    fn default() -> Self {
        Self { bits: [0; (REACH / 64) as usize], newest: None }
    }
}

impl Window {
    /// Nothing seen, and nothing before `first` will count as new.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// Whether the number lies so far back that nothing is known about it.
    pub(super) fn forgot(&self, number: u64) -> bool {
        self.newest.is_some_and(|newest| newest >= number + REACH)
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.newest.is_some_and(|newest| number <= newest) && !self.forgot(number) && {
            let (word, bit) = place(number);
            self.bits[word] & bit != 0
        }
    }

    pub(super) fn insert(&mut self, number: u64) {
        if self.forgot(number) {
            return;
        }
        match self.newest {
            Some(newest) if number <= newest => {}
            Some(newest) if number - newest >= REACH => self.bits = [0; (REACH / 64) as usize],
            Some(newest) => (newest + 1..number).for_each(|between| self.clear(between)),
            None => {}
        }
        self.newest = self.newest.max(Some(number));
        let (word, bit) = place(number);
        self.bits[word] |= bit;
    }

    fn clear(&mut self, number: u64) {
        let (word, bit) = place(number);
        self.bits[word] &= !bit;
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % REACH;
    ((at / 64) as usize, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_known_within_reach() {
        let mut window = Window::default();
        for number in [10, 12, 11, 900, 1033] {
            assert!(!window.contains(number), "{number}");
            window.insert(number);
            assert!(window.contains(number), "{number}");
        }
        assert!(!window.contains(899) && !window.contains(1034));
        assert!(window.contains(10), "1023 back is within reach");
        window.insert(1034);
        assert!(window.forgot(10) && !window.contains(10) && window.contains(11));
        window.insert(50_000);
        assert!(!window.contains(50_000 - 1024 + 10));
        window.insert(3);
        assert!(!window.contains(3), "too old to be remembered");
    }
}
