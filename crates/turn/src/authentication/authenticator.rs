//! The long-term credential mechanism (RFC 8489 §9.2), from the server's side.

use std::time::Instant;

use moim_types::Now;
use stun_types::attribute::{AttributeStaticType as _, MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::Message;

use crate::address::FiveTuple;
use crate::authentication::credentials::{Credentials, Key};
use crate::authentication::integrity;
use crate::authentication::nonce::{NonceCheck, Nonces};
use crate::messages::reply::Refusal;
use crate::stats::ErrorAnswer;

/// Proof that a request was signed by a user that this server knows. Only [`Authenticator`] makes it.
#[derive(Debug)]
pub(crate) struct Authenticated {
    username: String,
    key: Key,
}

impl Authenticated {
    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// A refusal that this user can trust, since it is signed.
    pub(crate) const fn refuse(&self, answer: ErrorAnswer) -> Refusal {
        Refusal::Signed(answer, self.key)
    }
}

/// Who holds the allocation of this five-tuple already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder<'a> {
    pub(crate) username: &'a str,
    pub(crate) key: Key,
}

#[derive(Debug)]
pub(crate) struct Authenticator {
    realm: String,
    credentials: Credentials,
    nonces: Nonces,
}

impl Authenticator {
    pub(crate) const fn new(realm: String, credentials: Credentials, nonces: Nonces) -> Self {
        Self { realm, credentials, nonces }
    }

    pub(crate) fn realm(&self) -> &str {
        &self.realm
    }

    pub(crate) fn nonce(&self, now: Instant, five_tuple: &FiveTuple) -> String {
        self.nonces.make(now, five_tuple)
    }

    pub(crate) fn replace_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
    }

    /// Checks in the order of RFC 8489 §9.2.4.
    ///
    /// The holder of an allocation goes on signing with the key he allocated with: his credential
    /// may expire, and the place where users are kept may be away, without a call being cut.
    pub(crate) fn authenticate(
        &self,
        now: Now,
        five_tuple: &FiveTuple,
        request: &Message<'_>,
        holder: Option<Holder<'_>>,
    ) -> Result<Authenticated, Refusal> {
        if !request.has_attribute(MessageIntegrity::TYPE) {
            return Err(Refusal::Challenge(ErrorAnswer::Unauthenticated));
        }
        let (Ok(username), Ok(realm), Ok(nonce)) =
            (request.attribute::<Username>(), request.attribute::<Realm>(), request.attribute::<Nonce>())
        else {
            return Err(Refusal::Unsigned(ErrorAnswer::BadRequest));
        };
        if self.nonces.check(now.instant, five_tuple, nonce.nonce()) == NonceCheck::Stale {
            return Err(Refusal::Challenge(ErrorAnswer::StaleNonce));
        }
        let username = username.username();
        match self.signing_key(now, username, request, holder) {
            Some(key) if realm.realm() == self.realm => self.admit(username, key, holder),
            _ => Err(Refusal::Challenge(ErrorAnswer::Unauthenticated)),
        }
    }

    /// The key that signed this request, if it is one of the user's.
    fn signing_key(&self, now: Now, username: &str, request: &Message<'_>, holder: Option<Holder<'_>>) -> Option<Key> {
        if let Some(holder) = holder.filter(|holder| holder.username == username) {
            return integrity::verify(request, &holder.key).then_some(holder.key);
        }
        match self.credentials.keys(username, &self.realm, now.unix.as_secs()) {
            Ok(keys) => keys.into_iter().find(|key| integrity::verify(request, key)),
            Err(_) => {
                // A user that does not exist costs the same as one that does, so that the time of
                // the answer names nobody.
                let _ = integrity::verify(request, &Key::derive(username, &self.realm, ""));
                None
            }
        }
    }

    fn admit(&self, username: &str, key: Key, holder: Option<Holder<'_>>) -> Result<Authenticated, Refusal> {
        match holder {
            Some(holder) if holder.username != username => Err(Refusal::Signed(ErrorAnswer::WrongCredentials, key)),
            _ => Ok(Authenticated { username: username.to_owned(), key }),
        }
    }
}
