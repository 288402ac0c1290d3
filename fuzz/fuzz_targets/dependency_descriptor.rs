#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| moim_testkit::fuzz::dependency_descriptor(data));
