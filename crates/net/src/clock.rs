//! The real clocks and the real randomness; nobody below the shells reads either.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use moim_types::Now;

/// Reads both clocks.
#[must_use]
pub fn now() -> Now {
    // A wall clock before 1970 is broken; credentials then count as not yet expired.
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now { instant: Instant::now(), unix }
}

/// A seed from the system's random numbers.
///
/// # Errors
/// When the system has none to give.
pub fn seed() -> std::io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
    Ok(seed)
}
