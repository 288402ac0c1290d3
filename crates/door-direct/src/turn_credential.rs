//! Time-limited TURN credentials: the name is `expiry:name`, the password its HMAC-SHA1 in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use moim_types::Redacted;
use sha1::Sha1;

pub(crate) struct IssuedCredential {
    pub(crate) username: String,
    pub(crate) password: Redacted<String>,
}

pub(crate) fn issue_credential(
    secret: &Redacted<String>,
    name: &str,
    expires_unix: u64,
) -> IssuedCredential {
    let username = format!("{expires_unix}:{name}");
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.reveal().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(username.as_bytes());
    IssuedCredential {
        username,
        password: Redacted::new(STANDARD.encode(mac.finalize().into_bytes())),
    }
}
