//! Who may come in, and as whom: the one shared token, and signed tokens.
//!
//! A signed token is a JWT with HS256 (RFC 7519, RFC 7518 §3.2) over the server's signing key. Its claims are [`Claims`].
//! No other algorithm is accepted, whatever the token's header says, and a `kid` means nothing.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moim_types::Redacted;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Bounds, DirectConfig};
use crate::names::{PeerId, RoomName};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// Seconds by which clocks may differ.
pub const LEEWAY_SECONDS: u64 = 30;

/// What a signed token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The room it is for; `None` is every room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The peer it is for; `None` is any.
    #[serde(default, rename = "peerId", skip_serializing_if = "Option::is_none")]
    pub peer_id: Option<String>,
    /// Unix seconds after which it is worth nothing.
    pub exp: u64,
    /// Unix seconds before which it is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Whether a registration with it replaces another's of the same `peerId`; `None` is yes. When no, it replaces
    /// only a registration made with the very same token: the same client, coming back.
    #[serde(default, rename = "takesOver", skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<bool>,
    /// Makes two tokens with equal claims differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl Claims {
    /// A token for a room until `exp` (Unix seconds), for whoever holds it.
    #[must_use]
    pub fn for_room(room: impl Into<String>, exp: u64) -> Self {
        Self { room: Some(room.into()), peer_id: None, exp, nbf: None, takes_over: None, jti: None }
    }

    /// The same for one peer alone.
    #[must_use]
    pub fn for_peer(self, peer_id: impl Into<String>) -> Self {
        Self { peer_id: Some(peer_id.into()), ..self }
    }
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

/// Why a token is not accepted. What goes outside says less: `Authentication error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("a token is needed")]
    Missing,
    /// It is neither the shared token nor one we signed.
    #[error("the token is not valid")]
    Wrong,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It is for another room.
    #[error("the token is for another room")]
    OtherRoom,
}

/// Signs `claims` with `signing_key`.
///
/// # Errors
/// When the claims or the key cannot be used, which no key of at least one byte shows.
pub fn sign(signing_key: &Redacted<Vec<u8>>, claims: &Claims) -> Result<Redacted<String>, SignError> {
    let key = EncodingKey::from_secret(signing_key.reveal());
    Ok(Redacted::new(jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)?))
}

/// What somebody who showed a good token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The room it was shown for.
    pub room: RoomName,
    /// Set: only this peer may be registered.
    pub peer: Option<PeerGrant>,
}

/// The right to be one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerGrant {
    /// The peer.
    pub peer_id: PeerId,
    /// Whether it may replace another's registration.
    pub takes_over: bool,
    /// Tells this token from others without keeping it.
    pub mark: TokenMark,
}

/// A digest that tells tokens apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenMark([u8; 16]);

impl TokenMark {
    /// The mark of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let digest = Sha256::digest(token.as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&digest[..16]);
        Self(mark)
    }
}

/// What a good token is, before it is looked at for one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The shared token, or no token where none is needed.
    Shared,
    /// A signed one.
    Signed(Claims),
}

/// The keys, and the one place that compares with them.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    token: Option<Redacted<String>>,
    signing_key: Redacted<Vec<u8>>,
    open: bool,
}

impl Authority {
    pub(crate) fn new(config: &DirectConfig) -> Self {
        Self {
            token: config.token.clone(),
            signing_key: config.signing_key.clone(),
            open: config.dev && config.token.is_none(),
        }
    }

    pub(crate) const fn signing_key(&self) -> &Redacted<Vec<u8>> {
        &self.signing_key
    }

    /// Checks a token at `now` (Unix seconds).
    pub(crate) fn check(&self, token: Option<&str>, now: u64) -> Result<Credential, TokenError> {
        let token = token.unwrap_or_default();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Wrong);
        }
        if self.is_shared_token(token) {
            return Ok(Credential::Shared);
        }
        match self.claims(token, now) {
            Ok(claims) => Ok(Credential::Signed(claims)),
            Err(_) if self.open => Ok(Credential::Shared),
            Err(_) if token.is_empty() => Err(TokenError::Missing),
            Err(error) => Err(error),
        }
    }

    /// Checks a token for a room. Without `room` it is the token's own, or the room without a name.
    pub(crate) fn admit(
        &self,
        token: Option<&str>,
        room: Option<&RoomName>,
        bounds: &Bounds,
        now: u64,
    ) -> Result<Grant, TokenError> {
        let claims = match self.check(token, now)? {
            Credential::Shared => {
                return Ok(Grant { room: room_or_unnamed(room, bounds)?, peer: None });
            }
            Credential::Signed(claims) => claims,
        };
        let peer = match &claims.peer_id {
            None => None,
            Some(id) => Some(PeerGrant {
                peer_id: PeerId::new(id, bounds).map_err(|_| TokenError::Wrong)?,
                takes_over: claims.takes_over != Some(false),
                mark: TokenMark::of(token.unwrap_or_default()),
            }),
        };
        let room = match (&claims.room, room) {
            (None, room) => room_or_unnamed(room, bounds)?,
            (Some(claimed), None) => RoomName::new(claimed, bounds).map_err(|_| TokenError::Wrong)?,
            (Some(claimed), Some(room)) if claimed == room.as_str() => room.clone(),
            (Some(_), Some(_)) => return Err(TokenError::OtherRoom),
        };
        Ok(Grant { room, peer })
    }

    /// Comparing digests takes the same time for every token, right or wrong, long or short.
    fn is_shared_token(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|shared| {
            let right = Sha256::digest(shared.reveal().as_bytes());
            bool::from(Sha256::digest(token.as_bytes()).ct_eq(&right)) && !token.is_empty()
        })
    }

    fn claims(&self, token: &str, now: u64) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp"]);
        // Time is an argument here; the library would read the clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(self.signing_key.reveal());
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| TokenError::Wrong)?.claims;
        if claims.exp.saturating_add(LEEWAY_SECONDS) < now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf > now.saturating_add(LEEWAY_SECONDS)) {
            return Err(TokenError::Wrong);
        }
        Ok(claims)
    }
}

fn room_or_unnamed(room: Option<&RoomName>, bounds: &Bounds) -> Result<RoomName, TokenError> {
    room.cloned().map_or_else(|| RoomName::new("", bounds).map_err(|_| TokenError::Wrong), Ok)
}

#[cfg(test)]
mod tests;
