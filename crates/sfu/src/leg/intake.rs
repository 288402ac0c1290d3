//! How much the remote side has said so far, over all of its session descriptions together: each of
//! them may be small, and name things that no one before it named.

use std::collections::BTreeSet;

use crate::Bounds;

use super::offer_text::has_address;

/// What was taken in, and how much more may be.
#[derive(Debug)]
pub(super) struct Intake {
    bounds: Bounds,
    /// The remote user fragment: candidates belong to it (RFC 8445 §9).
    fragment: String,
    /// Candidates since the last ICE restart.
    candidates: BTreeSet<String>,
    /// SSRCs that session descriptions declared, ever: the library keeps a stream for each of them.
    streams: BTreeSet<u32>,
}

/// A candidate is a short line; extensions make it longer (RFC 8839 §5.1).
const MOST_CANDIDATE_BYTES: usize = 512;

impl Intake {
    pub(super) const fn new(bounds: Bounds) -> Self {
        Self { bounds, fragment: String::new(), candidates: BTreeSet::new(), streams: BTreeSet::new() }
    }

    pub(super) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// A session description names this user fragment. Another one than before is an ICE restart.
    pub(super) fn name(&mut self, fragment: &str) {
        if self.fragment != fragment {
            fragment.clone_into(&mut self.fragment);
            self.restart();
        }
    }

    /// Candidates of before mean nothing any more.
    pub(super) fn restart(&mut self) {
        self.candidates.clear();
    }

    /// Whether a candidate is to be used. Only addresses are: a name would have to be resolved, and whoever
    /// may make a server resolve names may make it ask his own name server.
    pub(super) fn takes_candidate(&mut self, candidate: &str) -> bool {
        // With rtcp-mux there is one component; Firefox gathers for two before it knows that.
        let component = candidate.split(' ').nth(1);
        if candidate.len() > MOST_CANDIDATE_BYTES || component != Some("1") || !has_address(candidate) {
            return false;
        }
        // `candidate:foundation component transport priority address port typ host …`; what stands behind that
        // differs between a description and what was trickled before it.
        let known = candidate.split(' ').take(8).collect::<Vec<_>>().join(" ");
        if self.candidates.len() < self.bounds.remote_candidates {
            self.candidates.insert(known);
            return true;
        }
        self.candidates.contains(&known)
    }

    /// Whether these SSRCs are not too many, together with all that were declared before.
    pub(super) fn takes_streams(&mut self, declared: &BTreeSet<u32>) -> bool {
        let new = declared.difference(&self.streams).count();
        if self.streams.len() + new > self.bounds.remote_streams {
            return false;
        }
        self.streams.extend(declared);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(candidates: usize, streams: usize) -> Intake {
        Intake::new(Bounds { remote_candidates: candidates, remote_streams: streams, ..Bounds::default() })
    }

    fn candidate(port: u16) -> String {
        format!("candidate:1 1 udp 2113929471 203.0.113.100 {port} typ host")
    }

    #[test]
    fn candidates_count_once_and_anew_after_a_restart() {
        let mut intake = intake(2, 0);
        intake.name("a");
        assert!(intake.takes_candidate(&candidate(1)) && intake.takes_candidate(&candidate(2)));
        assert!(!intake.takes_candidate(&candidate(3)));
        assert!(intake.takes_candidate(&(candidate(1) + " generation 0 network-id 1")), "it is known");
        assert!(!intake.takes_candidate(&candidate(1).replace("2113929471", "5")), "the library would keep both");
        intake.name("a");
        assert!(!intake.takes_candidate(&candidate(3)), "nothing was restarted");
        intake.name("b");
        assert!(intake.takes_candidate(&candidate(3)));
    }

    #[test]
    fn names_and_endless_lines_are_no_candidates() {
        let mut intake = intake(2, 0);
        for bad in [
            "candidate:1 1 udp 1 7a5b.local 9 typ host",
            "candidate:1 1 udp 1 internal.example 9 typ host",
            "candidate:1 2 udp 2113929471 203.0.113.100 9 typ host",
            "candidate:",
            "",
            &(candidate(1) + &" x".repeat(300)),
        ] {
            assert!(!intake.takes_candidate(bad), "{bad}");
        }
    }

    #[test]
    fn streams_add_up_over_descriptions() {
        let mut intake = intake(0, 3);
        assert!(intake.takes_streams(&BTreeSet::from([1, 2])));
        assert!(intake.takes_streams(&BTreeSet::from([1, 2, 3])), "only one is new");
        assert!(!intake.takes_streams(&BTreeSet::from([4])));
        assert!(intake.takes_streams(&BTreeSet::from([3])));
    }
}
