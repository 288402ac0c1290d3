//! Keys and revocations together: the one place that says whether a token is good.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Grants, Keys, RevokedTokens, TokenError};

/// How many people who were sent away are remembered.
const MOST_REVOKED: usize = 10_000;

/// Checks tokens. Cheap to clone; all clones know the same revocations.
#[derive(Debug, Clone)]
pub struct Authority {
    keys: Arc<Keys>,
    revoked: Arc<Mutex<RevokedTokens>>,
}

impl Authority {
    /// With these keys, and nothing revoked.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys: Arc::new(keys), revoked: Arc::new(Mutex::new(RevokedTokens::new(MOST_REVOKED))) }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What the holder of a token may do; `now` is the time since 1970.
    ///
    /// # Errors
    /// When the token is not good.
    pub fn admit(&self, token: &str, now: Duration) -> Result<Grants, TokenError> {
        let grants = self.keys.verify(token, now)?;
        if self.revoked().has(&grants) { Err(TokenError::Revoked) } else { Ok(grants) }
    }

    /// Refuses tokens of `identity` for `room` that were made before `since` (since 1970).
    pub fn revoke(&self, room: &str, identity: &str, since: Duration) {
        self.revoked().revoke(room, identity, since);
    }

    /// The map is whole between its methods, so another thread's panic does not spoil it.
    fn revoked(&self) -> std::sync::MutexGuard<'_, RevokedTokens> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time since 1970, for those who check and make tokens.
pub(crate) fn unix_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
