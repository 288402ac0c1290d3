#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| moim_door_livekit::fuzz::signal_messages(data));
