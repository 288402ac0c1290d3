#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| moim_testkit::fuzz::sdp_answer(data));
