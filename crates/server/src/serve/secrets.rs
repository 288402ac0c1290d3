//! Secrets that nobody set: made at the start, gone at the end.

use anyhow::Context as _;
use moim_types::Redacted;

/// A key that only this process knows.
pub(super) fn random_key() -> anyhow::Result<Redacted<Vec<u8>>> {
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).context("the system has no random numbers")?;
    Ok(Redacted::new(key))
}

/// The same as text.
pub(super) fn random_secret() -> anyhow::Result<Redacted<String>> {
    let key = random_key()?;
    Ok(Redacted::new(key.reveal().iter().map(|byte| format!("{byte:02x}")).collect()))
}
