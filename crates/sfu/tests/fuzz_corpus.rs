//! What the fuzzer found interesting once is tried again in every test run.

use std::path::PathBuf;

use moim_testkit::fuzz;

fn replay(name: &str, target: fn(&[u8])) {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    assert!(fuzz::replay(&corpus, target) > 0, "{} is empty", corpus.display());
}

#[test]
fn descriptors_of_the_corpus_break_nothing() {
    replay("dependency_descriptor", fuzz::dependency_descriptor);
}

#[test]
fn stories_of_the_corpus_break_nothing() {
    replay("rtp_rewriting", fuzz::rtp_rewriting);
}

#[test]
fn offers_of_the_corpus_break_nothing() {
    replay("sdp_offer", fuzz::sdp_offer);
}

#[test]
fn answers_of_the_corpus_break_nothing() {
    replay("sdp_answer", fuzz::sdp_answer);
}
