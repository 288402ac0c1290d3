//! Who may allocate: long-term users, and time-limited credentials made from a shared secret.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac as _};
use md5::{Digest as _, Md5};
use moim_types::Redacted;
use sha1::Sha1;

/// The key of the long-term credential mechanism: MD5(username ":" realm ":" password) (RFC 8489 §9.2.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// Derives the key.
    #[must_use]
    pub fn derive(username: &str, realm: &str, password: &str) -> Self {
        let mut digest = Md5::new();
        for part in [username, ":", realm, ":", password] {
            digest.update(part.as_bytes());
        }
        Self(digest.finalize().into())
    }

    /// The key's bytes, for the HMAC alone.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// The users that this server knows.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    passwords: HashMap<String, Redacted<String>>,
    shared_secrets: Vec<Redacted<String>>,
}

/// Why no key exists for a username. The client is told the same for both: 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialRefusal {
    /// Nobody of that name.
    UnknownUser,
    /// A time-limited username whose time is over.
    Expired,
}

impl Credentials {
    /// Users with passwords, and secrets for time-limited credentials. Any of the secrets is valid,
    /// so that one can be replaced by another while both are in use.
    pub fn new(
        users: impl IntoIterator<Item = (String, Redacted<String>)>,
        shared_secrets: Vec<Redacted<String>>,
    ) -> Self {
        Self {
            passwords: users.into_iter().collect(),
            shared_secrets: shared_secrets.into_iter().filter(|secret| !secret.reveal().is_empty()).collect(),
        }
    }

    /// The keys under which `username` may sign now, most likely first.
    ///
    /// A time-limited username is `expiry` or `expiry:name`, with the expiry in Unix seconds.
    pub(crate) fn keys(&self, username: &str, realm: &str, unix_seconds: u64) -> Result<Vec<Key>, CredentialRefusal> {
        if let Some(password) = self.passwords.get(username) {
            return Ok(vec![Key::derive(username, realm, password.reveal())]);
        }
        let expiry = expiry_of(username).ok_or(CredentialRefusal::UnknownUser)?;
        if self.shared_secrets.is_empty() {
            return Err(CredentialRefusal::UnknownUser);
        }
        if expiry <= unix_seconds {
            return Err(CredentialRefusal::Expired);
        }
        let key =
            |secret: &Redacted<String>| Key::derive(username, realm, time_limited_password(secret, username).reveal());
        Ok(self.shared_secrets.iter().map(key).collect())
    }
}

/// A credential that a door hands to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCredential {
    /// `expiry:name`.
    pub username: String,
    /// base64(HMAC-SHA1(secret, username)).
    pub password: Redacted<String>,
}

/// Makes a time-limited credential that is valid until `expires_unix` (seconds).
///
/// `name` only tells users apart, for quotas and logs; an empty one is left out.
#[must_use]
pub fn issue_credential(secret: &Redacted<String>, name: &str, expires_unix: u64) -> IssuedCredential {
    let username = if name.is_empty() { expires_unix.to_string() } else { format!("{expires_unix}:{name}") };
    let password = time_limited_password(secret, &username);
    IssuedCredential { username, password }
}

fn expiry_of(username: &str) -> Option<u64> {
    let digits = username.split(':').next()?;
    digits.parse().ok()
}

fn time_limited_password(secret: &Redacted<String>, username: &str) -> Redacted<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.reveal().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(username.as_bytes());
    Redacted::new(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Redacted<String> {
        Redacted::new("north".to_owned())
    }

    #[test]
    fn an_issued_credential_opens_until_its_time() {
        let credentials = Credentials::new([], vec![secret()]);
        let issued = issue_credential(&secret(), "ann", 2_000);
        assert_eq!(issued.username, "2000:ann");
        let expected = Key::derive("2000:ann", "r", issued.password.reveal());
        assert_eq!(credentials.keys("2000:ann", "r", 1_999), Ok(vec![expected]));
        assert_eq!(credentials.keys("2000:ann", "r", 2_000), Err(CredentialRefusal::Expired));
    }

    #[test]
    fn any_of_several_secrets_is_valid() {
        let credentials = Credentials::new([], vec![Redacted::new("south".to_owned()), secret()]);
        let issued = issue_credential(&secret(), "", 5);
        let keys = credentials.keys("5", "r", 1).unwrap();
        assert!(keys.contains(&Key::derive("5", "r", issued.password.reveal())));
    }

    #[test]
    fn a_named_user_needs_no_date() {
        let credentials = Credentials::new([("ann".to_owned(), Redacted::new("pw".to_owned()))], vec![]);
        assert!(credentials.keys("ann", "r", u64::MAX).is_ok());
        assert_eq!(credentials.keys("bob", "r", 0), Err(CredentialRefusal::UnknownUser));
        assert_eq!(credentials.keys("99:bob", "r", 0), Err(CredentialRefusal::UnknownUser));
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let credentials = Credentials::new([], vec![Redacted::new(String::new())]);
        assert_eq!(credentials.keys("99:bob", "r", 0), Err(CredentialRefusal::UnknownUser));
    }
}
