//! Random stories of a publisher, a bad network and a viewer. What must be true of each stands beside
//! the story, in `moim_testkit::fuzz`.

use moim_testkit::fuzz;
use proptest::prelude::*;

/// Steps of a story: pictures that arrive whole, and changes of what is wanted and published.
fn calm() -> impl Strategy<Value = [u8; 2]> {
    (prop_oneof![6 => 0_u8..6, 1 => 9_u8..16], any::<u8>()).prop_map(|(what, more)| [what, more])
}

/// The same with losses, late packets and repeated ones.
fn disturbed() -> impl Strategy<Value = [u8; 2]> {
    (prop_oneof![6 => 0_u8..6, 2 => 6_u8..10, 1 => 10_u8..16], any::<u8>()).prop_map(|(what, more)| [what, more])
}

fn story(kind: u8, seed: u8, steps: &[[u8; 2]]) -> Vec<u8> {
    [kind, seed].into_iter().chain(steps.iter().flatten().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_arrives_whole_is_forwarded_without_gaps_and_can_be_decoded(
        kind in 0_u8..4, seed: u8, steps in proptest::collection::vec(calm(), 1..300)
    ) {
        fuzz::rtp_rewriting(&story(kind, seed, &steps));
    }

    #[test]
    fn losses_and_disorder_leave_numbers_unique_and_in_order(
        kind in 0_u8..4, seed: u8, steps in proptest::collection::vec(disturbed(), 1..300)
    ) {
        fuzz::rtp_rewriting(&story(kind, seed, &steps));
    }
}
