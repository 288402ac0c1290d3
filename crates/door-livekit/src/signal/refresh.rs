//! Tokens with which a client comes back: what it may do now, signed anew.

use std::time::Duration;

use moim_room::Participant;

use crate::token::{Authority, Grants, SignError};

/// What the token said with which a client came in.
#[derive(Debug)]
pub(crate) struct Credentials {
    grants: Grants,
    lifetime: Duration,
}

impl Credentials {
    /// Of a token that was good at `now` (since 1970).
    pub(crate) fn new(grants: Grants, now: Duration) -> Self {
        let since = if grants.issued.is_zero() { now } else { grants.issued };
        let lifetime = grants.expires.saturating_sub(since).max(SHORTEST);
        Self { grants, lifetime }
    }

    /// A new token for the same holder.
    pub(crate) fn refresh(&self, authority: &Authority, me: &Participant, now: Duration) -> Result<String, SignError> {
        let grants = Grants {
            name: me.name.clone(),
            metadata: me.metadata.clone(),
            attributes: me.attributes.clone(),
            video: self.grants.video.as_ref().map(|video| video.with_permissions(&me.permissions)),
            ..self.grants.clone()
        };
        let token = authority.keys().sign(&self.grants.key, &grants, now, self.lifetime)?;
        Ok(token.reveal().clone())
    }
}

/// Long enough to notice a lost network and come back.
const SHORTEST: Duration = Duration::from_secs(10 * 60);
