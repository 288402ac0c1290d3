//! What the fuzzer found interesting once is tried again in every test run.

use std::path::PathBuf;

use moim_testkit::fuzz;

fn replay(name: &str, target: fn(&[u8])) {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    assert!(fuzz::replay(&corpus, target) > 0, "{} is empty", corpus.display());
}

#[test]
fn messages_of_the_corpus_break_nothing() {
    replay("turn_messages", fuzz::turn_messages);
}

#[test]
fn operations_of_the_corpus_break_nothing() {
    replay("turn_operations", fuzz::turn_operations);
}

#[test]
fn streams_of_the_corpus_are_cut_the_same_way_however_they_arrive() {
    replay("turn_framing", fuzz::turn_framing);
}
